"""The rule that weighs what is still missing against what has been fitted of the noise."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from untrained.stopping.rule import Iterate, Rise, between, whole


class CovariancePenalty(Rise):
    """Stop where the estimated error is lowest, whatever the correlation of the noise.

    With y = A(c) + n, for any estimate x of the clean image c and any zero-mean noise n,

        mean((A(x) - A(c))^2) = mean((A(x) - y)^2) - mean(n^2) + 2 mean(n A(x)) - 2 mean(n A(c)),

    of which the second term is the same at each step, and the last is 0 in the mean. The statistic
    is the first term and an estimate of the third, the covariance penalty of Efron, "The estimation
    of prediction error", JASA 99, 2004. (SURE is the case of white Gaussian noise, where the third
    term is a divergence.) Ours is read off the blocks of the picture that have least structure:
    there y is noise, and the share of it that A(x) has taken up can be seen; see
    `fitted_noise`. No level of the noise has to be known, nor its correlation.

    Where every block has structure, as in a photograph made very small, the structure is taken for
    noise, and the rule stops too soon.

    Args:
        factor: How much more noise is fitted in the picture than its plain blocks show: a block
            does not see what is coarser than itself, and the network follows the noise more
            closely where there is something to see.
        block: Side of a block, in pixels. A larger one sees more of the noise, and of the picture.
        patience: Steps to wait for a lower statistic.
        every: Steps between two that are measured.
        rise: See `Rise`, as the next.
        sustained: How many statistics in a row have to have risen.

    Raises:
        ValueError: If a word is out of its range.
    """

    def __init__(
        self,
        factor: float = 2.0,
        block: int = 5,
        patience: int = 1000,
        every: int = 10,
        rise: float = 1.03,
        sustained: int = 5,
    ) -> None:
        super().__init__(patience, every, rise, sustained)
        self.factor = between("factor", factor, 0, float("inf"))
        self.block = whole("block", block, least=2)

    def measure(self, iterate: Iterate) -> Tensor:
        """Return the estimated error but for a constant, in the squared units of the target."""
        fitted = fitted_noise(iterate.measurement, iterate.target, self.block)
        return iterate.residual + 2 * self.factor * fitted


def fitted_noise(measurement: Tensor, target: Tensor, block: int) -> Tensor:
    """Estimate mean(n A(x)), the covariance of the noise n of a target with what is fitted to it.

    In each block b, with means over its pixels and sums over channels,

        share_b = cov_b(y, A(x)) / var_b(y).

    Half of the blocks have a share up to the median. They are the plain ones: structure is learnt
    first, and would have a share near 1. With h the median and v the mean of var_b(y) over those
    blocks, which is the variance of the noise, the covariance is h v.

    Args:
        measurement: A(x) of each fit, `K c h w`.
        target: y, `1 c h w`.
        block: Side of a block, in pixels; a smaller picture is one block.

    Returns:
        The mean over the fits, 0-dim.
    """
    side = min(block, *target.shape[2:])
    mean = avg_pool2d(target, side)
    variance = (avg_pool2d(target.square(), side) - mean.square()).sum(1).flatten(1)
    product = avg_pool2d(measurement * target, side)
    covariance = (product - avg_pool2d(measurement, side) * mean).sum(1).flatten(1)
    # A block without any variance, as a saturated one, says nothing.
    share = torch.where(variance > 0, covariance / variance, torch.nan)
    median = share.nanmedian(1, keepdim=True).values
    plain = share <= median
    level = (variance * plain).sum(1) / plain.sum(1)
    return (median[:, 0].clamp(min=0) * level).mean() / target.shape[1]
