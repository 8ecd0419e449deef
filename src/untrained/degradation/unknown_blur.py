"""Blur by an unknown kernel, which is fitted together with the image."""

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

    The code is z_k ~ U[0, 0.1]^200. The network G_k is a linear layer to `hidden` numbers, ReLU6, a
    linear layer to the pixels of the kernel, and softmax. So no weight of the kernel is below 0,
    and their sum is 1. The boundary is `valid` (see `Blur`): the image is larger than the
    measurement by `size` less 1.

    If the kernel is shifted, and the image is shifted the other way, the measurement is the same.
    So the image may be some pixels off its place. It is compared at the best shift
    (`metric.shift`).

    The fit starts from a Gaussian in the middle of the kernel, log k = G_k(z_k) - r^2 / (2 s^2)
    but for a constant. From an even kernel, as the authors start, parts of one kernel may grow at
    several places, each with a shifted copy of the image, and then neither is found
    (docs/evidence/restorations.md).

    Args:
        size: Side of the kernel in pixels, odd, or `[h, w]`. The true kernel must fit into it.
        hidden: The number of hidden units of G_k.
        lr: Learning rate of G_k; None is the rate of the image's network. The authors' 1e-4 is for
            5000 steps: with it the kernel is still wide after 600 steps.
        start: The s of this Gaussian as a share of each side of the kernel; None starts from an
            even kernel.
        seed: Seed of the weights of G_k and of z_k.
        kernel: The kernel that blurs a clean image to simulate a target: `motion`, `gaussian`,
            `uniform` (a square of 9), or the path of a picture or an array (`.npy`). The fit never
            reads it.
        length: Length of this motion in pixels; None is 15.
        angle: Direction of this motion in degrees, counterclockwise from the right; None is 45.
        sigma: Standard deviation of this Gaussian in pixels; None is 1.6.

    Shape:
        `K c h w` to `K c (h - size + 1) (w - size + 1)`.

    Raises:
        ValueError: If a setting is out of its range. In a call, if the kernel is larger than the
            image.

    Reference: Ren, Zhang, Wang, Hu, Zuo, "Neural blind deconvolution using deep priors", CVPR 2020,
    arXiv 1908.02197. The authors' network of the image has non-local blocks, and ours has none. The
    authors start with the mean squared error; our default is 1 - SSIM from the first step.

    Example:
        >>> UnknownBlur(size=5, hidden=10)(torch.ones(1, 1, 20, 16)).shape
        torch.Size([1, 1, 16, 12])
    """

    needs_whole = ", because each tile would find a kernel of its own"
    of_simulation = ("kernel", "length", "angle", "sigma")

    code: Tensor
    logits: Tensor

    hint = "a smaller degradation.size leaves more"

    def __init__(
        self,
        size: int | Sequence[int] = 31,
        hidden: int = 1000,
        lr: float | None = 1e-3,
        start: float | None = 0.15,
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
        self.register_buffer("logits", centred(self.sides, start), persistent=False)
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
        """Return the kernel of the present weights, `h w`, float32."""
        with torch.autocast(self.code.device.type, enabled=False):
            return (self.network(self.code) + self.logits).softmax(0).view(self.sides)

    def found_kernel(self) -> Tensor:
        """Return the kernel that the fit has found so far, `h w`, without gradients."""
        return self.kernel().detach()

    def given(self, target: Tensor) -> Tensor:
        """Return your own target as it is, `1 c h w`.

        Raises:
            ValueError: If the kernel is larger than the target.
        """
        (height, width), (tall, wide) = target.shape[2:], self.sides
        if exceeds(self.sides, (height, width)):
            raise ValueError(
                f"degradation.size must be at most that of the target, {height} x {width} pixels, "
                f"got {tall} x {wide}"
            )
        return target

    def observe(self, image: Tensor) -> Tensor:
        """Return a clean image blurred by the true kernel, of the size of A(x).

        Raises:
            ValueError: If the true kernel does not fit into `size`.
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


def centred(sides: tuple[int, int], start: float | None) -> Tensor:
    """Return the logarithm of a Gaussian in the middle of a kernel, pixel by pixel, `h * w`.

    Args:
        sides: Height and width of the kernel.
        start: Standard deviation as a share of the sides; None is a Gaussian without an end.

    Raises:
        ValueError: If it is not over 0.

    Example:
        >>> centred((1, 3), 0.5).exp().tolist()
        [0.800..., 1.0, 0.800...]
    """
    share = positive_or_null("start", start)
    if share is None:
        return torch.zeros(sides[0] * sides[1])
    rows, columns = ((torch.arange(side) - side // 2) / (share * side) for side in sides)
    return -(rows[:, None] ** 2 + columns**2).flatten() / 2


def sides_of(size: object) -> tuple[int, int]:
    """Return height and width of a kernel in pixels, from one number for both, or two.

    Raises:
        ValueError: If they are not odd whole numbers from 3 to 2047.

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
