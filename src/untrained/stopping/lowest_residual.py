"""The rule that keeps the image closest to the noisy one."""

from torch import Tensor

from untrained.step import Step
from untrained.stopping.rule import Patience


class LowestResidual(Patience):
    """Keep the image that is closest to the noisy one: it tames the jitter of the steps.

    The statistic is mean((A(x) - y)^2). The Deep Decoder's notebook (Heckel and Hand, ICLR 2019)
    keeps this image, of a network that has little room for noise. Any other would overfit.

    Args:
        patience: Steps to wait for a lower residual.

    Raises:
        ValueError: If `patience` is not a whole number from 1 up.
    """

    def __init__(self, patience: int = 1000) -> None:
        super().__init__(patience)

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared residual."""
        return step.residual
