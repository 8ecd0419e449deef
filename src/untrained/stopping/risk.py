"""Rules that estimate the error against the clean image from the noise and a second fit."""

import math

import torch
from torch import Tensor

from untrained.noise.level import noise_level
from untrained.stopping.rule import Iterate, Patience, between, whole


class Twin:
    """A second fit beside the first, of the target y + epsilon b with b ~ N(0, I).

    It starts from the same weights and is given the same input at each step, so that the difference
    of the two, over epsilon, is the derivative along b of the whole map from y to the image of
    the step. (In most papers on SURE the network is given y as its input; an untrained prior
    is given noise, and y acts through the weights alone, so there is no cheaper way.)

    Args:
        epsilon: Size of the perturbation on the 0-255 scale; 0 for no second fit.
        seed: Seed of b, drawn on the CPU whatever the device.

    Raises:
        ValueError: If a word is out of its range.
    """

    def __init__(self, epsilon: float = 0.0, seed: int = 0) -> None:
        number = isinstance(epsilon, int | float) and not isinstance(epsilon, bool)
        if not number or not 0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, got {epsilon!r}")
        self.epsilon, self.seed = epsilon, whole("seed", seed, least=0)
        self.drawn: Tensor | None = None

    def direction(self, target: Tensor) -> Tensor:
        """Give b."""
        if self.drawn is None or self.drawn.shape != target.shape:
            generator = torch.Generator().manual_seed(self.seed)
            self.drawn = torch.randn(target.shape, generator=generator)
        self.drawn = self.drawn.to(target)
        return self.drawn

    def perturbed(self, target: Tensor) -> Tensor:
        """Give the target of the second fit."""
        return target + self.epsilon / 255 * self.direction(target)

    def trace(self, iterate: Iterate, weight: Tensor) -> Tensor:
        """Estimate mean_i(weight_i dx_i/dy_i), x the measurement, by one draw of b.

        b' diag(weight) (x(y + epsilon b) - x(y)) / epsilon over the number of pixels: Ramani, Blu,
        Unser, "Monte-Carlo SURE", IEEE TIP 17(9), 2008. Exact in the mean over b where the map
        is linear.
        """
        assert iterate.twin is not None
        change = (iterate.twin - iterate.measurement) * 255 / self.epsilon
        return (weight * self.direction(iterate.target) * change).mean()


class Risk(Patience):
    """Stop where an unbiased estimate of the mean squared error against A(clean) is lowest.

    mean((A(x) - y)^2) - mean(var) + 2 mean(var_i dx_i/dy_i), with var the noise's variance.

    Args:
        twin: The same as the fit's.
        patience: Steps to wait for a lower risk.

    Raises:
        ValueError: If there is no second fit.
    """

    def __init__(self, twin: Twin, patience: int = 1000) -> None:
        super().__init__(patience)
        between("epsilon", twin.epsilon, 0, math.inf)
        self.twin = twin

    def risk(self, iterate: Iterate, variance: Tensor) -> Tensor:
        """Give the estimate for a variance of the noise, one for all pixels or one for each."""
        fit = (iterate.measurement - iterate.target).square().mean()
        return fit - variance.mean() + 2 * self.twin.trace(iterate, variance)


class GaussianRisk(Risk):
    """SURE: the unbiased risk for white Gaussian noise, var = (sigma / 255)^2.

    Stein, "Estimation of the mean of a multivariate normal distribution", Ann. Stat. 9(6), 1981.

    Args:
        twin: The same as the fit's.
        sigma: Standard deviation of the noise on the 0-255 scale; None to estimate it from the
            target.
        patience: Steps to wait for a lower risk.

    Raises:
        ValueError: If there is no second fit, or `sigma` is not a number over 0.
    """

    def __init__(self, twin: Twin, sigma: float | None = None, patience: int = 1000) -> None:
        super().__init__(twin, patience)
        self.sigma = None if sigma is None else between("sigma", sigma, 0, math.inf)
        self.variance: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the estimated mean squared error."""
        if self.variance is None:
            target = iterate.target
            sigma = noise_level(target) if self.sigma is None else target.new_tensor(self.sigma)
            self.variance = (sigma / 255) ** 2
        return self.risk(iterate, self.variance)


class PoissonRisk(Risk):
    """PURE: the unbiased risk for Poisson noise y = k / peak, var = y / peak at each pixel.

    To first order in 1 / peak, as in Luisier, Blu, Unser, "Image denoising in mixed
    Poisson-Gaussian noise", IEEE TIP 20(3), 2011, which is exact where the map is linear.

    Args:
        twin: The same as the fit's.
        peak: Photons at a pixel of value 1.
        patience: Steps to wait for a lower risk.

    Raises:
        ValueError: If there is no second fit, or `peak` is not a number over 0.
    """

    def __init__(self, twin: Twin, peak: float, patience: int = 1000) -> None:
        super().__init__(twin, patience)
        self.peak = between("peak", peak, 0, math.inf)

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the estimated mean squared error."""
        return self.risk(iterate, iterate.target / self.peak)
