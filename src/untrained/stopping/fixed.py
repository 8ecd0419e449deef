"""The rule that looks at nothing but the clock."""

import torch
from torch import Tensor

from untrained.stopping.rule import Crossing, Iterate, whole


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
        self.at = whole("step", step, least=0)
        self.threshold = 0.5

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the steps that are left."""
        return torch.full_like(self.statistic, max(0, self.at - iterate.step))
