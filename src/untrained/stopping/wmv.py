"""ES-WMV: the variance of the last reconstructions is lowest where noise is not learnt yet."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained import check
from untrained.step import Step
from untrained.stopping.rule import Patience


class WindowedVariance(Patience):
    """ES-WMV: stop where the variance of the last W reconstructions is lowest.

    v_t = 1/W sum_w |x_w - m_t|^2 over the last W steps, m_t their mean, |.|^2 the mean over pixels
    and channels (the authors' is the sum, which changes no pick). Wang et al., "Early stopping for
    deep image prior", TMLR 2023, arXiv 2112.06074.

    A step costs one image in and one out, whatever W is, by Welford's update of mean and variance,
    which takes no difference of large sums. Both are computed anew each time the ring of images is
    full, so that no rounding adds up. The authors recompute the window at every step.

    Args:
        window: W, in steps; so many images are kept.
        patience: Steps to wait for a lower variance.

    Raises:
        ValueError: If a word is not a whole number from 1 up; `window` from 2.
    """

    needs_noise = True

    def __init__(self, window: int = 100, patience: int = 1000) -> None:
        super().__init__(patience)
        self.window = check.whole("window", window, least=2)
        self.ring: Tensor | None = None
        self.mean: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the variance of the window, nan before it is full."""
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
