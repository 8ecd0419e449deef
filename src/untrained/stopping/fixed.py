"""The rule that looks at nothing but the clock."""

from dataclasses import replace

import torch
from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Crossing


class FixedStep(Crossing):
    """Stop at a step that is given: what the DIP paper does, at 1800 for denoising.

    The statistic is how many steps are left.

    Args:
        step: The step.

    Raises:
        ValueError: If `step` is not a whole number from 0 up.
    """

    def __init__(self, step: int) -> None:
        super().__init__()
        self.given = check.whole("step", step, least=0)
        self.threshold = 0.5

    def see(self, step: Step) -> None:
        """Look at one step; the image of the very step that is given is picked."""
        super().see(replace(step, age=0.0))

    def measure(self, step: Step) -> Tensor:
        """Return the steps that are left."""
        return torch.full_like(self.statistic, max(0, self.given - step.number))
