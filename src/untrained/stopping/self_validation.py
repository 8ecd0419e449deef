"""Self-validation: pixels that the fit never sees tell when it begins to fit the noise."""

from torch import Tensor

from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rule import Patience


class SelfValidation(Patience):
    """Stop where the error of the held-out pixels is lowest.

    The statistic is mean((A(x) - y)^2) over the known pixels that `Holdout` keeps out of the loss.
    Their noise is not known to the network. So the error falls while signal is learnt, and rises
    with the noise that is fitted around them. Yaman, Hosseini, Akcakaya, "Zero-shot self-supervised
    learning for MRI reconstruction", ICLR 2022, stop by such a split; here it is one of pixels.

    Args:
        patience: Steps to wait for a lower error.

    Raises:
        ValueError: If `patience` is not a whole number from 1 up.
    """

    def __init__(self, patience: int = 1000) -> None:
        super().__init__(patience)

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule would be wrong: where no known pixel is held out."""
        share = problem.holdout.share
        if not share:
            return f"holdout.share must be a number between 0 and 1, got {share}"
        if held_out(problem, target).any():
            return None
        return f"holdout.share must be larger: it holds out no known pixel, got {share}"

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared error of the held-out pixels."""
        mask = held_out(step.problem, step.target).expand_as(step.target)
        error = (step.measurement - step.target).square()
        return (error * mask).sum() / (mask.sum() * len(error))


def held_out(problem: Problem, target: Tensor) -> Tensor:
    """Return which known entries of a target are held out, bool; the mask broadcasts to it."""
    mask, known = problem.holdout.mask(target), problem.known(target)
    return mask if known is None else mask & known
