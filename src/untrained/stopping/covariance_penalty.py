"""The rule that adds the residual and an estimate of the noise that has been fitted."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from untrained import check
from untrained.step import Step
from untrained.stopping.rise import Rise

PLAIN = 1 / 3
# Rounding errors of a block's variance are smaller, the noise of 8 bits is larger.
LEAST = 1e-7


class CovariancePenalty(Rise):
    """Stop where the estimated error is lowest, with any correlation of the noise.

    With y = A(c) + n, for any estimate x of the clean image c and any zero-mean noise n,

        mean((A(x) - A(c))^2) = mean((A(x) - y)^2) - mean(n^2) + 2 mean(n A(x)) - 2 mean(n A(c)).

    The second term is the same at each step, and the mean of the last is 0. So the statistic is the
    first term plus an estimate of the third. The third term is the covariance penalty of Efron,
    "The estimation of prediction error", JASA 99, 2004. For white Gaussian noise it is a
    divergence, and the statistic is SURE. Our estimate comes from small blocks of the picture, see
    `fitted_noise`. So neither the level of the noise nor its correlation has to be known.

    Other rules take the average of step `at + age`. This rule takes the average of step
    `at + age / 2`, which was chosen on photographs (docs/real_noise.md).

    Args:
        factor: The multiple of the estimated covariance, over 0.
        block: Side of a block in pixels, from 2 up.
        patience: The number of steps to wait for a lower statistic.
        every: The number of steps between two measurements.
        rise: See `Rise`.
        sustained: See `Rise`.
        gain: The share by which a statistic must be below the lowest to count as lower. It may fall
            slowly for long.
        wait: See `Rise`.

    Raises:
        ValueError: If a setting is out of its range.
    """

    needs_noise = True
    needs_whole_target = True
    needs_picture = True

    def __init__(
        self,
        factor: float = 1.0,
        block: int = 5,
        patience: int = 1000,
        every: int = 10,
        rise: float = 1.03,
        sustained: int = 5,
        gain: float = 0.01,
        wait: float = 0.5,
    ) -> None:
        super().__init__(patience, every, rise, sustained)
        self.gain = check.number("gain", gain, over=-1, under=1)
        self.wait = check.number("wait", wait, over=0)
        self.factor = check.number("factor", factor, over=0)
        self.block = check.whole("block", block, least=2)

    def measure(self, step: Step) -> Tensor:
        """Return the estimated error up to a constant, 0-dim, in squared units of the target."""
        fitted = fitted_noise(step.measurement, step.target, self.block)
        return step.residual + 2 * self.factor * fitted

    def lag(self, step: Step) -> float:
        """Return half the age of the average."""
        return step.age / 2


def fitted_noise(measurement: Tensor, target: Tensor, block: int) -> Tensor:
    """Estimate mean(n A(x)), the covariance of the noise n of a target with the fit A(x).

    In each block b, with means over its pixels and channels, the share that is fitted is

        share_b = cov_b(y, A(x)) / var_b(y).

    A network learns structure first, so the share of a block with structure is near 1. The median
    share h is then the share of blocks with little but noise. The variance v of the noise lies
    between two variances. The mean of var_b(y) over the third of the blocks with the least share is
    too small, because a camera's noise is weaker where the picture is dark and plain. The mean of
    var_b(y) over all blocks is too large, because it contains the structure. v is their geometric
    mean, and the estimate is v h.

    Args:
        measurement: A(x) of each fit, `K c h w`.
        target: y, `1 c h w`.
        block: Side of a block in pixels. A smaller picture is one block.

    Returns:
        The mean over the fits, 0-dim, in squared units of the target.
    """
    side = min(block, *target.shape[2:])
    mean = avg_pool2d(target, side)
    variance = (avg_pool2d(target.square(), side) - mean.square()).mean(1).flatten(1)
    product = avg_pool2d(measurement * target, side)
    covariance = (product - avg_pool2d(measurement, side) * mean).mean(1).flatten(1)
    # A block without any variance, as a saturated one, says nothing.
    shares = torch.where(variance > LEAST, covariance / variance, torch.nan)
    median = shares.nanmedian(1).values
    plain = shares <= shares.nanquantile(PLAIN, 1, keepdim=True)
    least = (variance * plain).sum(1) / plain.sum(1)
    level = (least * variance.mean()).sqrt()
    return (level * median.clamp(min=0)).mean()
