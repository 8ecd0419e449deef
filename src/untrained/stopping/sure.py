"""SURE: the unbiased risk of white Gaussian noise."""

from torch import Tensor

from untrained import check
from untrained.noise.level import noise_level
from untrained.step import Step
from untrained.stopping.risk import Risk


class GaussianRisk(Risk):
    """SURE: stop at the lowest unbiased risk for white Gaussian noise.

    The risk is that of `Risk`, with the variance (sigma / 255)^2.

    Reference: Stein, "Estimation of the mean of a multivariate normal distribution", Ann. Stat.
    9(6), 1981.

    Args:
        sigma: Standard deviation of the noise on the 0-255 scale. None estimates it from the target
            (`noise_level`).
        patience: The number of steps to wait for a lower risk.

    Raises:
        ValueError: If `sigma` is not a number over 0.
    """

    def __init__(self, sigma: float | None = None, patience: int = 1000) -> None:
        super().__init__(patience)
        self.needs_picture = sigma is None
        self.sigma = check.positive_or_null("sigma", sigma)
        self.variance: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the estimated mean squared error, 0-dim."""
        if self.variance is None:
            target = step.target
            sigma = noise_level(target) if self.sigma is None else target.new_tensor(self.sigma)
            self.variance = (sigma / 255) ** 2
        return self.risk(step, self.variance)
