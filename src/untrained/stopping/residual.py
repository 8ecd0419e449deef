"""Rules that watch the residual A(x) - y: of a perfect fit it is the noise."""

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.stopping.level import is_impulsive, noise_level, without_impulses
from untrained.stopping.rule import Crossing, Iterate, Patience, between, whole


class Discrepancy(Crossing):
    """The discrepancy principle: stop where the residual is as small as the noise.

    mean((A(x) - y)^2) / (sigma / 255)^2 < factor, Morozov 1966, where the factor is 1. Ours is a
    little smaller, chosen on other images than those it is reported on, see docs/stopping.md.

    Args:
        sigma: Root mean square of the noise on the 0-255 scale; None to estimate it from the
            target, see `noise_level`. A noise that was clipped to [0, 1] is smaller than its
            sigma says, so a given sigma stops sooner than an estimated one.
        factor: The share of the noise's variance at which to stop.

    Raises:
        ValueError: If a word is not a number over 0.
    """

    def __init__(self, sigma: float | None = None, factor: float = 0.97) -> None:
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

    What fits the noise makes the residual smaller and less white. So a statistic has risen only if
    the residual is smaller than where it was whitest: a step that jitters has a larger one.

    Args:
        radius: Greatest lag, in pixels.
        patience: Steps to wait for a whiter residual.
        every: Steps between two that are measured: a Fourier transform is not free.
        rise: The multiple of the lowest statistic at which the rule waits no longer,
        sustained: if so many statistics in a row have risen that far.

    Raises:
        ValueError: If a word is not a whole number from 1 up; `rise` a number over 1.
    """

    def __init__(
        self,
        radius: int = 4,
        patience: int = 1000,
        every: int = 10,
        rise: float = 2.0,
        sustained: int = 5,
    ) -> None:
        super().__init__(patience, every=every)
        self.radius = whole("radius", radius)
        self.rise = multiple("rise", rise)
        self.sustained = whole("sustained", sustained)
        self.risen = torch.tensor(0)
        self.residual = self.whitest = torch.tensor(math.inf)

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the mean squared autocorrelation."""
        self.residual = residual(iterate)
        noise = iterate.measurement - iterate.target
        noise = noise - noise.mean((2, 3), keepdim=True)
        size = noise.shape[-2:]
        covariance = torch.fft.irfft2(torch.fft.rfft2(noise).abs().square(), s=size)
        down, across = (
            torch.arange(-radius, radius + 1, device=noise.device)
            for radius in (min(self.radius, side // 2) for side in size)
        )
        near = covariance[..., down[:, None], across] / covariance[..., :1, :1]
        lags = near.shape[-2] * near.shape[-1] - 1
        return (near.square().sum((2, 3)) - 1).mean() / lags

    def judge(self, step: int, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Take what is lower than ever, and see whether the noise is being fitted."""
        lower, final = super().judge(step, statistic)
        self.whitest = torch.where(lower & ~self.detected, self.residual, self.whitest)
        risen = (statistic > self.bar() * self.lowest) & (self.residual < self.whitest)
        self.risen = torch.where(risen, self.risen + 1, 0)
        return lower, final | (self.risen >= self.sustained)

    def bar(self) -> Tensor | float:
        """Give the multiple of the lowest statistic that counts as risen."""
        return self.rise


class Blind(Whiteness):
    """Stop where the residual looks like the noise, whatever that is: our default.

    Noise that every pixel has (Gaussian, Poisson) is known by having no structure: the rule is
    then `Whiteness`, which needs no level, and is not misled by a texture that looks like noise to
    whoever estimates one. Impulses (salt and pepper) leave a white residual at any time, but are
    seen in the target itself, where they stand out from their neighbours. Where they are the larger
    part of the noise (`is_impulsive`), the statistic is

        mean((A(m) - y')^2), y' the target `without_impulses`,

    of the average m, or where there is none of the reconstruction. If the other pixels have no
    noise it is the true error but for those few, where it is the error to the median around them;
    the more noise they have, the later it is lowest. Which of the two it is, is decided once, by
    the target. Pixels that A does not reach would be taken for impulses.

    Args:
        radius: See `Whiteness`, as the four that follow.
        patience: Steps to wait for a lower statistic.
        every: Steps between two that are measured.
        rise: The multiple of the lowest whiteness at which the rule waits no longer,
        sustained: if so many statistics in a row have risen that far.
        error_rise: The same multiple of the lowest error of impulses, which moves less.

    Raises:
        ValueError: If a word is out of its range.
    """

    def __init__(
        self,
        radius: int = 4,
        patience: int = 1000,
        every: int = 10,
        rise: float = 2.0,
        sustained: int = 5,
        error_rise: float = 1.2,
    ) -> None:
        super().__init__(radius, patience, every, rise, sustained)
        self.error_rise = multiple("error_rise", error_rise)
        self.filled: Tensor | None = None
        self.impulsive = torch.tensor(False)

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the whiteness, or of impulses the error to the target without them."""
        if self.filled is None:
            self.impulsive = is_impulsive(iterate.target)
            self.filled = without_impulses(iterate.target)
        whiteness = super().measure(iterate)
        shown = iterate.reconstruction if iterate.average is None else iterate.average
        error = mse_loss(iterate.degradation(shown), self.filled)
        return torch.where(self.impulsive, error, whiteness)

    def lag(self, iterate: Iterate) -> Tensor | float:
        """Give the age of the average, whose error is its own."""
        return torch.where(self.impulsive, 0.0, iterate.age)

    def bar(self) -> Tensor | float:
        """Give the multiple of the lowest whiteness or error."""
        return torch.where(self.impulsive, self.error_rise, self.rise)


def residual(iterate: Iterate) -> Tensor:
    """Give mean((A(x) - y)^2), over the fits as well."""
    return mse_loss(iterate.measurement, iterate.target.expand_as(iterate.measurement))


def multiple(word: str, value: float) -> float:
    """Give a multiple over 1 back, which may be infinite, or refuse it.

    Raises:
        ValueError: If `value` is not a number over 1.
    """
    return value if value == math.inf else between(word, value, 1, math.inf)
