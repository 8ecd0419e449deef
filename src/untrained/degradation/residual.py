"""The residual, what an image leaves of the target: it improves the image, if it is no noise."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from untrained.degradation.linear import norm_of, solved
from untrained.degradation.operator import Degradation
from untrained.seed import own_seed

# With it the surface falls to a third of a known value within two pixels, and is no guess about the
# middle of a hole. With 0.1 real fits were 0.1 dB better, but good images lost twice as much.
TENSION = 0.5
LEFT_OUT = 1 / 8  # of the known values
# Of |A|^2. A hundredth lets an image move that A sees a tenth as well as the best.
CAUTION = 0.01
ENOUGH = 1e-3  # of the residual may be left unsolved: the share is not known as well


def spread(values: Tensor, known: Tensor) -> Tensor:
    """Spread the known values to the unknown ones, as far as the known ones predict each other.

    The result is h u where nothing is known. u is the `surface` of the known values v, and h the
    share that is right where it can be tested. For this the surface of 7 of 8 known values, drawn
    at random, is compared with the others:

        h = <u, v> / <u, u> over the values that were left out, at least 0 and at most 1.

    h is near 1 if the residual is smooth, as that of a fit that has just begun, and near 0 if it is
    noise or the finest detail. A network fits what is known closer than the rest, so h is rather
    too small for the rest.

    Args:
        values: v, `K c h w`; what is unknown has no effect.
        known: Where v is known, bool, `1 1 h w` or `1 c h w`.

    Returns:
        `K c h w`, equal to v where it is known.
    """
    generator = torch.Generator().manual_seed(own_seed("spread", 0))
    left_out = known & (torch.rand(known.shape, generator=generator) < LEFT_OUT).to(known.device)
    predicted = torch.where(left_out, surface(values, known & ~left_out), 0.0)
    actual = torch.where(left_out, values, 0.0)
    power = predicted.square().sum()
    share = ((predicted * actual).sum() / power).clamp(0, 1) if power > 0 else 0.0
    return torch.where(known, values, share * surface(values, known))


def surface(values: Tensor, known: Tensor, tension: float = TENSION) -> Tensor:
    """Return the surface that bends as little as possible, and falls to 0 where nothing is known.

    The surface u is equal to the values v where they are known, and elsewhere minimises

        sum (laplace u)^2 + tension sum u^2.

    Without the second term this is biharmonic inpainting (Damelin and Hoang, "On surface completion
    and image inpainting by biharmonic functions", 2018, arXiv 1707.06567).

    Args:
        values: v, `K c h w`; what is unknown has no effect.
        known: Where v is known, bool, `1 1 h w` or `1 c h w`.
        tension: How much the surface is drawn to 0, from 0 up.

    Returns:
        u, `K c h w`.

    Example:
        >>> values, known = torch.zeros(1, 1, 1, 5), torch.ones(1, 1, 1, 5, dtype=torch.bool)
        >>> values[..., 1], values[..., 3], known[..., 2] = 0.5, 0.5, False
        >>> [round(value, 2) for value in surface(values, known).flatten().tolist()]
        [0.0, 0.5, 0.62, 0.5, 0.0]
    """
    fixed = torch.where(known, values, 0.0).float()

    def gradient(of: Tensor) -> Tensor:
        whole = laplacian(laplacian(of)) + tension * of
        return torch.where(known, 0.0, whole)

    return (fixed + solved(gradient, -gradient(fixed))).to(values)


def laplacian(surface: Tensor) -> Tensor:
    """Return the sum of the four neighbours less four times the pixel, mirrored at the border.

    This is a symmetric matrix, so it is its own adjoint.
    """
    around = pad(surface, (1, 1, 1, 1), "replicate")
    across = around[..., 1:-1, :-2] + around[..., 1:-1, 2:]
    down = around[..., :-2, 1:-1] + around[..., 2:, 1:-1]
    return across + down - 4 * surface


def corrected(image: Tensor, target: Tensor, degradation: Degradation) -> Tensor:
    """Move an image towards its target, as far as parts of the target predict each other.

    The result is x + h d with d = A^T (A A^T + e)^-1 (y - A x) and e = 0.01 |A|^2. With h = 1 and
    e = 0 this would be the image nearest to x whose measurement is y. h is found as in `spread`: d
    is computed without an eighth of y, and compared with it there,

        h = <A d, y - A x> / <A d, A d> over the entries that were left out, from 0 to 1.

    So h is near 1 if the fit has not ended, and near 0 if what it leaves is noise.

    Args:
        image: x, `1 c *n`.
        target: y, `1 *m`, known everywhere.
        degradation: A, known and linear.
    """
    lacking = target - degradation(image)
    least = CAUTION * norm_of(degradation, image) ** 2

    def change(used: Tensor) -> Tensor:
        """Return d by the entries of y for which `used` is 1."""

        def normal(weights: Tensor) -> Tensor:
            measured = degradation(degradation.adjoint(used * weights))
            return used * measured + least * weights

        return degradation.adjoint(used * solved(normal, used * lacking, ENOUGH))

    generator = torch.Generator().manual_seed(own_seed("corrected", 0))
    left_out = (torch.rand(target.shape, generator=generator) < LEFT_OUT).to(target)
    predicted = left_out * degradation(change(1 - left_out))
    power = predicted.square().sum()
    if power == 0:
        return image
    share = ((predicted * lacking).sum() / power).clamp(0, 1)
    return image + share * change(torch.ones_like(target))
