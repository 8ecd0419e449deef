"""What rules share that stop once their statistic has risen again."""

import math

import torch
from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Patience

SHORTEST_WAIT = 100


class Rise(Patience):
    """Stop at the lowest statistic; for good also once it has clearly risen.

    The statistic has risen where it is over `rise` times the lowest, `sustained` times in a row,
    while the residual is smaller than it was at the lowest. A fit of the noise makes the residual
    smaller, and a step that jitters makes it larger. A statistic that stays level for `wait` times
    the steps up to the lowest, and for 100 steps, has ended, too.

    Args:
        patience: Steps to wait for a lower statistic.
        every: Steps between two that are measured.
        rise: The multiple of the lowest statistic at which the rule waits no longer,
        sustained: if so many statistics in a row have risen that far.

    Raises:
        ValueError: If a word is not a whole number from 1 up; `rise` a number over 1.
    """

    wait = math.inf

    def __init__(self, patience: int, every: int, rise: float, sustained: int) -> None:
        super().__init__(patience, every=every)
        self.rise = multiple("rise", rise)
        self.sustained = check.whole("sustained", sustained)
        self.risen = torch.tensor(0)
        self.residual_there = torch.tensor(math.inf)

    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Take what is lower than ever, and see whether the noise is being fitted."""
        lower, final = super().judge(step, statistic)
        there = torch.where(lower & ~self.detected, step.residual, self.residual_there)
        risen = (statistic > self.rise * self.lowest) & (step.residual < there)
        self.residual_there = there
        self.risen = torch.where(risen, self.risen + 1, 0)
        waited = torch.where(lower, 0, step.number - self.at)
        level = (waited >= SHORTEST_WAIT) & (waited >= self.wait * self.at)
        return lower, final | level | (self.risen >= self.sustained)


def multiple(word: str, value: float) -> float:
    """Return a multiple over 1, which may be infinite, or refuse it.

    Raises:
        ValueError: If `value` is not a number over 1.
    """
    return value if value == math.inf else check.number(word, value, over=1)
