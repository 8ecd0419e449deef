"""ES-EMV: the moving variance of the reconstructions is lowest before noise is learnt."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Patience


class ExponentialVariance(Patience):
    """ES-EMV: stop where the exponential moving variance of the reconstructions is lowest.

    d = x - m,  v <- (1 - a) (v + a |d|^2),  m <- m + a d, starting with m = x and v = 0. |.|^2 is
    the mean over pixels and channels. v grows from 0 at first. So no step up to 100 is picked, as
    in the authors' code.

    Reference: Wang et al., "Early stopping for deep image prior", TMLR 2023, arXiv 2112.06074.

    Args:
        alpha: a, the weight of the newest image, between 0 and 1.
        patience: The number of steps to wait for a lower variance.
        warmup: The first step that may be picked.

    Raises:
        ValueError: If a setting is out of its range.
    """

    needs_noise = True
    watches_images = True

    def __init__(self, alpha: float = 0.1, patience: int = 1000, warmup: int = 101) -> None:
        super().__init__(patience, warmup)
        self.alpha = check.number("alpha", alpha, over=0, under=1)
        self.mean: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the moving variance v, 0-dim."""
        if self.mean is None:
            self.mean = step.reconstruction.clone()
            return torch.zeros_like(self.lowest)
        variance = self.statistic + self.alpha * mse_loss(step.reconstruction, self.mean)
        self.mean.lerp_(step.reconstruction, self.alpha)
        return (1 - self.alpha) * variance
