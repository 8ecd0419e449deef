"""Blur by a kernel that is known: deblurring is its inversion."""

import math
from abc import abstractmethod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import functional

from untrained.check import choice, number, whole
from untrained.degradation.operator import Degradation
from untrained.image.channels import COLOURS
from untrained.image.decode import decoded
from untrained.image.kind import UnusableError
from untrained.tile import Window

BOUNDARIES = ("valid", "circular", "replicate")
# The words of each kernel, with what they are where they are not said.
WORDS: dict[str, dict[str, float]] = {
    "gaussian": {"sigma": 1.6, "size": 0},
    "uniform": {"size": 9},
    "motion": {"length": 15, "angle": 45},
}
LARGEST = 2047  # Side of a kernel: no picture is so large that more is of use.
LEAST = 11  # The side of what may be left of an image, which SSIM's window needs.
# A kernel's sum has to be more than this share of the sum of its magnitudes.
LEAST_SUM = 1e-3


class Convolution(Degradation):
    """Blur each channel by one kernel, A(x) = k * x. The kernel has odd sides and the sum 1.

    A subclass defines `kernel`, and sets `sides` and `boundary`.

    Shape:
        `K c h w` to `K c h w`; with the boundary `valid` to `K c (h - h' + 1) (w - w' + 1)` for a
        kernel of h' x w' pixels.
    """

    keeps_detail = False

    sides: tuple[int, int]
    """Height and width of the kernel."""

    boundary: str = "valid"
    """The boundary: `valid`, `circular` or `replicate`; see `Blur`."""

    hint = "degradation.boundary=circular keeps all"
    """The advice of a message if a kernel leaves too little of an image."""

    said = "degradation.kernel"
    """The settings that say how large the kernel is, for messages."""

    @abstractmethod
    def kernel(self) -> Tensor:
        """Return the kernel, `h w`."""

    @property
    def beyond(self) -> tuple[int, int]:
        """Half of the kernel's height and width: how far it reaches."""
        height, width = self.sides
        return height // 2, width // 2

    def forward(self, images: Tensor) -> Tensor:
        """Return K blurred images, `K c h' w'`, of K images `K c h w`.

        Raises:
            ValueError: If the kernel is larger than the images.
        """
        (height, width), (tall, wide) = images.shape[2:], self.sides
        if exceeds(self.sides, (height, width)):
            raise ValueError(
                f"{self.said}: the kernel is {tall} x {wide} pixels, larger than the image, "
                f"{height} x {width}"
            )
        if self.boundary != "valid":
            down, across = self.beyond
            images = functional.pad(images, (across, across, down, down), self.boundary)
        return convolved(images, self.kernel())

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image. With the boundary `valid` it is the larger one."""
        count, channels, height, width = measurement.shape
        down, across = self.beyond if self.boundary == "valid" else (0, 0)
        return count, channels, height + 2 * down, width + 2 * across

    def cropped(self, image: Tensor) -> Tensor:
        """Return the image as it is, `1 c h w`.

        Raises:
            ValueError: If the measurement would have a side under 11 pixels, the window of SSIM.
        """
        (height, width), (tall, wide) = image.shape[2:], self.sides
        if self.boundary == "valid" and min(height - tall, width - wide) + 1 < LEAST:
            raise ValueError(
                f"{self.said}: a kernel of {tall} x {wide} pixels leaves less than "
                f"{LEAST} x {LEAST} of {height} x {width} with boundary=valid; {self.hint}"
            )
        return image

    def visible(self, images: Tensor) -> Tensor:
        """Return the part of the images that has the measurement's place."""
        if self.boundary != "valid":
            return images
        down, across = self.beyond
        height, width = images.shape[2:]
        return images[..., down : height - down, across : width - across]

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the target itself."""
        return target, "Blurred"


class Blur(Convolution):
    """Blur each channel by a known kernel, A(x) = k * x. The kernel has odd sides and the sum 1.

    (k * x)_i = sum_j k_j x_{i - j}, where j runs from minus to plus half of the kernel's sides. The
    fast Fourier transform computes the sum, so a large kernel takes as long as a small one.

    `boundary` says what is beyond the border of the image:

    - `valid`: nothing. The measurement has only the pixels whose kernel lies within the image. So
      the image is larger than the measurement, by the sides of the kernel less 1. The part of the
      image that has the place of the measurement is compared and shown.
    - `circular`: the opposite side of the image, as in the tables of deblurring papers.
    - `replicate`: the pixel at the border.

    Args:
        kernel: `gaussian`, `uniform` (a square) or `motion` (a straight line); or the path of a
            picture or an array (`.npy`); or an array, `h w`. The middle of a kernel is its origin.
        sigma: Standard deviation of the Gaussian in pixels; None is 1.6.
        size: Side of the Gaussian or the square in pixels, odd. None is 9 for the square, and cuts
            the Gaussian at 4 sigma.
        length: Length of the motion in pixels; None is 15. The line is a row of points one pixel
            apart. Each point is shared by the four pixels around it.
        angle: Direction of the motion in degrees, counterclockwise from the right; None is 45.
        boundary: `valid`, `circular` or `replicate`.

    Raises:
        ValueError: If a setting is out of its range or belongs to another kernel. If the kernel
            cannot be read, has an even side, or has no sum over 0. In a call, if the kernel is
            larger than the image.

    Example:
        >>> Blur("uniform", size=5)(torch.ones(1, 3, 64, 32)).shape
        torch.Size([1, 3, 60, 28])
    """

    weights: Tensor

    def __init__(
        self,
        kernel: str | Path | ArrayLike = "gaussian",
        sigma: float | None = None,
        size: int | None = None,
        length: int | None = None,
        angle: float | None = None,
        boundary: str = "valid",
    ) -> None:
        super().__init__()
        self.boundary = choice("boundary", boundary, BOUNDARIES)
        words = {"sigma": sigma, "size": size, "length": length, "angle": angle}
        check_words(kernel, words)
        typed = [f"degradation.{name}={value}" for name, value in words.items() if value]
        self.said = " ".join(typed) or self.said
        weights = made(kernel, words) if is_name(kernel) else given_kernel(kernel)
        self.register_buffer("weights", weights / weights.sum(), persistent=False)
        self.sides = (weights.shape[0], weights.shape[1])

    def kernel(self) -> Tensor:
        """Return the kernel, `h w`."""
        return self.weights

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return the A of a part of the target, and this part.

        The boundary of A is `valid`, because the photo continues beyond the border of a part. It
        is `valid` also at the border of the photo itself.
        """
        return Blur(self.weights.cpu().numpy()), window.of(target)


def exceeds(sides: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a kernel is larger than a size; both are height and width, in pixels."""
    return sides[0] > size[0] or sides[1] > size[1]


def convolved(images: Tensor, kernel: Tensor) -> Tensor:
    """Return the convolution of `K c h w` with `h' w'` where the kernel lies within the images.

    The Fourier transform continues an image at its opposite side. In the first h' - 1 rows and
    w' - 1 columns the kernel lies across the border, so they are cut off.

    Args:
        images: `K c h w`.
        kernel: `h' w'`, at most as large as the images.

    Returns:
        `K c (h - h' + 1) (w - w' + 1)`.
    """
    height, width = images.shape[2:]
    tall, wide = kernel.shape
    response = torch.fft.rfft2(kernel.to(images), s=(height, width))
    around = torch.fft.irfft2(torch.fft.rfft2(images) * response, s=(height, width))
    return around[..., tall - 1 :, wide - 1 :]


def is_name(kernel: object) -> bool:
    """Whether a kernel is the name of one of ours, and not a file or an array."""
    return isinstance(kernel, str) and kernel in WORDS


def check_words(kernel: object, words: dict[str, float | None]) -> None:
    """Refuse the settings of another kernel, because they would change nothing.

    Args:
        kernel: The kernel: a name, a file or an array.
        words: The settings by name; None is a setting that was not given.

    Raises:
        ValueError: If a setting of another kernel was given.
    """
    own = WORDS[str(kernel)] if is_name(kernel) else {}
    shown = repr(str(kernel)) if isinstance(kernel, str | Path) else "an array"
    for word, value in words.items():
        if value is not None and word not in own:
            owners = " or ".join(name for name, known in WORDS.items() if word in known)
            raise ValueError(f"{word} is for kernel={owners}, and kernel is {shown}")


def made(kernel: object, words: dict[str, float | None]) -> Tensor:
    """Return the kernel of a name, `h w`, of no particular sum.

    Raises:
        ValueError: If a setting is out of its range.
    """
    own = WORDS[str(kernel)]
    said = {name: own[name] if words[name] is None else words[name] for name in own}
    if kernel == "gaussian":
        sigma = number("sigma", said["sigma"], over=0, unit="in pixels")
        size = odd(said["size"]) if words["size"] is not None else 2 * math.ceil(4 * sigma) + 1
        if size > LARGEST:
            raise ValueError(f"sigma must be a number up to {LARGEST // 8}, in pixels, got {sigma}")
        return gaussian(sigma, size)
    if kernel == "uniform":
        size = odd(said["size"])
        return torch.ones(size, size)
    angle = number("angle", said["angle"], unit="in degrees")
    length = whole("length", said["length"], least=2)
    if length > LARGEST:
        raise ValueError(f"length must be at most {LARGEST} pixels, got {length}")
    return motion(length, angle)


def odd(size: object) -> int:
    """Return the side of a kernel in pixels, checked.

    Raises:
        ValueError: If it is not an odd whole number from 1 to 2047.
    """
    if whole("size", size) % 2 == 0:
        raise ValueError(f"size must be an odd number, so that the kernel has a middle, got {size}")
    if whole("size", size) > LARGEST:
        raise ValueError(f"size must be at most {LARGEST}, got {size}")
    return whole("size", size)


def gaussian(sigma: float, size: int) -> Tensor:
    """Return exp(-(i^2 + j^2) / (2 sigma^2)), `size size`, of no particular sum."""
    distance = torch.arange(size, dtype=torch.float64) - size // 2
    line = torch.exp(-(distance**2) / (2 * sigma**2))
    return torch.outer(line, line).float()


def motion(length: int, angle: float) -> Tensor:
    """Return a straight line of points one pixel apart, `h w`, in the smallest box that holds it.

    Args:
        length: The number of points.
        angle: Degrees, counterclockwise from the right.

    Example:
        >>> motion(5, 0).tolist()
        [[1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    along = torch.arange(length, dtype=torch.float64) - (length - 1) / 2
    turn = math.radians(angle)
    # A sine of 1e-17 would spread a line over three rows.
    x, y = (along * math.cos(turn)).round(decimals=6), (-along * math.sin(turn)).round(decimals=6)
    reach = math.ceil((length - 1) / 2)
    side = torch.arange(-reach, reach + 1, dtype=torch.float64)
    across = (1 - (side - x[:, None]).abs()).clamp(min=0)
    down = (1 - (side - y[:, None]).abs()).clamp(min=0)
    kernel = down.T @ across
    rows, columns = kernel.sum(1) > 0, kernel.sum(0) > 0
    return kernel[rows][:, columns].float()


def given_kernel(kernel: str | Path | ArrayLike) -> Tensor:
    """Return the user's own kernel, `h w`, float32.

    Args:
        kernel: The path of a file, or an array `h w`.

    Raises:
        ValueError: If the kernel cannot be read, has an even side, or has no sum over 0.
    """
    if not isinstance(kernel, str | Path) and np.ndim(kernel) != 2:
        raise ValueError(
            f"kernel must be {', '.join(WORDS)}, a file, or an array `h w`, got {kernel!r}"
        )
    name = "kernel of an array"
    if isinstance(kernel, str | Path):
        name = f"kernel {str(kernel)!r}"
        kernel = read_kernel(kernel)
    array = np.asarray(kernel)
    if array.dtype.kind not in "buif" or not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers, got {array.dtype}")
    height, width = array.shape
    if height % 2 == 0 or width % 2 == 0:
        raise ValueError(f"{name} is {height} x {width}; both sides must be odd, to have a middle")
    weights = torch.from_numpy(array.astype(np.float32))
    if weights.sum() <= LEAST_SUM * weights.abs().sum():
        raise ValueError(f"{name} must have a sum over 0, got {weights.sum().item():.3g}")
    return weights


def read_kernel(path: str | Path) -> np.ndarray:
    """Read a kernel, `h w`, from a picture or an array. The kernel is the mean of the colours.

    Raises:
        ValueError: If the file cannot be read. The message is one line and begins with `kernel`.
    """
    try:
        array = decoded(path, None, is_typed=True).array
        if array.shape[2] not in COLOURS:
            raise UnusableError(f"has {array.shape[2]} channels; a kernel is one plane, or colours")
        return array.astype(np.float64).mean(2)
    except UnusableError as error:
        names = ", ".join(WORDS)
        ours = "" if Path(path).suffix else f"; a kernel is {names}, or a file"
        raise ValueError(f"kernel {str(path)!r} {error}{ours}") from None
