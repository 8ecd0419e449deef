"""The rule that stops where the residual has least structure."""

import torch
from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rise import Rise

FEW_PAIRS = 100


class Whiteness(Rise):
    """Stop where the residual is whitest: the noise has no structure, what is not fitted yet has.

    The statistic is the mean over the lags l != 0, |l| <= radius in both directions, of rho(l)^2;
    rho is the circular autocorrelation of the residual A(x) - y, with rho(0) = 1. After Almeida and
    Figueiredo, "Parameter estimation for blind and non-blind deblurring using residual whiteness
    measures", IEEE TIP 22(7), 2013, who take the sum, and the residual less its mean. We do not
    take the mean away. A plain picture, such as a night sky, has little else to fit at first, and
    without its mean the residual of the first steps is white. The statistic is averaged over
    channels. Noise that is alike in neighbouring pixels is never white, and misleads it.

    Where parts of the target are not known, rho is taken over the pairs of known pixels, see
    `known_correlation`.

    The steps of some fits jitter: many are about as white, and chance decides which is whitest. So
    the rule takes a later step if its residual is less white by no more than a tenth.

    Args:
        radius: Greatest lag, in pixels.
        patience: Steps to wait for a whiter residual.
        every: Steps between two that are measured: a Fourier transform is not free.
        rise: See `Rise`, as the next.
        sustained: How many statistics in a row have to have risen.

    Raises:
        ValueError: If a word is not a whole number from 1 up; `rise` a number over 1.
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

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared autocorrelation."""
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

    With w the weight, which is 0 where a pixel is not known, and r the residual,

        rho(l) = (sum w_p w_{p+l} r_p r_{p+l} / sum w_p w_{p+l}) / (sum w_p r_p^2 / sum w_p).

    Lags at which hardly any pair is known count as 0.

    Args:
        residual: `K c h w`.
        weight: 0 or 1, `1 c h w`.
        radius: Greatest lag in pixels.
    """
    products = autocovariance(weight * residual)
    # A count of pairs, which the Fourier transform gives with a rounding error.
    pairs = autocovariance(weight).round()
    covariance = torch.where(pairs >= FEW_PAIRS, products / pairs.clamp(min=1), 0)
    return mean_square(at_lags(covariance, radius) / covariance[..., :1, :1])


def autocovariance(noise: Tensor) -> Tensor:
    """Return sum_p r_p r_{p+l} at every circular lag l of `K c h w`."""
    return torch.fft.irfft2(torch.fft.rfft2(noise).abs().square(), s=noise.shape[-2:])


def at_lags(covariance: Tensor, radius: int) -> Tensor:
    """Return the lags from -radius to radius in both directions."""
    height, width = covariance.shape[-2:]
    down, across = min(radius, height // 2), min(radius, width // 2)
    rows = torch.arange(-down, down + 1, device=covariance.device)
    columns = torch.arange(-across, across + 1, device=covariance.device)
    return covariance[..., rows[:, None], columns]


def mean_square(rho: Tensor) -> Tensor:
    """Return the mean of rho(l)^2 over the lags but lag 0, where rho is 1."""
    lags = rho.shape[-2] * rho.shape[-1] - 1
    return (rho.square().sum((2, 3)) - 1).mean() / lags
