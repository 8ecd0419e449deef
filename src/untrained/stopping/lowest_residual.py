"""The rule that keeps the image closest to the target."""

from torch import Tensor

from untrained.step import Step
from untrained.stopping.rule import Patience


class LowestResidual(Patience):
    """Keep the image that is closest to the target, as the Deep Decoder's notebook does.

    The statistic is mean((A(x) - y)^2). The rule removes the jitter between steps. It suits a
    network that has few parameters and fits little noise. With any other network its image is
    overfitted.

    Reference: Heckel and Hand, "Deep decoder", ICLR 2019, arXiv 1810.03982.

    Args:
        patience: The number of steps to wait for a lower residual.

    Raises:
        ValueError: If `patience` is not a whole number from 1 up.
    """

    def __init__(self, patience: int = 1000) -> None:
        super().__init__(patience)

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared residual, 0-dim."""
        return step.residual
