"""The rule that stops at a given step."""

from dataclasses import replace

import torch
from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Crossing


class FixedStep(Crossing):
    """Stop at a given step. The DIP paper stops at step 1800 for denoising.

    The statistic is the number of steps that are left.

    Args:
        step: The step, from 0 up.

    Raises:
        ValueError: If `step` is not a whole number from 0 up.
    """

    def __init__(self, step: int) -> None:
        super().__init__()
        self.given = check.whole("step", step, least=0)
        self.threshold = 0.5

    def see(self, step: Step) -> None:
        """Look at one step. The average of the given step is picked, whatever its age."""
        super().see(replace(step, age=0.0))

    def measure(self, step: Step) -> Tensor:
        """Return the number of steps that are left, 0-dim."""
        return torch.full_like(self.statistic, max(0, self.given - step.number))
