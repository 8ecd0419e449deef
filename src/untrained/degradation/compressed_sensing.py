"""Compressed sensing: fewer numbers than pixels, each of many pixels at once."""

import math

import torch
from torch import Tensor

from untrained.check import choice, number, whole
from untrained.degradation.array import spoken_axes
from untrained.degradation.operator import Degradation
from untrained.seed import own_seed

KINDS = ("gaussian", "fourier")
# A matrix of a block of 64 x 64 pixels has up to 64 MiB.
LARGEST = 64
# Energy of measurements over that of a white image; noise takes it no further.
MOST_ENERGY = 2.0


class CompressedSensing(Degradation):
    """Measure a share of as many random sums as there are pixels, A(x) = Phi x.

    - `gaussian`: the image is cut into blocks of `block` x `block` pixels, n each. Each channel of
      each block is measured by the same m = ratio n rows (at least 1). They are random directions:
      rows of normal numbers, made orthonormal. The measurement is `K c h/block w/block m`.
    - `fourier`: Phi = S H D. D turns the sign of each pixel or not, at random. H is the discrete
      Hartley transform of the whole image, Re F - Im F of its Fourier transform F: its real twin,
      orthonormal. S keeps a random share `ratio` of the coefficients. The measurement is the plane
      of coefficients, `K c h w`, with 0 where nothing is measured.

    In both Phi Phi^T = I. So noise of sigma in the measurement is noise of sigma in A^T y. The draw
    depends on `seed` and the sizes alone. The memory of `gaussian` is that of one block's matrix,
    4 m n bytes (1 MiB for 32 x 32 at 0.25), whatever the image; `fourier` has two planes of it.

    Args:
        ratio: Measurements over pixels, between 0 and 1.
        kind: `gaussian` or `fourier`.
        block: Side of the blocks of `gaussian`, 2 to 64. 33 is that of the tables of Set11. A
            simulated image is cropped to whole blocks.
        seed: Seed of the private generator.

    Raises:
        ValueError: If a word is out of its range; in a call, if the sides are no whole blocks.

    Reference: Gan, "Block compressed sensing of natural images", DSP 2007; Do, Gan, Nguyen, Tran,
    "Fast and efficient compressive sensing using structurally random matrices", IEEE TSP 60(1),
    2012.

    Example:
        >>> CompressedSensing(ratio=0.25, block=16)(torch.ones(1, 3, 64, 32)).shape
        torch.Size([1, 3, 4, 2, 64])
    """

    is_picture = False
    shows_noise = False

    rows: Tensor

    def __init__(
        self, ratio: float = 0.25, kind: str = "gaussian", block: int = 32, seed: int = 0
    ) -> None:
        super().__init__()
        self.ratio = number("ratio", ratio, over=0, under=1)
        self.kind = choice("kind", kind, KINDS)
        self.seed = whole("seed", seed, least=0)
        self.block = whole("block", block, least=2)
        if self.block > LARGEST:
            raise ValueError(f"block must be a whole number from 2 to {LARGEST}, got {block}")
        is_block = self.kind == "gaussian"
        rows = orthonormal_rows(self.ratio, self.block, self.seed) if is_block else torch.empty(0)
        self.register_buffer("rows", rows, persistent=False)
        # The signs and the kept coefficients of `fourier`, made when the size is known.
        self.drawn: tuple[Tensor, Tensor] | None = None
        self.unused = () if is_block else ("block",)

    def forward(self, images: Tensor) -> Tensor:
        """Return the measurements of K images `K c h w`.

        Raises:
            ValueError: If the sides are no whole blocks.
        """
        if self.kind == "gaussian":
            with torch.autocast(images.device.type, enabled=False):
                return self.blocks(images) @ self.rows.to(images).T
        signs, kept = self.plane(images)
        return kept * hartley(signs * images)

    def blocks(self, images: Tensor) -> Tensor:
        """Return the pixels of each block, `K c h w` to `K c h/block w/block block^2`.

        Raises:
            ValueError: If the sides are no whole blocks.
        """
        height, width = images.shape[2:]
        if height % self.block or width % self.block:
            raise ValueError(f"block must divide {height} x {width} pixels, got {self.block}")
        rows = images.unfold(2, self.block, self.block)
        return rows.unfold(3, self.block, self.block).flatten(4)

    def plane(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sign of each pixel, 1 or -1, and whether each coefficient is kept, `h w`."""
        size = images.shape[2:]
        if self.drawn is None or self.drawn[0].shape != size:
            generator = torch.Generator().manual_seed(own_seed("compressed_sensing", self.seed))
            signs = 2.0 * (torch.rand(size, generator=generator) < 0.5) - 1
            order = torch.randperm(signs.numel(), generator=generator)
            count = max(1, round(self.ratio * len(order)))
            self.drawn = signs, (order < count).reshape(size)
        signs, kept = self.drawn
        self.drawn = signs.to(images), kept.to(images.device)
        return self.drawn

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image of a measurement."""
        if self.kind == "fourier":
            return tuple(measurement.shape)
        count, channels, rows, columns, _ = measurement.shape
        return count, channels, rows * self.block, columns * self.block

    def cropped(self, image: Tensor) -> Tensor:
        """Return the centre of an image that is made of whole blocks.

        Raises:
            ValueError: If a side is shorter than a block.
        """
        if self.kind == "fourier":
            return image
        height, width = image.shape[2:]
        if min(height, width) < self.block:
            raise ValueError(
                f"block must be at most {min(height, width)}, the shorter side of "
                f"{height} x {width} pixels, got {self.block}"
            )
        top, left = height % self.block // 2, width % self.block // 2
        tall, wide = height - height % self.block, width - width % self.block
        return image[..., top : top + tall, left : left + wide]

    def given(self, target: Tensor) -> Tensor:
        """Return a user's own measurements, of this seed's matrix, with the axes of ours.

        Raises:
            ValueError: If they are not of this form.
        """
        axes = 3 if self.kind == "gaussian" else 2
        wanted = "rows x columns x measurements" if axes == 3 else "height x width"
        whole_target = target if target.dim() > axes else target[None]
        count = len(self.rows)
        if whole_target.dim() != axes + 1 or (axes == 3 and target.shape[-1] != count):
            of_count = f" with {count} measurements a block" if axes == 3 else ""
            raise ValueError(f"target is {spoken_axes(target)}; {wanted} is needed{of_count}")
        if len(whole_target) not in (1, 3):
            raise ValueError(
                f"target is {spoken_axes(target)}; 1 or 3 channels of {wanted} are needed"
            )
        return self.in_range(self.masked(whole_target[None]))

    def in_range(self, target: Tensor) -> Tensor:
        """Return a user's own measurements, where an image can have them.

        Since Phi Phi^T = I, there is no more energy in them than in the image: at most its pixels.

        Raises:
            ValueError: If the image would be brighter than white.
        """
        axes = (-1,) if self.kind == "gaussian" else (-2, -1)
        pixels = self.block**2 if self.kind == "gaussian" else target[0, 0].numel()
        energy = target.double().square().sum(axes).max().item() / pixels
        if energy > MOST_ENERGY:
            raise ValueError(
                f"target is {math.sqrt(energy):.3g} times as large as that of a white image: "
                "divide it by the value that is white"
            )
        return target

    def known(self, target: Tensor) -> Tensor | None:
        """Return which coefficients are measured, `1 1 h w`, bool; None where all numbers are."""
        if self.kind == "gaussian":
            return None
        return self.plane(target)[1][None, None]

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return A^T y, clipped: a noisy shadow of the image."""
        return self.adjoint(target).clamp(0, 1), "Back-projected"

    def adjoint(self, measurement: Tensor) -> Tensor:
        """Return A^T w, see `Degradation.adjoint`."""
        if self.kind == "gaussian":
            return super().adjoint(measurement)
        signs, kept = self.plane(measurement)
        return signs * hartley(kept * measurement)

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the nearest image that has these measurements, x + A^T (y - A x)."""
        return image + self.adjoint(target - self(image))


def orthonormal_rows(ratio: float, block: int, seed: int) -> Tensor:
    """Return random orthonormal rows, `m block^2`, with m = ratio block^2."""
    pixels = block**2
    generator = torch.Generator().manual_seed(own_seed("compressed_sensing", seed))
    count = max(1, round(ratio * pixels))
    normal = torch.randn(pixels, count, generator=generator, dtype=torch.float64)
    columns, triangle = torch.linalg.qr(normal)
    # The signs make the draw that of one rotation, whatever the library's are.
    return (columns * triangle.diagonal().sign()).T.float().contiguous()


def hartley(images: Tensor) -> Tensor:
    """Return the orthonormal discrete Hartley transform of `... h w`, its own inverse.

    Example:
        >>> image = torch.rand(4, 5)
        >>> torch.allclose(hartley(hartley(image)), image, atol=1e-6)
        True
    """
    spectrum = torch.fft.fft2(images, norm="ortho")
    return spectrum.real - spectrum.imag
