"""The rule that weighs what is still missing against what has been fitted of the noise."""

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
    """Stop where the estimated error is lowest, whatever the correlation of the noise.

    With y = A(c) + n, for any estimate x of the clean image c and any zero-mean noise n,

        mean((A(x) - A(c))^2) = mean((A(x) - y)^2) - mean(n^2) + 2 mean(n A(x)) - 2 mean(n A(c)),

    The second term is the same at each step, and the last is 0 in the mean. The statistic is the
    first term and an estimate of the third. The third is the covariance penalty of Efron, "The
    estimation of prediction error", JASA 99, 2004. With white Gaussian noise it is a divergence,
    and the statistic is SURE. Our estimate is read off small blocks of the picture, see
    `fitted_noise`. So neither the level of the noise nor its correlation has to be known.

    An average is taken half its age after the lowest statistic, and not the whole as by other
    rules. That was chosen on photographs (docs/real_noise.md).

    Args:
        factor: Multiple of the estimated covariance.
        block: Side of a block, in pixels.
        patience: Steps to wait for a lower statistic.
        every: Steps between two that are measured.
        rise: See `Rise`, as the three that follow.
        sustained: How many statistics in a row have to have risen.
        gain: The share by which a lower statistic has to be lower: it may fall by little for long.
        wait: Multiple of the steps up to the lowest statistic for which a lower one is waited for.

    Raises:
        ValueError: If a word is out of its range.
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
        """Return the estimated error but for a constant, in the squared units of the target."""
        fitted = fitted_noise(step.measurement, step.target, self.block)
        return step.residual + 2 * self.factor * fitted

    def lag(self, step: Step) -> float:
        """Return half the age of the average."""
        return step.age / 2


def fitted_noise(measurement: Tensor, target: Tensor, block: int) -> Tensor:
    """Estimate mean(n A(x)), the covariance of the noise n of a target with what is fitted to it.

    In each block b, with means over its pixels and sums over channels,

        share_b = cov_b(y, A(x)) / var_b(y)

    is what is fitted of the block. Where there is structure, it is learnt first, and the share is
    near 1. So the median share h is that of blocks with little but noise. The variance of the noise
    lies between two that are seen: the mean of var_b(y) over the third of the blocks with the least
    share (a camera's noise is weaker where the picture is dark and plain), and its mean over all
    blocks, which holds the structure too. With v their geometric mean, the covariance is v h.

    Args:
        measurement: A(x) of each fit, `K c h w`.
        target: y, `1 c h w`.
        block: Side of a block, in pixels; a smaller picture is one block.

    Returns:
        The mean over the fits, 0-dim.
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
