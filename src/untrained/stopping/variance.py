"""Rules that watch how much the image still moves: lowest where signal is learnt, noise not yet."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.stopping.rule import Iterate, Patience, between, whole


class WindowedVariance(Patience):
    """ES-WMV: stop where the variance of the last W reconstructions is lowest.

    v_t = 1/W sum_w |x_w - m_t|^2 over the last W steps, m_t their mean, |.|^2 the mean over pixels
    and channels (the authors' is the sum, which changes no pick). Wang et al., "Early stopping for
    deep image prior", TMLR 2023, arXiv 2112.06074.

    A step costs one image in and one out, whatever W is (Welford's update of mean and variance,
    which takes no difference of large sums); each time the ring of images is full both are computed
    anew, so that no rounding adds up. The authors recompute the window at every step.

    Args:
        window: W, in steps; so many images are kept.
        patience: Steps to wait for a lower variance.

    Raises:
        ValueError: If a word is not a whole number from 1 up; `window` from 2.
    """

    def __init__(self, window: int = 100, patience: int = 1000) -> None:
        super().__init__(patience)
        self.window = whole("window", window, least=2)
        self.ring: Tensor | None = None
        self.mean: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the variance of the window, nan before it is full."""
        new, place = iterate.reconstruction, iterate.step % self.window
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

    def __init__(self, alpha: float = 0.1, patience: int = 1000, warmup: int = 101) -> None:
        super().__init__(patience, warmup)
        self.alpha = between("alpha", alpha, 0, 1)
        self.mean: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the variance."""
        if self.mean is None:
            self.mean = iterate.reconstruction.clone()
            return torch.zeros_like(self.lowest)
        variance = self.statistic + self.alpha * mse_loss(iterate.reconstruction, self.mean)
        self.mean.lerp_(iterate.reconstruction, self.alpha)
        return (1 - self.alpha) * variance
