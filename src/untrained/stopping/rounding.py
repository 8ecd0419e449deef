"""The rule that stops where the numbers of a JPEG file are met as well as their rounding allows."""

from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Crossing

ROUNDING = 1 / 12  # the variance of an error that is uniform in [-1/2, 1/2]


class Rounding(Crossing):
    """Stop where A(x) is as near to the whole numbers of the target as their rounding.

    The rule stops at the first step with mean((A(x) - y)^2) < factor / 12, where the mean is over
    the numbers that are not 0. It is the discrepancy principle (Morozov, Soviet Math. Doklady 7,
    1966) for rounded numbers: if many different values are rounded to one number, the error is
    uniform in [-1/2, 1/2], and its variance is 1/12. A number of 0 is left out. Most of the values
    that become 0 are much smaller than 1/2, so the variance of their error is not known.

    docs/evidence/restorations.md has what it was tried on.

    Args:
        factor: The share of the variance of the rounding at which to stop, over 0.

    Raises:
        ValueError: If `factor` is not a number over 0.
    """

    needs_rounding = True

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.threshold = check.number("factor", factor, over=0)

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared error of the numbers that are not 0, over 1/12, 0-dim."""
        weight = (step.target != 0).to(step.measurement)
        errors = weight * (step.measurement - step.target).square()
        return errors.sum() / (len(step.measurement) * weight.sum() * ROUNDING)
