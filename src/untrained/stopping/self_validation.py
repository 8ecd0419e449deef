"""Self-validation: pixels outside of the loss show when the fit begins to fit noise."""

from torch import Tensor

from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rule import Patience


class SelfValidation(Patience):
    """Stop where the error of the held-out pixels is lowest.

    The statistic is mean((A(x) - y)^2) over the known pixels that `Holdout` keeps out of the loss.
    The network never sees their noise. So the error falls while signal is learnt, and rises when
    noise is fitted around them.

    Reference: Yaman, Hosseini, Akcakaya, "Zero-shot self-supervised learning for MRI
    reconstruction", ICLR 2022. They hold out entries of k-space; we hold out entries of any target.

    Args:
        patience: The number of steps to wait for a lower error.

    Raises:
        ValueError: If `patience` is not a whole number from 1 up.
    """

    def __init__(self, patience: int = 1000) -> None:
        super().__init__(patience)

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule is wrong for a problem: no known pixel is held out."""
        share = problem.holdout.share
        if not share:
            return f"holdout.share must be a number between 0 and 1, got {share}"
        if held_out(problem, target).any():
            return None
        return f"holdout.share must be larger: it holds out no known pixel, got {share}"

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared error of the held-out pixels, 0-dim."""
        mask = held_out(step.problem, step.target).expand_as(step.target)
        error = (step.measurement - step.target).square()
        return (error * mask).sum() / (mask.sum() * len(error))


def held_out(problem: Problem, target: Tensor) -> Tensor:
    """Return which known entries of a target are held out, bool, of a shape that broadcasts."""
    mask, known = problem.holdout.mask(target), problem.known(target)
    return mask if known is None else mask & known
