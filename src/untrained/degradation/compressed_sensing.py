"""Compressed sensing: fewer measurements than pixels, each a sum of many pixels."""

import math

import torch
from torch import Tensor

from untrained.check import choice, number, spoken_shape, whole
from untrained.degradation.operator import Degradation, in_multiples
from untrained.seed import own_seed
from untrained.tile import Window

KINDS = ("gaussian", "fourier")
# A matrix of a block of 64 x 64 pixels has up to 64 MiB.
LARGEST = 64
# The most energy of measurements, as a multiple of a white image's. Noise adds less.
MOST_ENERGY = 2.0


class CompressedSensing(Degradation):
    """Measure random sums of pixels, A(x) = Phi x, where Phi has `ratio` rows for each pixel.

    - `gaussian`: the image is cut into blocks of `block` x `block` pixels. With n = block^2, the
      same m = ratio n rows (at least 1) measure each channel of each block. The rows are normal
      numbers, made orthonormal.
    - `fourier`: Phi = S H D. D flips the sign of each pixel at random. H is the orthonormal
      discrete Hartley transform of the whole image, Re F - Im F of its Fourier transform F. S keeps
      a random share `ratio` of the coefficients and puts 0 in the others.

    In both cases the rows are orthonormal, Phi Phi^T = I. So noise of sigma in the measurement is
    noise of at most sigma in A^T y. The draw depends only on `seed` and on the sizes.

    `gaussian` needs the memory of the matrix of one block, 4 m n bytes: 1 MiB for 32 x 32 at 0.25.
    `fourier` needs two planes of the size of the image.

    Args:
        ratio: The number of measurements divided by the number of pixels, between 0 and 1.
        kind: `gaussian` or `fourier`.
        block: Side of the blocks of `gaussian` in pixels, 2 to 64. The tables of Set11 have 33. A
            simulated image is cropped to whole blocks.
        seed: Seed of the private generator.

    Shape:
        `K c h w` to `K c h/block w/block m` (`gaussian`) or `K c h w` (`fourier`).

    Raises:
        ValueError: If a setting is out of its range. In a call, if `block` does not divide the
            sides.

    Reference: Gan, "Block compressed sensing of natural images", DSP 2007 (`gaussian`); Do, Gan,
    Nguyen, Tran, "Fast and efficient compressive sensing using structurally random matrices", IEEE
    TSP 60(1), 2012 (`fourier`; there with other fast transforms in the place of H).

    Example:
        >>> CompressedSensing(ratio=0.25, block=16)(torch.ones(1, 3, 64, 32)).shape
        torch.Size([1, 3, 4, 2, 64])
    """

    is_picture = False
    shows_noise = False
    idle_beside = (("kind", "fourier", ("block",)),)

    def __init__(
        self, ratio: float = 0.25, kind: str = "gaussian", block: int = 32, seed: int = 0
    ) -> None:
        super().__init__()
        number("ratio", ratio, over=0, under=1)
        choice("kind", kind, KINDS)
        whole("seed", seed, least=0)
        whole("block", block, least=2, most=LARGEST)
        is_block = kind == "gaussian"
        self.sums = OfBlocks(ratio, block, seed) if is_block else OfImage(ratio, seed)

    def forward(self, images: Tensor) -> Tensor:
        """Return the measurements of K images `K c h w`.

        Raises:
            ValueError: If `block` does not divide the sides.
        """
        return self.sums(images)

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image of a measurement."""
        return self.sums.shape(measurement)

    def cropped(self, image: Tensor) -> Tensor:
        """Return the largest centre of an image that consists of whole blocks.

        Raises:
            ValueError: If a side is shorter than a block.
        """
        return self.sums.cropped(image)

    def given(self, target: Tensor) -> Tensor:
        """Return your own measurements with the axes of ours. They must be by the same Phi.

        Raises:
            ValueError: If the measurements have other axes, or too much energy for an image in
                [0, 1].
        """
        return self.sums.given(target)

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return A itself, and the sums of the blocks of a part; a window is in blocks."""
        _, part = self.sums.windowed(target, window)
        return self, part

    def known(self, target: Tensor) -> Tensor | None:
        """Return which coefficients are measured, `1 1 h w`, bool; None with `gaussian`."""
        return self.sums.known(target)

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return A^T y, `1 c h w`, clipped to [0, 1]."""
        return self.adjoint(target).clamp(0, 1), "Back-projected"

    def adjoint(self, measurement: Tensor) -> Tensor:
        """Return A^T w, see `Degradation.adjoint`."""
        return self.sums.adjoint(measurement)

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image nearest to x that has the measurement y, x + A^T (y - A x)."""
        return image + self.adjoint(target - self(image))


class OfBlocks(Degradation):
    """Random sums of the pixels of each block: `gaussian` of `CompressedSensing`.

    Args:
        ratio: Measurements over pixels.
        block: Side of the blocks, in pixels.
        seed: Seed of the private generator.
    """

    rows: Tensor

    def __init__(self, ratio: float, block: int, seed: int) -> None:
        super().__init__()
        self.block = block
        rows = orthonormal_rows(ratio, block, seed)
        self.register_buffer("rows", rows, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the sums, `K c h/block w/block m`, of K images `K c h w`.

        Raises:
            ValueError: If `block` does not divide the sides.
        """
        with torch.autocast(images.device.type, enabled=False):
            return self.blocks(images) @ self.rows.to(images).T

    def blocks(self, images: Tensor) -> Tensor:
        """Return the pixels of each block, `K c h w` to `K c h/block w/block block^2`.

        Raises:
            ValueError: If `block` does not divide the sides.
        """
        height, width = images.shape[2:]
        if height % self.block or width % self.block:
            raise ValueError(f"block must divide {height} x {width} pixels, got {self.block}")
        rows = images.unfold(2, self.block, self.block)
        return rows.unfold(3, self.block, self.block).flatten(4)

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image: as many blocks as there are places in the measurement."""
        count, channels, rows, columns, _ = measurement.shape
        return count, channels, rows * self.block, columns * self.block

    def cropped(self, image: Tensor) -> Tensor:
        """Return the largest centre of an image that consists of whole blocks.

        Raises:
            ValueError: If a side is shorter than a block.
        """
        return in_multiples("block", image, self.block)

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return A itself, and the sums of the blocks of a part: all blocks have the same rows."""
        return self, window.of(target.movedim(4, 2)).movedim(2, 4)

    def given(self, target: Tensor) -> Tensor:
        """Return your own sums, `rows columns m` or `c rows columns m`, as `1 c rows columns m`.

        Raises:
            ValueError: If the sums have other axes, or too much energy for an image in [0, 1].
        """
        count = len(self.rows)
        if target.dim() == 5 and len(target) == 1:
            target = target[0]
        if target.dim() not in (3, 4) or target.shape[-1] != count:
            raise ValueError(
                f"target is {spoken_shape(target.shape)}; rows x columns x measurements is needed "
                f"with {count} measurements a block"
            )
        sums = with_channels(target, axes=3)
        check_energy(sums, (-1,), pixels=self.block**2)
        return sums


class OfImage(Degradation):
    """Random coefficients of the whole image: `fourier` of `CompressedSensing`.

    Args:
        ratio: Measurements over pixels.
        seed: Seed of the private generator.
    """

    needs_whole = " with degradation.kind=fourier, because each coefficient is a sum over all of it"

    def __init__(self, ratio: float, seed: int) -> None:
        super().__init__()
        self.ratio, self.seed = ratio, seed
        # The signs and the kept coefficients, made when the size is known.
        self.drawn: tuple[Tensor, Tensor] | None = None

    def forward(self, images: Tensor) -> Tensor:
        """Return the plane of coefficients, `K c h w`, with 0 where nothing is measured."""
        signs, kept = self.plane(images)
        return kept * hartley(signs * images)

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

    def given(self, target: Tensor) -> Tensor:
        """Return your own coefficients, `h w` or `c h w`, as `1 c h w`, with 0 if not measured.

        Raises:
            ValueError: If the coefficients have other axes, or too much energy for an image in
                [0, 1].
        """
        if target.dim() not in (2, 3):
            raise ValueError(f"target is {spoken_shape(target.shape)}; height x width is needed")
        coefficients = self.masked(with_channels(target, axes=2))
        check_energy(coefficients, (-2, -1), pixels=coefficients[0, 0].numel())
        return coefficients

    def known(self, target: Tensor) -> Tensor:
        """Return which coefficients are measured, `1 1 h w`, bool."""
        return self.plane(target)[1][None, None]

    def adjoint(self, measurement: Tensor) -> Tensor:
        """Return A^T w, see `Degradation.adjoint`."""
        signs, kept = self.plane(measurement)
        return signs * hartley(kept * measurement)


def with_channels(target: Tensor, axes: int) -> Tensor:
    """Return a target as `1 c *m`.

    Args:
        target: `c *m`, or `*m` for one channel.
        axes: The number of axes of `*m`.

    Raises:
        ValueError: If there are neither 1 nor 3 channels.
    """
    channels = target if target.dim() > axes else target[None]
    if len(channels) not in (1, 3):
        raise ValueError(f"target is {spoken_shape(target.shape)}; 1 or 3 channels are needed")
    return channels[None]


def check_energy(target: Tensor, axes: tuple[int, ...], pixels: int) -> None:
    """Refuse measurements that no image in [0, 1] has.

    Since Phi Phi^T = I, the measurements have at most the energy of the image. For an image in
    [0, 1] this is at most its number of pixels. Noise may add to it, so twice as much passes.

    Args:
        target: The measurements, `1 c *m`.
        axes: The axes of the measurements that are of the same pixels.
        pixels: The number of these pixels.

    Raises:
        ValueError: If the measurements have more than twice this energy.
    """
    energy = target.double().square().sum(axes).max().item() / pixels
    if energy > MOST_ENERGY:
        raise ValueError(
            f"target is {math.sqrt(energy):.3g} times as large as that of a white image: "
            "divide it by the value that is white"
        )


def orthonormal_rows(ratio: float, block: int, seed: int) -> Tensor:
    """Return random orthonormal rows, `m block^2`, float32, with m = ratio block^2, at least 1.

    Args:
        ratio: The number of rows divided by the number of pixels of a block.
        block: Side of a block, in pixels.
        seed: Seed of the private generator.
    """
    pixels = block**2
    generator = torch.Generator().manual_seed(own_seed("compressed_sensing", seed))
    count = max(1, round(ratio * pixels))
    normal = torch.randn(pixels, count, generator=generator, dtype=torch.float64)
    columns, triangle = torch.linalg.qr(normal)
    # The signs make the draw that of one rotation, whatever the library's are.
    return (columns * triangle.diagonal().sign()).T.float().contiguous()


def hartley(images: Tensor) -> Tensor:
    """Return the orthonormal discrete Hartley transform of `... h w`, which is its own inverse.

    Example:
        >>> image = torch.rand(4, 5)
        >>> torch.allclose(hartley(hartley(image)), image, atol=1e-6)
        True
    """
    spectrum = torch.fft.fft2(images, norm="ortho")
    return spectrum.real - spectrum.imag
