"""Magnetic resonance imaging: the measurement is some columns of the Fourier transform."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from untrained.check import choice, number, positive_or_null, spoken_shape, whole
from untrained.degradation.array import read_array
from untrained.degradation.inpainting import read_mask
from untrained.degradation.operator import Degradation
from untrained.seed import own_seed

PATTERNS = ("random", "equispaced")
# The brightest pixel of the zero-filled image gets this value. A sharper image may be brighter.
BRIGHTEST = 0.8
FARTHEST = 100  # A power of two that single precision still has.


class Mri(Degradation):
    """Measure some columns of k-space, A(x) = M F x: accelerated Cartesian imaging.

    F is the orthonormal Fourier transform of two axes, with the frequency 0 in the middle. M keeps
    some columns, among them the middle ones, and puts 0 in the others.

    - A picture is the image of one simulated coil. Each of its channels is real and is measured by
      itself.
    - Your own target is the complex k-space of C coils, `C h w` or `h w` (`.npy`). The image then
      has 2 C channels: the real parts of all coils, then the imaginary parts. So no sensitivities
      are needed. The channels have values below 0, so the network must not end in a sigmoid
      (`model.activation=none`). k-space is divided by `white`.

    For coils, the root of the sum of the squared magnitudes is compared and shown. Without noise
    the result has the measured k-space put in place (data consistency).

    Args:
        acceleration: The number of columns divided by the number of measured columns, over 1.
        center: The share of the columns in the middle that is fully measured, 0 to 1.
        pattern: How the other measured columns are chosen: `random` or `equispaced`.
        mask: Path of a mask file, or an array: `w` for columns, or `h w`; an entry is measured if
            it is not 0. None draws the pattern. For your own k-space, None takes the entries that
            are not 0.
        seed: Seed of the random pattern.
        white: The magnitude that is white, for your own k-space. None is 1.25 times the largest
            magnitude of the zero-filled image.

    Shape:
        `K c h w` to `K c h w 2` for a picture, and `K 2C h w` to `K C h w 2` for coils. The last
        axis is the real and the imaginary part.

    Raises:
        ValueError: If a setting is out of its range, or the mask cannot be read. In a call, if the
            mask has another size than k-space.

    Reference: Zbontar et al., "fastMRI", arXiv 1811.08839 (masks); Darestani and Heckel,
    "Accelerated MRI with un-trained neural networks", IEEE TCI 7, 2021 (coils, data consistency).

    Example:
        >>> Mri(acceleration=4)(torch.ones(1, 1, 64, 32)).shape
        torch.Size([1, 1, 64, 32, 2])
    """

    needs_whole = ", because each number of k-space is a sum over all of it"
    is_picture = False
    shows_noise = False
    is_kspace = True
    of_own_target = ("white",)

    def __init__(
        self,
        acceleration: float = 4,
        center: float = 0.07,
        pattern: str = "random",
        mask: str | Path | ArrayLike | None = None,
        seed: int = 0,
        white: float | None = None,
    ) -> None:
        super().__init__()
        self.acceleration = number("acceleration", acceleration, over=1)
        self.center = number("center", center, least=0, under=1)
        self.pattern = choice("pattern", pattern, PATTERNS)
        self.seed = whole("seed", seed, least=0)
        self.white = positive_or_null("white", white)
        self.is_drawn = mask is None
        # Which entries of k-space are measured, `h w` or `1 w`, bool; a drawn one is empty until
        # the size is known.
        self.mask = torch.empty(1, 0) if mask is None else line_mask(mask)
        self.coils: int | None = None  # of a target of the user's own

    @property
    def is_signed(self) -> bool:  # type: ignore[override]
        """Whether the images are real and imaginary parts, which have values below 0."""
        return self.coils is not None

    def forward(self, images: Tensor) -> Tensor:
        """Return the k-space of K images, with 0 in the entries that are not measured."""
        spectrum = torch.view_as_real(fourier(self.as_complex(images)))
        return self.masked(spectrum)

    def as_complex(self, images: Tensor) -> Tensor:
        """Return a complex image of each coil, or of each channel of a picture, `K C h w`."""
        if self.coils is None:
            return torch.complex(images, torch.zeros_like(images))
        return torch.complex(*images.chunk(2, 1))

    def known(self, target: Tensor) -> Tensor:
        """Return which entries of k-space are measured, `1 1 h w 1` or `1 1 1 w 1`, bool.

        The mask is on the device of the target.

        Raises:
            ValueError: If the mask has another size than k-space.
        """
        height, width = target.shape[2:4]
        is_simulated = self.is_drawn and self.coils is None
        if is_simulated and self.mask.shape[1] != width:
            self.mask = self.drawn(width)
        tall, wide = self.mask.shape
        if wide != width or tall not in (1, height):
            size = f"{tall} x {wide}" if tall > 1 else f"{wide} columns"
            raise ValueError(f"mask has {size} and k-space {height} x {width}; both must be equal")
        self.mask = self.mask.to(target.device)
        return self.mask[None, None, :, :, None]

    def drawn(self, width: int) -> Tensor:
        """Return which columns the pattern measures, `1 w`, bool.

        Raises:
            ValueError: If `center` alone has more columns than `acceleration` allows, or if the
                pattern keeps all columns.
        """
        middle = max(1, round(self.center * width))
        first = (width - middle + 1) // 2
        columns = torch.zeros(width, dtype=torch.bool)
        columns[first : first + middle] = True
        others = torch.nonzero(~columns)[:, 0]
        count = min(len(others), round(width / self.acceleration) - middle)
        if count < 0:
            raise ValueError(
                f"acceleration leaves {round(width / self.acceleration)} of {width} columns, and "
                f"center={self.center} alone has {middle}, got {self.acceleration!r}"
            )
        if self.pattern == "random":
            generator = torch.Generator().manual_seed(own_seed("mri", self.seed))
            columns[others[torch.randperm(len(others), generator=generator)[:count]]] = True
        elif count:
            columns[others[(torch.arange(count) + 0.5).mul(len(others) / count).long()]] = True
        if columns.all():
            raise ValueError(
                f"acceleration must leave out a column of {width}, got {self.acceleration!r}"
            )
        return columns[None]

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image: `K c h w` of a picture, `K 2C h w` of coils."""
        count, channels, height, width, _ = measurement.shape
        return count, channels if self.coils is None else 2 * channels, height, width

    def given(self, target: Tensor) -> Tensor:
        """Return your own k-space divided by `white`, with 0 in the entries not measured.

        Args:
            target: `C h w 2` or `h w 2`.

        Returns:
            `1 C h w 2`.

        Raises:
            ValueError: If the target has other axes, is 0 wherever it is measured, or if the mask
                has another size.
        """
        if target.dim() not in (3, 4) or target.shape[-1] != 2:
            raise ValueError(
                f"target is an array of {spoken_shape(target.shape)}; complex k-space is needed, "
                "coils x height x width"
            )
        kspace = target[None] if target.dim() == 4 else target[None, None]
        if self.is_drawn:
            self.mask = (kspace != 0).any(-1).any(1)[0]
        self.coils = kspace.shape[1]
        kspace = self.masked(kspace)
        if not kspace.any():
            raise ValueError("target is 0 wherever the mask is not 0")
        if self.white is not None:
            return kspace / self.white
        # By a power of two, which loses no bit: squares of scanners' numbers may be 0 in single
        # precision.
        exponent = torch.frexp(kspace.abs().max()).exponent.clamp(-FARTHEST, FARTHEST)
        kspace = kspace * 2.0 ** -exponent.item()
        brightest = magnitude(inverse_fourier(torch.view_as_complex(kspace))).max()
        return BRIGHTEST / brightest * kspace

    def visible(self, images: Tensor) -> Tensor:
        """Return a picture as it is, and for coils the root of the sum of squares, `K 1 h w`."""
        return images if self.coils is None else magnitude(self.as_complex(images))

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the magnitude of the zero-filled image, clipped to [0, 1]."""
        zero_filled = inverse_fourier(torch.view_as_complex(target.contiguous()))
        shown = zero_filled.abs() if self.coils is None else magnitude(zero_filled)
        return shown.clamp(0, 1), "Zero-filled"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image with the measured k-space of the target put in place."""
        missing = torch.view_as_complex((target - self(image)).contiguous())
        if self.coils is not None:
            correction = inverse_fourier(missing)
            return image + torch.cat([correction.real, correction.imag], 1)
        # The k-space of a real image is conjugate at -k. Where that is not measured, the part of
        # the correction that is imaginary, and is dropped, is half of it.
        known = self.known(target)[..., 0].float().expand(1, 1, *image.shape[2:])
        return image + inverse_fourier(2 / (1 + opposite(known)) * missing).real


def fourier(images: Tensor) -> Tensor:
    """Return the orthonormal Fourier transform of `... h w`, the frequency 0 in the middle."""
    axes = (-2, -1)
    spectrum = torch.fft.fft2(torch.fft.ifftshift(images, axes), norm="ortho")
    return torch.fft.fftshift(spectrum, axes)


def inverse_fourier(spectrum: Tensor) -> Tensor:
    """Return the inverse of `fourier`."""
    axes = (-2, -1)
    images = torch.fft.ifft2(torch.fft.ifftshift(spectrum, axes), norm="ortho")
    return torch.fft.fftshift(images, axes)


def opposite(plane: Tensor) -> Tensor:
    """Return the value at the frequency -k for each k of `... h w`."""
    axes = (-2, -1)
    corner = torch.fft.ifftshift(plane, axes).flip(axes).roll((1, 1), axes)
    return torch.fft.fftshift(corner, axes)


def magnitude(images: Tensor) -> Tensor:
    """Return the root of the sum of squared magnitudes over the coils, `K C h w` to `K 1 h w`.

    Args:
        images: A complex image of each coil.
    """
    return images.abs().square().sum(1, keepdim=True).sqrt()


def line_mask(mask: str | Path | ArrayLike) -> Tensor:
    """Return a mask, `1 w` or `h w`, bool, true where k-space is measured.

    Args:
        mask: The path of an array (`.npy`) or of a picture, or an array `w` or `h w`.

    Raises:
        ValueError: If the mask cannot be read, has other axes, or measures nothing. The message
            begins with `mask`.
    """
    if isinstance(mask, str | Path):
        is_array = Path(mask).suffix.lower() == ".npy"
        values = read_lines(mask) if is_array else read_mask(mask)
    else:
        values = torch.as_tensor(np.asarray(mask))
    known = values.squeeze() != 0
    if known.dim() not in (1, 2) or known.numel() < 2:
        raise ValueError(f"mask must be an array `w` or `h w`, got {spoken_shape(values.shape)}")
    if not known.any():
        raise ValueError("mask has no measured entry")
    return known if known.dim() == 2 else known[None]


def read_lines(path: str | Path) -> Tensor:
    """Read a mask from a NumPy array of numbers or of truth values.

    Raises:
        ValueError: If the file cannot be read. The message is one line and begins with `mask`.
    """
    try:
        return read_array(path)
    except ValueError as error:
        raise ValueError(f"mask {str(error).removeprefix('path ')}") from None
