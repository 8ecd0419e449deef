"""`Risk`: the base class of the rules that estimate the error by a second fit."""

from torch import Tensor

from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rule import Patience


class Risk(Patience):
    """Stop where an unbiased estimate of the mean squared error to A(clean) is lowest.

    The estimate is mean((A(x) - y)^2) - mean(var) + 2 mean(var_i dA(x)_i/dy_i), where var is the
    variance of the noise. The derivatives come from a second fit, see `Twin`.

    Args:
        patience: The number of steps to wait for a lower risk.

    Raises:
        ValueError: If `patience` is not a whole number from 1 up.
    """

    needs_noise = True
    needs_whole_target = True

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule is wrong for a problem, also if there is no second fit."""
        epsilon = problem.twin.epsilon
        if not epsilon:
            return f"twin.epsilon must be a number over 0, got {epsilon}"
        return super().suits(problem, target)

    def risk(self, step: Step, variance: Tensor) -> Tensor:
        """Return the estimated mean squared error, 0-dim.

        Args:
            step: The step, with the measurement of the second fit.
            variance: The variance of the noise, 0-dim or of the shape of the target.
        """
        fit = (step.measurement - step.target).square().mean()
        return fit - variance.mean() + 2 * trace(step, variance)


def trace(step: Step, weight: Tensor) -> Tensor:
    """Estimate mean_i(weight_i dA(x)_i/dy_i) by one random direction b.

    The estimate is mean_i(weight_i b_i (A(x(y + epsilon b)) - A(x(y)))_i / epsilon). If the map
    from y to A(x) is linear, its mean over b is exact.

    Reference: Ramani, Blu, Unser, "Monte-Carlo SURE", IEEE TIP 17(9), 2008.

    Args:
        step: The step, with the measurement of the second fit.
        weight: 0-dim, or of the shape of the target.

    Returns:
        The estimate, 0-dim.
    """
    assert step.twin is not None
    twin = step.problem.twin
    change = (step.twin - step.measurement) * 255 / twin.epsilon
    return (weight * twin.direction(step.target) * change).mean()
