"""The image of the least total variation that A maps to a target.

It is the x of the least TV(x) with |A x - y| <= sqrt(m) sigma. TV(x) is the sum over the pixels of
the length of the gradient of all channels together. m is the number of known entries of y. Without
noise A x = y. A picture stays in [0, 1].

The method is the primal-dual algorithm of Chambolle and Pock ("A first-order primal-dual algorithm
for convex problems with applications to imaging", JMIV 40, 2011), with s A for A, where s gives it
the norm of the gradient:

    x' = x - t (grad^T p + s A^T q),          within [0, 1]
    p' = p + u grad(2 x' - x),                each gradient cut to the length 1
    q' = r (1 - u s sqrt(m) sigma / |r|)_+,   r = q + u s (A (2 x' - x) - y)

Reference: Candes, Romberg and Tao, "Robust uncertainty principles", IEEE TIT 52(2), 2006 (the
problem); Bresson and Chan, "Fast dual minimization of the vectorial total variation norm", Inverse
Problems and Imaging 2(4), 2008 (channels together).
"""

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
    """Return the image x of the least TV(x) with |A x - y| <= sqrt(m) sigma, `1 c h w`.

    Args:
        target: y, `1 *m`.
        degradation: A, which must be linear (`is_linear`).
        sigma: The noise level in the units of y, from 0 up.
        iterations: The number of iterations.
    """
    target = degradation.masked(target)
    back_projected = degradation.adjoint(target)
    scale = math.sqrt(GRADIENT) / norm_of(degradation, back_projected)
    step_image = 1 / math.sqrt(2 * GRADIENT * RATIO)
    step_dual = RATIO * step_image
    radius = step_dual * scale * math.sqrt(known_entries(degradation, target)) * sigma
    image = back_projected * scale**2 / GRADIENT
    back = torch.zeros_like(image)
    slopes, weights = gradient(back), torch.zeros_like(target)
    for _ in range(iterations):
        lower = image - step_image * (gradient_transposed(slopes) + scale * back)
        if not degradation.is_signed:
            lower = lower.clamp(0, 1)
        ahead, image = 2 * lower - image, lower
        slopes = at_most_1(slopes + step_dual * gradient(ahead))
        measured, pull = measured_with_pull(degradation, ahead)
        weights = shortened(weights + step_dual * scale * (measured - target), radius)
        back = pull(weights)
    return image


def known_entries(degradation: Degradation, target: Tensor) -> int:
    """Return the number m of known entries of a target, `1 *m`."""
    known = degradation.known(target)
    return target.numel() if known is None else int(known.expand_as(target).sum())


def at_most_1(slopes: Tensor) -> Tensor:
    """Return the gradients, `2 1 c h w`, each cut to the length 1 over all channels."""
    length = slopes.square().sum((0, 2), keepdim=True).sqrt()
    return slopes / length.clamp(min=1)


def shortened(weights: Tensor, radius: float) -> Tensor:
    """Return a tensor that is shorter by `radius`, or 0 if it is not as long."""
    if radius == 0:
        return weights
    return weights * (1 - radius / weights.norm()).clamp(min=0)


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
