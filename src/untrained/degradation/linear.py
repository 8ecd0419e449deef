"""What a linear A has: its norm, its transpose, and the solution of its equations."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from untrained.degradation.operator import Degradation
from untrained.seed import own_seed

POWERS = 20  # of A^T A, for the norm of A
# How far a linear A may be from its own sum, by rounding, as a share of the largest number.
ROUNDING = 1e-4
STEPS = 100  # of conjugate gradients, at most
TOLERANCE = 1e-5


def is_linear(degradation: Degradation, target: Tensor) -> bool:
    """Whether A is known and linear, as far as two images tell.

    Args:
        degradation: A.
        target: A target, `1 *m`.
    """
    if list(degradation.parameters()):
        return False
    images = random_images(degradation.shape(target))
    first, second = (image.to(target) for image in images)
    with torch.no_grad():
        together = degradation(first - 0.5 * second)
        apart = degradation(first) - 0.5 * degradation(second)
    size = apart.abs().max()
    return bool((together - apart).abs().max() <= ROUNDING * size)


def norm_of(degradation: Degradation, image: Tensor) -> float:
    """Return |A|, the largest |A x| / |x|, by powers of A^T A.

    Args:
        degradation: A, which must be linear.
        image: Any image, `1 c *n`, for the shape and the device.
    """
    vector = random_images(tuple(image.shape))[0].to(image)
    length = vector.norm()
    for _ in range(POWERS):
        measured, pull = measured_with_pull(degradation, vector / length)
        vector = pull(measured)
        length = vector.norm()
    return math.sqrt(length.item())


def random_images(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return two images of numbers in [0, 1], always the same ones."""
    generator = torch.Generator().manual_seed(own_seed("linear", 0))
    return torch.rand(shape, generator=generator), torch.rand(shape, generator=generator)


def measured_with_pull(
    degradation: Degradation, image: Tensor
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Return A x with 0 where nothing is known, and the map from w to A^T w.

    A of a linear map is passed once for both: the gradient of <A x, w> is A^T w at any x.
    """
    with torch.enable_grad():
        point = image.detach().requires_grad_()
        measured = degradation.masked(degradation(point))

    def pull(weights: Tensor) -> Tensor:
        (back,) = torch.autograd.grad(measured, point, weights)
        return back

    return measured.detach(), pull


def solved(
    operator: Callable[[Tensor], Tensor], right: Tensor, tolerance: float = TOLERANCE
) -> Tensor:
    """Return u with `operator(u) = right`, by conjugate gradients from u = 0.

    Args:
        operator: Linear, symmetric, and positive on the span of `right`.
        right: Any shape.
        tolerance: The norm of what is left of `right`, as a share of its own.

    Reference: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems",
    1952.
    """
    solution, residual = torch.zeros_like(right), right
    direction, power = residual, residual.square().sum()
    least = tolerance**2 * power
    for _ in range(STEPS):
        if power <= least:
            break
        changed = operator(direction)
        length = power / (direction * changed).sum()
        solution = solution + length * direction
        residual = residual - length * changed
        before, power = power, residual.square().sum()
        direction = residual + power / before * direction
    return solution
