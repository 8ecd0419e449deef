"""SURE: the unbiased risk of white Gaussian noise."""

from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.risk import Risk


class GaussianRisk(Risk):
    """SURE: stop at the lowest unbiased risk for white Gaussian noise.

    The risk is that of `Risk`, with the variance (sigma / 255)^2.

    Reference: Stein, "Estimation of the mean of a multivariate normal distribution", Ann. Stat.
    9(6), 1981.

    Args:
        sigma: Standard deviation of the noise on the 0-255 scale. None is the level that the target
            shows, or else the one that is said of it (`Problem.noise_level`).
        patience: The number of steps to wait for a lower risk.

    Raises:
        ValueError: If `sigma` is not a number over 0.
    """

    def __init__(self, sigma: float | None = None, patience: int = 1000) -> None:
        super().__init__(patience)
        self.needs_level = sigma is None
        self.sigma = check.positive_or_null("sigma", sigma)
        self.variance: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the estimated mean squared error, 0-dim."""
        if self.variance is None:
            self.variance = step.problem.noise_variance(step.target, self.sigma)
        return self.risk(step, self.variance)
