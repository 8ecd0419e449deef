"""PURE: the unbiased risk of Poisson noise."""

from torch import Tensor

from untrained import check
from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.risk import Risk

NO_COUNTS = "the target has values below 0, and counts of photons have none"


class PoissonRisk(Risk):
    """PURE: stop at the lowest unbiased risk for Poisson noise y = k / peak.

    The risk is that of `Risk`, with the variance y / peak at each pixel. It is correct to first
    order in 1 / peak, and exact if the map from y to x is linear.

    Reference: Luisier, Blu, Unser, "Image denoising in mixed Poisson-Gaussian noise", IEEE TIP
    20(3), 2011.

    Args:
        peak: The mean number of photons at a pixel of value 1.
        patience: The number of steps to wait for a lower risk.

    Raises:
        ValueError: If `peak` is not a number over 0.
    """

    def __init__(self, peak: float, patience: int = 1000) -> None:
        super().__init__(patience)
        self.peak = check.number("peak", peak, over=0)

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule is wrong for a problem, also if the target is not counts."""
        reason = super().suits(problem, target)
        if reason is None and target.min() < 0:
            return NO_COUNTS
        return reason

    def measure(self, step: Step) -> Tensor:
        """Return the estimated mean squared error, 0-dim."""
        return self.risk(step, step.target / self.peak)
