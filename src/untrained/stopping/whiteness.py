"""The rule that stops where the residual has the least structure."""

import torch
from torch import Tensor

from untrained import check
from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rise import Rise

FEW_PAIRS = 100
TOO_SPARSE = "too few pixels are known beside others that are known"


class Whiteness(Rise):
    """Stop where the residual is whitest. White noise has no structure, and an unfitted image has.

    The statistic is the mean of rho(l)^2 over the lags l != 0 up to `radius` in both directions,
    and over the channels. rho is the circular autocorrelation of the residual A(x) - y, with
    rho(0) = 1. If parts of the target are unknown, rho is computed from the pairs of known pixels
    (`known_correlation`). Correlated noise is never white and misleads the rule.

    In some fits many steps are about equally white, and chance decides which is whitest. So the
    rule takes a later step if its statistic is above the lowest by less than a tenth.

    Reference: Almeida and Figueiredo, "Parameter estimation for blind and non-blind deblurring
    using residual whiteness measures", IEEE TIP 22(7), 2013. They take the sum of rho(l)^2, and
    subtract the mean of the residual. We keep the mean. In a plain picture, such as a night sky,
    the mean is most of what has to be fitted at first, and without it the residual of the first
    steps is white.

    Args:
        radius: The greatest lag in pixels, from 1 up.
        patience: The number of steps to wait for a whiter residual.
        every: The number of steps between two measurements, since a Fourier transform takes time.
        rise: See `Rise`.
        sustained: See `Rise`.

    Raises:
        ValueError: If `rise` is not a number over 1, or another setting is not a whole number from
            1 up.
    """

    needs_noise = True
    needs_picture = True

    gain = -0.1

    def __init__(
        self,
        radius: int = 4,
        patience: int = 1000,
        every: int = 10,
        rise: float = 2.0,
        sustained: int = 5,
    ) -> None:
        super().__init__(patience, every, rise, sustained)
        self.radius = check.whole("radius", radius)

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule is wrong for a problem, in words; None if it is right.

        With few known pixels rho is 0 at most lags, at any step: then the first would be whitest.
        """
        reason = super().suits(problem, target)
        known = problem.known(target)
        if reason is not None or known is None:
            return reason
        pairs = at_lags(autocovariance(known.expand_as(target).float()), self.radius).round()
        return TOO_SPARSE if (pairs >= FEW_PAIRS).float().mean() < 0.5 else None

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared autocorrelation, 0-dim."""
        residual = step.measurement - step.target
        known = step.problem.known(step.target)
        if known is None:
            return correlation(residual, self.radius)
        weight = known.expand_as(step.target).to(residual)
        return known_correlation(residual, weight, self.radius)


def correlation(residual: Tensor, radius: int) -> Tensor:
    """Return the mean squared autocorrelation of `K c h w` at lags up to `radius`, 0-dim."""
    covariance = autocovariance(residual)
    return mean_square(at_lags(covariance, radius) / covariance[..., :1, :1])


def known_correlation(residual: Tensor, weight: Tensor, radius: int) -> Tensor:
    """Return the mean squared autocorrelation of the pixels whose weight is 1, 0-dim.

    For the residual r and the weight w, which is 0 in unknown pixels,

        rho(l) = (sum w_p w_{p+l} r_p r_{p+l} / sum w_p w_{p+l}) / (sum w_p r_p^2 / sum w_p).

    rho is 0 at a lag with fewer than 100 known pairs.

    Args:
        residual: `K c h w`.
        weight: 0 or 1, `1 c h w`.
        radius: The greatest lag in pixels.
    """
    products = autocovariance(weight * residual)
    # A count of pairs, which the Fourier transform gives with a rounding error.
    pairs = autocovariance(weight).round()
    covariance = torch.where(pairs >= FEW_PAIRS, products / pairs.clamp(min=1), 0)
    return mean_square(at_lags(covariance, radius) / covariance[..., :1, :1])


def autocovariance(noise: Tensor) -> Tensor:
    """Return sum_p r_p r_{p+l} at every circular lag l, `K c h w` to `K c h w`."""
    return torch.fft.irfft2(torch.fft.rfft2(noise).abs().square(), s=noise.shape[-2:])


def at_lags(covariance: Tensor, radius: int) -> Tensor:
    """Return the values at the lags from -radius to radius, `K c h w` to `K c 2r+1 2r+1`.

    In a picture with a side under 2 radius the lags go up to half of this side.
    """
    height, width = covariance.shape[-2:]
    down, across = min(radius, height // 2), min(radius, width // 2)
    rows = torch.arange(-down, down + 1, device=covariance.device)
    columns = torch.arange(-across, across + 1, device=covariance.device)
    return covariance[..., rows[:, None], columns]


def mean_square(rho: Tensor) -> Tensor:
    """Return the mean of rho(l)^2 over all lags but lag 0, where rho is 1: 0-dim."""
    lags = rho.shape[-2] * rho.shape[-1] - 1
    return (rho.square().sum((2, 3)) - 1).mean() / lags
