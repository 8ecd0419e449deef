"""The rule that stops where the residual has least structure."""

import torch
from torch import Tensor

from untrained.stopping.rise import Rise
from untrained.stopping.rule import Iterate, whole


class Whiteness(Rise):
    """Stop where the residual is whitest: the noise has no structure, what is not fitted yet has.

    The statistic is the mean over the lags l != 0, |l| <= radius in both directions, of rho(l)^2;
    rho is the circular autocorrelation of the residual A(x) - y, less its mean, with rho(0) = 1.
    After Almeida and Figueiredo, "Parameter estimation for blind and non-blind deblurring using
    residual whiteness measures", IEEE TIP 22(7), 2013, who take the sum. Averaged over channels.
    Noise that is alike in neighbouring pixels is never white, and misleads it.

    The steps of some fits jitter: then many are about as white, and which is whitest is chance. So
    a later step is taken that is less white by no more than a tenth.

    Args:
        radius: Greatest lag, in pixels.
        patience: Steps to wait for a whiter residual.
        every: Steps between two that are measured: a Fourier transform is not free.
        rise: See `Rise`, as the next.
        sustained: How many statistics in a row have to have risen.

    Raises:
        ValueError: If a word is not a whole number from 1 up; `rise` a number over 1.
    """

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
        self.radius = whole("radius", radius)

    def measure(self, iterate: Iterate) -> Tensor:
        """Return the mean squared autocorrelation."""
        return correlation(iterate.measurement - iterate.target, self.radius)


def correlation(residual: Tensor, radius: int) -> Tensor:
    """Return the mean squared autocorrelation of `K c h w` at lags up to `radius`, 0-dim."""
    noise = residual - residual.mean((2, 3), keepdim=True)
    size = noise.shape[-2:]
    covariance = torch.fft.irfft2(torch.fft.rfft2(noise).abs().square(), s=size)
    down, across = (
        torch.arange(-reach, reach + 1, device=noise.device)
        for reach in (min(radius, side // 2) for side in size)
    )
    near = covariance[..., down[:, None], across] / covariance[..., :1, :1]
    lags = near.shape[-2] * near.shape[-1] - 1
    return (near.square().sum((2, 3)) - 1).mean() / lags
