"""`Rise`: the base class of the rules that stop once their statistic has risen again."""

import math

import torch
from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Patience

SHORTEST_WAIT = 100


class Rise(Patience):
    """Stop at the lowest statistic. The pick is also final once the statistic has clearly risen.

    A measurement has risen if its statistic is over `rise` times the lowest, and its residual is
    smaller than at the lowest. Noise that is fitted makes the residual smaller; jitter makes it
    larger. The pick is final after `sustained` such measurements in a row. It is also final if the
    statistic has not fallen for 100 steps and for `wait` times the steps up to the lowest.

    Args:
        patience: The number of steps to wait for a lower statistic.
        every: The number of steps between two measurements.
        rise: The multiple of the lowest statistic over which a measurement has risen, over 1.
        sustained: The number of measurements in a row that must have risen.

    Raises:
        ValueError: If `rise` is not a number over 1, or another setting is not a whole number from
            1 up.
    """

    wait = math.inf
    """How long to wait for a lower statistic, as a multiple of the steps up to the lowest."""

    def __init__(self, patience: int, every: int, rise: float, sustained: int) -> None:
        super().__init__(patience, every=every)
        self.rise = multiple("rise", rise)
        self.sustained = check.whole("sustained", sustained)
        self.risen = torch.tensor(0)
        self.residual_there = torch.tensor(math.inf)

    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Return whether the statistic is lower than before, and whether the pick is final."""
        lower, final = super().judge(step, statistic)
        there = torch.where(lower & ~self.detected, step.residual, self.residual_there)
        risen = (statistic > self.rise * self.lowest) & (step.residual < there)
        self.residual_there = there
        self.risen = torch.where(risen, self.risen + 1, 0)
        waited = torch.where(lower, 0, step.number - self.at)
        level = (waited >= SHORTEST_WAIT) & (waited >= self.wait * self.at)
        return lower, final | level | (self.risen >= self.sustained)


def multiple(word: str, value: float) -> float:
    """Return a multiple over 1, which may be infinite.

    Args:
        word: The name of the setting, for the message.
        value: The multiple.

    Raises:
        ValueError: If `value` is not a number over 1.
    """
    return value if value == math.inf else check.number(word, value, over=1)
