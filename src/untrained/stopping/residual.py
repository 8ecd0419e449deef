"""Rules that watch the residual A(x) - y: of a perfect fit it is the noise."""

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.stopping.level import noise_level
from untrained.stopping.rule import Crossing, Iterate, Patience, between, whole

WITH_AVERAGE, WITHOUT_AVERAGE = 0.88, 0.99


class Discrepancy(Crossing):
    """The discrepancy principle: stop where the residual is as small as the noise.

    mean((A(x) - y)^2) / (sigma / 255)^2 < factor, Morozov 1966, where the factor is 1. An average
    lags behind the network whose residual this is: when the average is best, the network has
    begun to fit the noise. Hence the smaller factor where there is one. Both were chosen on other
    images than those they are reported on, see docs/stopping.md.

    Args:
        sigma: Root mean square of the noise on the 0-255 scale; None to estimate it from the
            target, see `noise_level`. A noise that was clipped to [0, 1] is smaller than its
            sigma says, so a given sigma stops sooner than an estimated one.
        factor: The share of the noise's variance at which to stop; None for `WITH_AVERAGE` or
            `WITHOUT_AVERAGE`.

    Raises:
        ValueError: If a word is not a number over 0.
    """

    def __init__(self, sigma: float | None = None, factor: float | None = None) -> None:
        super().__init__()
        self.sigma = None if sigma is None else between("sigma", sigma, 0, math.inf)
        self.factor = None if factor is None else between("factor", factor, 0, math.inf)
        self.noise: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the residual's variance over the noise's."""
        usual = WITHOUT_AVERAGE if iterate.average is None else WITH_AVERAGE
        self.threshold = usual if self.factor is None else self.factor
        if self.noise is None:
            target = iterate.target
            sigma = noise_level(target) if self.sigma is None else target.new_tensor(self.sigma)
            self.noise = (sigma / 255) ** 2
        return residual(iterate) / self.noise


class LowestResidual(Patience):
    """Keep the image that is closest to the noisy one: it tames the jitter of the steps.

    The statistic is mean((A(x) - y)^2). The Deep Decoder's notebook (Heckel and Hand, ICLR 2019)
    keeps this image, of a network that has little room for noise. Any other would overfit.

    Args:
        patience: Steps to wait for a lower residual.

    Raises:
        ValueError: If `patience` is not a whole number from 1 up.
    """

    def __init__(self, patience: int = 1000) -> None:
        super().__init__(patience)

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the mean squared residual."""
        return residual(iterate)


class Whiteness(Patience):
    """Stop where the residual is whitest: the noise has no structure, what is not fitted yet has.

    The statistic is the mean over the lags l != 0, |l| <= radius in both directions, of rho(l)^2;
    rho is the circular autocorrelation of the residual A(x) - y, less its mean, with rho(0) = 1.
    After Almeida and Figueiredo, "Parameter estimation for blind and non-blind deblurring using
    residual whiteness measures", IEEE TIP 22(7), 2013, who take the sum. Averaged over channels.

    Args:
        radius: Greatest lag, in pixels.
        patience: Steps to wait for a whiter residual.
        every: Steps between two that are measured: a Fourier transform is not free.

    Raises:
        ValueError: If a word is not a whole number from 1 up.
    """

    def __init__(self, radius: int = 4, patience: int = 1000, every: int = 10) -> None:
        super().__init__(patience, every=every)
        self.radius = whole("radius", radius)

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the mean squared autocorrelation."""
        noise = iterate.measurement - iterate.target
        noise = noise - noise.mean((2, 3), keepdim=True)
        size = noise.shape[-2:]
        covariance = torch.fft.irfft2(torch.fft.rfft2(noise).abs().square(), s=size)
        correlation = covariance / covariance[..., :1, :1]
        down, across = (min(self.radius, side // 2) for side in size)
        near = correlation.roll((down, across), (2, 3))[..., : 2 * down + 1, : 2 * across + 1]
        lags = near.shape[-2] * near.shape[-1] - 1
        return (near.square().sum((2, 3)) - 1).mean() / lags


def residual(iterate: Iterate) -> Tensor:
    """Give mean((A(x) - y)^2), over the fits as well."""
    return mse_loss(iterate.measurement, iterate.target.expand_as(iterate.measurement))
