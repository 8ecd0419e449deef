"""The rule that adds the residual and an estimate of the noise that has been fitted."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from untrained import check
from untrained.step import Step
from untrained.stopping.rise import Rise

# The variance of noise blurred by 0.6 to 1 pixel, over what blocks of 5 x 5 see of it.
COARSE = 1.3
PLAIN = 1 / 3
SQUARE = 3  # side of a square of blocks
LEFT = 0.2  # of the noise: if less is not fitted yet, it says little of all of it
SHADES = 12
FEWEST = 64  # blocks of a shade
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
        structure: The multiple of the variance of the noise over which a block, or a square of
            blocks, has structure, over 0. `inf` means that none has.
        coarse: The most coarse noise that is counted, as a multiple of the variance of the noise,
            from 0 up.

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
        structure: float = 1.5,
        coarse: float = 0.3,
    ) -> None:
        super().__init__(patience, every, rise, sustained)
        self.gain = check.number("gain", gain, over=-1, under=1)
        self.wait = check.number("wait", wait, over=0)
        self.factor = check.number("factor", factor, over=0)
        self.block = check.whole("block", block, least=2)
        self.coarse = check.number("coarse", coarse, least=0)
        self.structure = structure
        if structure != math.inf:
            self.structure = check.number("structure", structure, over=0)

    def measure(self, step: Step) -> Tensor:
        """Return the estimated error up to a constant, 0-dim, in squared units of the target."""
        images = step.measurement, step.target
        fitted = fitted_noise(*images, self.block, self.structure, self.coarse)
        return step.residual + 2 * self.factor * fitted

    def lag(self, step: Step) -> float:
        """Return half the age of the average."""
        return step.age / 2


def fitted_noise(
    measurement: Tensor, target: Tensor, block: int, structure: float = 1.5, coarse: float = 0.3
) -> Tensor:
    """Estimate mean(n A(x)), the covariance of the noise n of a target with the fit A(x).

    In each block b the share that is fitted is cov_b(y, A(x)) / var_b(y). A network learns
    structure first, so the share of a block with structure is near 1. The estimate has two parts:

    - v h, where v is the variance of the noise, and h is the median share of the blocks with little
      but noise. These have a variance up to `structure` times that of `noise_variance`; if they are
      fewer than a third, they are the third with the least variance. v is the geometric mean of
      three estimates that are wrong for different pictures: the two of `noise_variance`, and
      `unfitted_variance`.
    - The noise that is coarser than a block (`coarse_noise`), which is fitted sooner. It is at most
      `coarse` times v: 0.3 is that of noise blurred by up to a pixel, and more is structure.

    Args:
        measurement: A(x) of each fit, `K c h w`.
        target: y, `1 c h w`.
        block: Side of a block in pixels. A smaller picture is one block.
        structure: The multiple of v over which a block has structure.
        coarse: The most coarse noise, as a multiple of v.

    Returns:
        The mean over the fits, 0-dim, in squared units of the target.
    """
    side = min(block, *target.shape[2:])
    mean = avg_pool2d(target, side)
    covariance, variance = within_blocks(measurement, target, side)
    varied = variance > LEAST  # A block without any variance, as a saturated one, says nothing.
    if not varied.any():
        return target.new_tensor(torch.nan)
    variance = variance[varied]
    shares = covariance[:, varied] / variance
    first = noise_variance(variance, shares, mean.mean(1).flatten()[varied])
    noisy = little_but_noise(variance, structure * first)
    share = shares.where(noisy, torch.nan).nanmedian(1).values.clamp(min=0)
    level = (first.square() * unfitted_variance(variance, shares, share)).pow(1 / 3)
    beyond = coarse_noise(avg_pool2d(measurement, side), mean, structure * first)
    return (level * share + beyond.minimum(coarse * level)).mean()


def little_but_noise(variance: Tensor, most: Tensor) -> Tensor:
    """Return which parts of the target have little but noise, `K parts`.

    Args:
        variance: The variance in each part, `parts`.
        most: The largest that counts as noise, of each fit, `K`. If fewer than a third of the parts
            have less, it is that of the third with the least variance.
    """
    return variance <= most.clamp(min=variance.quantile(PLAIN))[:, None]


def within_blocks(measurement: Tensor, target: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return cov_b(y, A(x)) of each fit, `K blocks`, and var_b(y), `blocks`.

    Args:
        measurement: A(x), `K c h w`.
        target: y, `1 c h w`.
        side: Side of a block.
    """
    mean = avg_pool2d(target, side)
    variance = avg_pool2d(target.square(), side) - mean.square()
    product = avg_pool2d(measurement * target, side)
    covariance = product - avg_pool2d(measurement, side) * mean
    return covariance.mean(1).flatten(1), variance.mean(1).flatten()


def coarse_noise(measurement: Tensor, target: Tensor, most: Tensor) -> Tensor:
    """Estimate the covariance of the coarse noise with the fit, `K`.

    It is the mean of cov_s(y, A(x)) over squares s of 3 x 3 blocks with `little_but_noise`.

    Args:
        measurement: The means of the blocks of A(x), `K c h w`.
        target: The means of the blocks of y, `1 c h w`.
        most: The largest variance that counts as noise, of each fit, `K`.
    """
    side = min(SQUARE, *target.shape[2:])
    covariance, variance = within_blocks(measurement, target, side)
    varied = variance > LEAST
    if not varied.any():
        return covariance.new_zeros(len(covariance))
    noisy = little_but_noise(variance[varied], most)
    return covariance[:, varied].where(noisy, torch.nan).nanmean(1).clamp(min=0)


def noise_variance(variance: Tensor, shares: Tensor, brightness: Tensor) -> Tensor:
    """Estimate the variance v of the noise by the blocks with the least share, `K`.

    It is the geometric mean of two estimates:

    - The geometric mean of two bounds. The mean of var_b(y) over all blocks contains the structure.
      The mean over the third with the least share is too small, because a camera's noise is weaker
      where the picture is dark.
    - 1.3 times the mean over the third with the least share of each shade of brightness. The 1.3 is
      for the coarse part of the noise, which the means of the blocks take away.

    Args:
        variance: var_b(y) of each block, `blocks`.
        shares: The share of each block that each fit has fitted, `K blocks`.
        brightness: The mean of each block, `blocks`.
    """
    ordered = brightness.argsort(stable=True)
    shades = ordered.tensor_split(min(SHADES, max(1, len(ordered) // FEWEST)))
    between = (least_variance(variance, shares, [ordered]) * variance.mean()).sqrt()
    by_shade = COARSE * least_variance(variance, shares, shades)
    return (between * by_shade).sqrt()


def unfitted_variance(variance: Tensor, shares: Tensor, share: Tensor) -> Tensor:
    """Estimate the variance v of the noise by what no fit has learned yet, `K`.

    If all that is left is noise, of which the share h is fitted, v is the mean over all blocks of
    (1 - share_b) var_b(y) / (1 - h), times 1.3 as in `noise_variance`. Before the structure is
    learned it is too large.

    Args:
        variance: var_b(y) of each block, `blocks`.
        shares: The share of each block that each fit has fitted, `K blocks`.
        share: h, the share of the noise that each fit has fitted, `K`.
    """
    left = (variance * (1 - shares)).clamp(min=0).mean(1)
    return COARSE * left / (1 - share).clamp(min=LEFT)


def least_variance(variance: Tensor, shares: Tensor, groups: Sequence[Tensor]) -> Tensor:
    """Return the mean over groups of the variance of their blocks with the least share, `K`.

    Args:
        variance: The variance of each block, `blocks`.
        shares: The share of each block that each fit has fitted, `K blocks`.
        groups: The indices of each group's blocks. A third of them has the least share.
    """
    found = []
    for blocks in groups:
        count = max(1, round(PLAIN * len(blocks)))
        plain = shares[:, blocks].topk(count, largest=False).indices
        found.append(variance[blocks][plain].mean(1))
    return torch.stack(found).mean(0)
