"""The rule that stops where the residual is as small as the noise."""

from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Crossing


class Discrepancy(Crossing):
    """Stop where the residual is as small as the noise: the discrepancy principle.

    The rule stops at the first step with mean((A(x) - y)^2) / (sigma / 255)^2 < factor. Morozov
    (Soviet Math. Doklady 7, 1966) has the factor 1. Ours is a little smaller. It was chosen on
    other images than the ones that docs/evidence/stopping.md reports.

    Args:
        sigma: Root mean square of the noise on the 0-255 scale. None is the level that the target
            shows, or else the one that is said of it (`Problem.noise_level`). Clipping to [0, 1]
            makes noise smaller than its sigma, so a given sigma stops sooner than an estimated one.
        factor: The share of the variance of the noise at which to stop.

    Raises:
        ValueError: If a setting is not a number over 0.
    """

    needs_noise = True

    def __init__(self, sigma: float | None = None, factor: float = 0.97) -> None:
        super().__init__()
        self.needs_level = sigma is None
        self.sigma = check.positive_or_null("sigma", sigma)
        self.threshold = check.number("factor", factor, over=0)
        self.noise: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared residual divided by the variance of the noise, 0-dim."""
        if self.noise is None:
            self.noise = step.problem.noise_variance(step.target, self.sigma)
        return step.residual / self.noise
