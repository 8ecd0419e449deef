"""What rules share that estimate the error against the clean image from a second fit."""

from torch import Tensor

from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rule import Patience


class Risk(Patience):
    """Stop where an unbiased estimate of the mean squared error against A(clean) is lowest.

    mean((A(x) - y)^2) - mean(var) + 2 mean(var_i dx_i/dy_i), with var the noise's variance. The
    derivatives come from the second fit, see `Twin`.

    Args:
        patience: Steps to wait for a lower risk.
    """

    needs_noise = True
    needs_whole_target = True

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule would be wrong: also where there is no second fit."""
        epsilon = problem.twin.epsilon
        if not epsilon:
            return f"twin.epsilon must be a number over 0, got {epsilon}"
        return super().suits(problem, target)

    def risk(self, step: Step, variance: Tensor) -> Tensor:
        """Return the estimate for a variance of the noise, one for all pixels or one for each."""
        fit = (step.measurement - step.target).square().mean()
        return fit - variance.mean() + 2 * trace(step, variance)


def trace(step: Step, weight: Tensor) -> Tensor:
    """Estimate mean_i(weight_i dx_i/dy_i), x the measurement, by one draw of b.

    b' diag(weight) (x(y + epsilon b) - x(y)) / epsilon over the number of pixels: Ramani, Blu,
    Unser, "Monte-Carlo SURE", IEEE TIP 17(9), 2008. Exact in the mean over b where the map
    is linear.
    """
    assert step.twin is not None
    twin = step.problem.twin
    change = (step.twin - step.measurement) * 255 / twin.epsilon
    return (weight * twin.direction(step.target) * change).mean()
