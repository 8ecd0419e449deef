"""Downsampling: the measurement is a small picture."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from untrained.check import choice, whole
from untrained.degradation.linear import solved
from untrained.degradation.operator import Degradation, in_multiples
from untrained.image import pixels
from untrained.tile import Window


def lanczos(distance: Tensor, lobes: int) -> Tensor:
    """Return sinc(d) sinc(d / lobes), with sinc(d) = sin(pi d) / (pi d)."""
    return torch.sinc(distance) * torch.sinc(distance / lobes)


def cubic(distance: Tensor) -> Tensor:
    """Return Keys' cubic of a = -0.5 (IEEE Trans. ASSP 29(6), 1981), MATLAB's and Pillow's."""
    d = distance.abs()
    inner = 1.5 * d**3 - 2.5 * d**2 + 1
    outer = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return torch.where(d <= 1, inner, outer)


def gaussian(distance: Tensor) -> Tensor:
    """Return exp(-2 d^2), a Gaussian of sigma 0.5, as in TensorFlow's `tf.image.resize`."""
    return torch.exp(-2 * distance**2)


# Each filter as a function of the distance in low-resolution pixels, and its largest distance.
KERNELS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "lanczos2": (partial(lanczos, lobes=2), 2),
    "lanczos3": (partial(lanczos, lobes=3), 3),
    "bicubic": (cubic, 2),
    "box": (torch.ones_like, 0.5),
    "gaussian": (gaussian, 2),
}

# A constant image has 1 / factor^2 in A A^T. The least that the kernels leave of fine detail is
# between a tenth and a hundredth of that.
CAUTION = 0.1


class Downsampling(Degradation):
    """Filter the image and take every `factor`-th pixel. Super-resolution is the inverse.

    Along each axis, y_i = sum_j k((j - c_i) / factor) x_j, with c_i = (i + 1/2) factor - 1/2. This
    is the middle of the `factor` pixels that y_i replaces. The weights k are normalised to the sum
    1, and x_j beyond the border is the pixel at the border. So a constant image does not change.

    With `lanczos2` this is the operator in the loss of the DIP authors' code. The authors make
    their target by another filter, Pillow's Lanczos of 3 lobes on 8 bits: `observe=pillow`.

    Args:
        factor: The sides of the image divided by the sides of the measurement, a whole number from
            2 up.
        kernel: k: `lanczos2`, `lanczos3`, `bicubic` (a = -0.5), `box` (the mean of the pixels that
            y_i replaces) or `gaussian` (sigma of factor/2 pixels, cut at 4 sigma).
        observe: How a target is simulated from a clean image. None is A; `pillow` is Pillow's
            LANCZOS filter with a result of 8 bits.

    Shape:
        `K c h w` to `K c h/factor w/factor`.

    Raises:
        ValueError: If a setting is out of its range. In a call, if `factor` does not divide the
            sides.

    Example:
        >>> Downsampling(factor=4)(torch.ones(1, 3, 64, 32)).shape
        torch.Size([1, 3, 16, 8])
    """

    of_simulation = ("observe",)

    taps: Tensor

    def __init__(
        self, factor: int = 4, kernel: str = "lanczos2", observe: str | None = None
    ) -> None:
        super().__init__()
        self.factor = whole("factor", factor, least=2)
        self.kernel = choice("kernel", kernel, tuple(KERNELS))
        self.by_pillow = choice("observe", observe, (None, "pillow")) == "pillow"
        self.register_buffer("taps", taps(self.factor, self.kernel), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return K small images, `K c h/factor w/factor`, of K images `K c h w`.

        Raises:
            ValueError: If `factor` does not divide the sides.
        """
        _, channels, height, width = images.shape
        if height % self.factor or width % self.factor:
            raise ValueError(f"factor must divide {height} x {width} pixels, got {self.factor}")
        dtype = torch.promote_types(images.dtype, torch.float32)
        # Convolutions of a channel each are the fastest in this layout.
        exact = images.to(dtype).contiguous(memory_format=torch.channels_last)
        across = self.taps.to(exact).expand(channels, 1, 1, -1)
        down = across.transpose(2, 3)
        beyond = (len(self.taps) - self.factor) // 2
        padded = functional.pad(exact, (beyond,) * 4, "replicate")
        with torch.autocast(images.device.type, enabled=False):
            low = functional.conv2d(padded, down, stride=(self.factor, 1), groups=channels)
            return functional.conv2d(low, across, stride=(1, self.factor), groups=channels)

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image: `factor` times the sides of the measurement."""
        count, channels, height, width = measurement.shape
        return count, channels, self.factor * height, self.factor * width

    def cropped(self, image: Tensor) -> Tensor:
        """Return the largest centre of an image whose sides are multiples of `factor`.

        Raises:
            ValueError: If a side is shorter than `factor`.
        """
        return in_multiples("factor", image, self.factor)

    def observe(self, image: Tensor) -> Tensor:
        """Return A(x), or x resized by Pillow's LANCZOS on 8 bits.

        Raises:
            ValueError: If Pillow should resize an image of neither 1 nor 3 channels.
        """
        return resized_by_pillow(image, self.factor) if self.by_pillow else self(image)

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return A itself, and the part of the target."""
        return self, window.of(target)

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the target enlarged: each pixel becomes a square of `factor` x `factor`."""
        enlarged = functional.interpolate(target, scale_factor=self.factor, mode="nearest")
        return enlarged, "Low resolution"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return x + A^T (A A^T + e)^-1 (y - A x), with e = 0.1 / factor^2.

        With e = 0 this would be the image next to x whose measurement is the target. e costs little
        where A made the target. Where another filter made it, as for your own small picture, e
        keeps fine differences of the filters from being amplified.

        Reference: Irani and Peleg, "Improving resolution by image registration", 1991, who go there
        in steps (back-projection).
        """
        lacking = target - self(image)
        least = CAUTION / self.factor**2
        weights = solved(lambda low: self(self.adjoint(low)) + least * low, lacking)
        return image + self.adjoint(weights)


def taps(factor: int, kernel: str) -> Tensor:
    """Return the weights of the pixels around a low-resolution pixel, normalised to the sum 1.

    The window is symmetric. So the number of weights is even if the factor is even, and odd if the
    factor is odd.

    Example:
        >>> taps(2, "box"), len(taps(4, "lanczos2")), len(taps(3, "lanczos2"))
        (tensor([0.5000, 0.5000]), 16, 11)
    """
    function, support = KERNELS[kernel]
    # The distances, in pixels, are 1/2, 3/2, ... or 0, 1, ...; at the support itself k is 0.
    first = 0.5 if factor % 2 == 0 else 0.0
    count = math.ceil(support * factor - first)
    side = torch.arange(count, dtype=torch.float64) + first
    distance = torch.cat([-side.flip(0), side if first else side[1:]])
    weights = function(distance / factor)
    return (weights / weights.sum()).float()


def resized_by_pillow(image: Tensor, factor: int) -> Tensor:
    """Return a `1 c h w` image in [0, 1] as Pillow's LANCZOS filter makes it smaller, with 8 bits.

    Raises:
        ValueError: If c is neither 1 nor 3.
    """
    _, channels, height, width = image.shape
    if channels not in (1, 3):
        raise ValueError(f"observe must be null where there are {channels} channels, got 'pillow'")
    size = (width // factor, height // factor)
    small = Image.fromarray(pixels(image)).resize(size, Image.Resampling.LANCZOS)
    array = np.atleast_3d(np.array(small))
    return (torch.from_numpy(array).permute(2, 0, 1)[None] / 255).to(image)
