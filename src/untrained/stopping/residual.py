"""Rules that watch the residual A(x) - y: of a perfect fit it is the noise."""

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.stopping.rule import Crossing, Iterate, Patience, between, whole

# Daubechies' high-pass filter of length 4.
HIGH_PASS = (-0.48296291314469025, 0.8365163037378079, -0.22414386804185735, -0.12940952255092145)


class Discrepancy(Crossing):
    """The discrepancy principle: stop where the residual is as small as the noise.

    mean((A(x) - y)^2) / (sigma / 255)^2 < factor, Morozov 1966. A noise that was clipped to [0, 1]
    is smaller than its sigma says, so a given sigma stops sooner than an estimated one.

    Args:
        sigma: Standard deviation of the noise on the 0-255 scale; None to estimate it from the
            target, see `noise_level`.
        factor: The share of the noise's variance at which to stop.

    Raises:
        ValueError: If a word is not a number over 0.
    """

    def __init__(self, sigma: float | None = None, factor: float = 1.0) -> None:
        super().__init__()
        self.sigma = None if sigma is None else between("sigma", sigma, 0, math.inf)
        self.threshold = between("factor", factor, 0, math.inf)
        self.noise: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the residual's variance over the noise's."""
        if self.noise is None:
            target = iterate.target
            sigma = noise_level(target) if self.sigma is None else target.new_tensor(self.sigma)
            self.noise = (sigma / 255) ** 2
        return mse_loss(iterate.measurement, iterate.target) / self.noise


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
        residual = iterate.measurement - iterate.target
        residual = residual - residual.mean((2, 3), keepdim=True)
        size = residual.shape[-2:]
        covariance = torch.fft.irfft2(torch.fft.rfft2(residual).abs().square(), s=size)
        correlation = covariance / covariance[..., :1, :1]
        down, across = (min(self.radius, side // 2) for side in size)
        near = correlation.roll((down, across), (2, 3))[..., : 2 * down + 1, : 2 * across + 1]
        lags = near.shape[-2] * near.shape[-1] - 1
        return (near.square().sum((2, 3)) - 1).mean() / lags


def noise_level(target: Tensor) -> Tensor:
    """Estimate the standard deviation of white Gaussian noise, on the 0-255 scale.

    median(|d|) / 0.6745 with d the finest diagonal wavelet coefficients (Daubechies, length 4) of a
    channel, averaged over channels: Donoho and Johnstone, Biometrika 81(3), 1994. It is
    scikit-image's `estimate_sigma` without its PyWavelets, but for the border, which is left out,
    and for coefficients of 0, which it drops and we keep.

    Example:
        >>> noisy = 0.5 + 25 / 255 * torch.randn(1, 3, 128, 128)
        >>> round(noise_level(noisy).item() / 25, 1)
        1.0
    """
    filter_ = target.new_tensor(HIGH_PASS)
    kernel = torch.outer(filter_, filter_)[None, None]
    detail = torch.nn.functional.conv2d(target.transpose(0, 1), kernel, stride=2)
    return 255 * detail.abs().flatten(1).median(1).values.mean() / 0.6745
