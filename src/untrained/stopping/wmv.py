"""ES-WMV: the variance of the last reconstructions is lowest before noise is learnt."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Patience


class WindowedVariance(Patience):
    """ES-WMV: stop where the variance of the last W reconstructions is lowest.

    v_t = 1/W sum_w |x_w - m_t|^2 over the last W steps, where m_t is their mean. |.|^2 is the mean
    over pixels and channels. The authors take the sum, which gives the same pick.

    Welford's update adds the newest image to mean and variance and removes the oldest. So the work
    of a step does not depend on W. Mean and variance are computed anew each W steps, so rounding
    errors do not add up. The authors compute them anew at every step.

    Reference: Wang et al., "Early stopping for deep image prior", TMLR 2023, arXiv 2112.06074.

    Args:
        window: W, the number of steps, from 2 up. This number of images is kept in memory.
        patience: The number of steps to wait for a lower variance.

    Raises:
        ValueError: If `window` is not a whole number from 2 up, or `patience` from 1 up.
    """

    needs_noise = True
    watches_images = True

    def __init__(self, window: int = 100, patience: int = 1000) -> None:
        super().__init__(patience)
        self.window = check.whole("window", window, least=2)
        self.ring: Tensor | None = None
        self.mean: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the variance of the window, 0-dim; nan before the window is full."""
        new, place = step.reconstruction, step.number % self.window
        if self.ring is None:
            self.ring = torch.zeros(self.window, *new.shape[1:]).to(new)
        old = self.ring[place : place + 1].clone()
        self.ring[place] = new[0]
        if place == self.window - 1:
            self.mean = self.ring.mean(0, keepdim=True)
            # One image at a time: torch.var over the window is 15 times slower on a CPU.
            return torch.stack([mse_loss(image, self.mean[0]) for image in self.ring]).mean()
        if self.mean is None:
            return self.statistic
        change = new - old
        both = (new + old).sub_(self.mean, alpha=2).sub_(change, alpha=1 / self.window)
        self.mean.add_(change, alpha=1 / self.window)
        return self.statistic + (change * both).mean() / self.window
