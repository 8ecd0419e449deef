"""The image of the least total variation that A maps to a target."""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from untrained.degradation.linear import measured_with_pull, norm_of
from untrained.degradation.operator import Degradation

# The squared norm of the gradient is at most this; A is scaled to the same norm.
GRADIENT = 8
# The step of p and q over that of x. With 1 the residual of a sinogram is five times as large.
RATIO = 100


def least_variation(
    target: Tensor, degradation: Degradation, sigma: float, iterations: int
) -> Tensor:
    """Return the image x of the least TV(x) with |A x - y| <= sqrt(m) sigma.

    TV(x) is the sum over the pixels of the length of the gradient of all channels together. m is
    the number of known entries of y. Without noise A x = y. A picture stays in [0, 1].

    The method is the primal-dual algorithm of Chambolle and Pock ("A first-order primal-dual
    algorithm for convex problems with applications to imaging", JMIV 40, 2011), with s A for A,
    where s gives it the norm of the gradient:

        x'   = x - t (grad^T p + s A^T q),          within [0, 1]
        p'   = p + u grad(2 x' - x),                each gradient cut to the length 1
        q'   = r (1 - u s sqrt(m) sigma / |r|)_+,   r = q + u s (A (2 x' - x) - y)

    Reference: Candes, Romberg and Tao, "Robust uncertainty principles", IEEE TIT 52(2), 2006 (the
    problem); Bresson and Chan, "Fast dual minimization of the vectorial total variation norm",
    Inverse Problems and Imaging 2(4), 2008 (channels together).

    Args:
        target: y, `1 *m`.
        degradation: A, which must be linear (`is_linear`).
        sigma: The noise level in the units of y, from 0 up.
        iterations: The number of iterations.

    Returns:
        `1 c h w`.
    """
    target = degradation.masked(target)
    known = degradation.known(target)
    count = target.numel() if known is None else int(known.expand_as(target).sum())
    image = torch.zeros(degradation.shape(target))
    scale = math.sqrt(GRADIENT) / norm_of(degradation, image)
    width = scale * math.sqrt(count) * sigma  # of the ball in which s A x lies
    step_image, step_dual = 1 / math.sqrt(2 * GRADIENT * RATIO), math.sqrt(RATIO / (2 * GRADIENT))
    slopes = gradient(image)
    weights = torch.zeros_like(target)
    back = degradation.adjoint(target)
    image = back * scale**2 / GRADIENT
    back = torch.zeros_like(image)
    for _ in range(iterations):
        descent = gradient_transposed(slopes) + scale * back
        lower = image - step_image * descent
        if not degradation.is_signed:
            lower = lower.clamp(0, 1)
        ahead, image = 2 * lower - image, lower
        slopes = slopes + step_dual * gradient(ahead)
        slopes = slopes / slopes.square().sum((0, 2), keepdim=True).sqrt().clamp(min=1)
        measured, pull = measured_with_pull(degradation, ahead)
        weights = weights + step_dual * scale * (measured - target)
        if width > 0:
            weights = weights * (1 - step_dual * width / weights.norm()).clamp(min=0)
        back = pull(weights)
    return image


def gradient(image: Tensor) -> Tensor:
    """Return the differences to the next pixel down and to the right, `2 1 c h w`, 0 at the end."""
    down = pad(image.diff(dim=-2), (0, 0, 0, 1))
    across = pad(image.diff(dim=-1), (0, 1))
    return torch.stack([down, across])


def gradient_transposed(slopes: Tensor) -> Tensor:
    """Return the transpose of `gradient`, `1 c h w`, of `2 1 c h w`."""
    down, across = slopes[0, ..., :-1, :], slopes[1, ..., :-1]
    vertical = pad(down, (0, 0, 1, 0)) - pad(down, (0, 0, 0, 1))
    horizontal = pad(across, (1, 0)) - pad(across, (0, 1))
    return vertical + horizontal
