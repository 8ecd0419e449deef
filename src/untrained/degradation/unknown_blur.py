"""Blur by a kernel that nobody knows: it is fitted together with the image."""

from collections.abc import Sequence
from pathlib import Path

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from untrained.check import positive_or_null, whole
from untrained.degradation.blur import LARGEST as BROADEST
from untrained.degradation.blur import Blur, Convolution, exceeds, odd
from untrained.seed import own_seed

LARGEST = 2**28  # weights of the network of the kernel: 1 GiB
CODE = 200  # numbers that the network of the kernel is given
SHIFT = 5  # pixels by which Levin's protocol lets an image be off its place


class UnknownBlur(Convolution):
    """Blur each channel by a kernel that a second network makes, A(x) = G_k(z_k) * x: SelfDeblur.

    The network is z_k ~ U[0, 0.1]^200, a linear layer to `hidden`, ReLU6, a linear layer to the
    pixels of the kernel, and softmax: no weight is below 0, and their sum is 1. Nothing is made up
    beyond the border: the image is larger than the measurement by `size` less 1.

    A kernel that is shifted and an image that is shifted against it make the same measurement. So
    the image may be some pixels off its place, and is compared at its best one (`metric.shift`).

    Args:
        size: Side of the kernel, odd, or `[h, w]`: at least that of the true one.
        hidden: Numbers between the two layers.
        lr: Learning rate of the kernel's network; None for that of the image's. The authors' 1e-4
            is for 5000 steps: after 600 the kernel is still wide.
        seed: Seed of the kernel's network and of its code.
        kernel: The kernel that blurs a clean image, where the target is simulated: `motion`,
            `gaussian`, `uniform` (a square of 9), or the path of a picture or an array (`.npy`).
            The fit does not look at it.
        length: Length of that motion in pixels; None for 15.
        angle: Direction of that motion in degrees, from the right counterclockwise; None for 45.
        sigma: Standard deviation of that Gaussian in pixels; None for 1.6.

    Raises:
        ValueError: If a word is out of its range; in a call, if the kernel is larger than the
            image.

    Reference: Ren, Zhang, Wang, Hu, Zuo, "Neural Blind Deconvolution Using Deep Priors", CVPR 2020,
    arXiv 1908.02197. Theirs has non-local blocks in the network of the image, too; ours has none.

    Example:
        >>> UnknownBlur(size=5, hidden=10)(torch.ones(1, 1, 20, 16)).shape
        torch.Size([1, 1, 16, 12])
    """

    of_simulation = ("kernel", "length", "angle", "sigma")

    code: Tensor

    hint = "a smaller degradation.size leaves more"

    def __init__(
        self,
        size: int | Sequence[int] = 31,
        hidden: int = 1000,
        lr: float | None = 1e-3,
        seed: int = 0,
        kernel: str | Path | ArrayLike = "motion",
        length: int | None = None,
        angle: float | None = None,
        sigma: float | None = None,
    ) -> None:
        super().__init__()
        self.sides = sides_of(size)
        self.said = f"degradation.size={size}"
        self.lr = positive_or_null("lr", lr)
        self.shift = min(max(self.beyond), SHIFT)
        self.true = Blur(kernel, sigma, length=length, angle=angle)
        hidden = whole("hidden", hidden)
        if hidden * self.sides[0] * self.sides[1] > LARGEST:
            raise ValueError(
                f"{self.said} and degradation.hidden={hidden} make a network of more than "
                f"{LARGEST} weights for the kernel alone: one of them must be smaller"
            )
        generator = torch.Generator().manual_seed(own_seed("kernel", whole("seed", seed, least=0)))
        # Drawn from the seed, so a checkpoint need not hold it.
        code = 0.1 * torch.rand(CODE, generator=generator)
        self.register_buffer("code", code, persistent=False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(own_seed("network of the kernel", seed))
            last = nn.Linear(hidden, self.sides[0] * self.sides[1])
            self.network = nn.Sequential(nn.Linear(CODE, hidden), nn.ReLU6(), last)

    def kernel(self) -> Tensor:
        """Return the kernel as it is now, `h w`, in single precision."""
        with torch.autocast(self.code.device.type, enabled=False):
            return self.network(self.code).softmax(0).view(self.sides)

    def found_kernel(self) -> Tensor:
        """Return the kernel that the fit has found so far, `h w`."""
        return self.kernel().detach()

    def given(self, target: Tensor) -> Tensor:
        """Return the target itself.

        Raises:
            ValueError: If the kernel is larger.
        """
        (height, width), (tall, wide) = target.shape[2:], self.sides
        if exceeds(self.sides, (height, width)):
            raise ValueError(
                f"degradation.size must be at most that of the target, {height} x {width} pixels, "
                f"got {tall} x {wide}"
            )
        return target

    def observe(self, image: Tensor) -> Tensor:
        """Return the image blurred by the true kernel, as large as A makes it.

        Raises:
            ValueError: If the true kernel is larger than A's can be.
        """
        tall, wide = self.true.sides
        if exceeds(self.true.sides, self.sides):
            raise ValueError(
                f"degradation.size must be at least {tall} x {wide}, as the kernel that blurs the "
                f"image, got {self.sides[0]} x {self.sides[1]}"
            )
        down, across = (self.sides[0] - tall) // 2, (self.sides[1] - wide) // 2
        height, width = image.shape[2:]
        return self.true(image[..., down : height - down, across : width - across])


def sides_of(size: object) -> tuple[int, int]:
    """Return height and width of a kernel: one number for both, or two.

    Raises:
        ValueError: If they are no odd numbers from 3 up.

    Example:
        >>> sides_of(31), sides_of([11, 21])
        ((31, 31), (11, 21))
    """
    sides = [size, size] if not isinstance(size, list | tuple) else [*size]
    try:
        tall, wide = (odd(each) for each in sides)
    except ValueError:
        if sides == [size, size]:
            raise
        # Each of them is not what was typed.
        need = f"one odd number, or two, [h,w], up to {BROADEST}"
        raise ValueError(f"size must be {need}, got {size!r}") from None
    if max(tall, wide) < 3:
        raise ValueError(
            f"size must be at least 3: a kernel of one pixel blurs nothing, got {size!r}"
        )
    return tall, wide
