"""ES-EMV: the moving variance of the reconstructions is lowest where noise is not learnt yet."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Patience


class ExponentialVariance(Patience):
    """ES-EMV: stop where the exponential moving variance of the reconstructions is lowest.

    d = x - m,  v <- (1 - a) (v + a |d|^2),  m <- m + a d,  from m = x and v = 0; |.|^2 is the mean
    over pixels and channels. Wang et al., TMLR 2023, arXiv 2112.06074; as in their code no step up
    to 100 is picked, while v still grows from 0.

    Args:
        alpha: a, the weight of the newest image.
        patience: Steps to wait for a lower variance.
        warmup: Steps before the first that may be picked.

    Raises:
        ValueError: If a word is out of its range.
    """

    needs_noise = True

    def __init__(self, alpha: float = 0.1, patience: int = 1000, warmup: int = 101) -> None:
        super().__init__(patience, warmup)
        self.alpha = check.number("alpha", alpha, over=0, under=1)
        self.mean: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the variance."""
        if self.mean is None:
            self.mean = step.reconstruction.clone()
            return torch.zeros_like(self.lowest)
        variance = self.statistic + self.alpha * mse_loss(step.reconstruction, self.mean)
        self.mean.lerp_(step.reconstruction, self.alpha)
        return (1 - self.alpha) * variance
