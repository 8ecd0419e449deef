"""Averages of the reconstructions over the steps.

Each average has an `age`: the mean age of the averaged images, in steps.
"""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from untrained import check


class NoAverage(nn.Module):
    """Keep no average."""

    age = 0.0

    def forward(self, reconstruction: Tensor) -> None:
        """Return None."""


class RunningAverage(nn.Module, ABC):
    """A weighted mean of images that is updated at each step, m <- m + w_t (x_t - m).

    x_t is the reconstruction of step t, from 0, and w_0 = 1. A subclass defines the weight w_t. The
    mean age is updated by a <- (1 - w_t) (a + 1), from 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.step = 0
        self.age = 0.0
        self.value: Tensor | None = None

    @abstractmethod
    def weight(self, step: int) -> float:
        """Return w_t."""

    def forward(self, reconstruction: Tensor) -> Tensor:
        """Add reconstructions, `K c h w`, and return their average, `K c h w`."""
        weight = self.weight(self.step)
        with torch.no_grad():
            if self.value is None or weight == 1:
                self.value = reconstruction.detach().clone()
                self.age = 0.0
            else:
                # An average from a checkpoint is on the CPU.
                self.value = self.value.to(reconstruction).lerp_(reconstruction, weight)
                self.age = (1 - weight) * (self.age + 1)
        self.step += 1
        return self.value

    def get_extra_state(self) -> dict[str, Tensor | float | None]:
        """Return the state for a checkpoint: a buffer would need a shape before the first step."""
        return {"step": self.step, "age": self.age, "value": self.value}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take the average from a checkpoint."""
        self.step, self.age, self.value = state["step"], state["age"], state["value"]


class ExponentialAverage(RunningAverage):
    """The exponential moving average of the reconstructions, m <- decay m + (1 - decay) x.

    The average starts at the first reconstruction. The DIP paper uses decay 0.99 and reports
    30.43 dB with averaging, and 29.22 dB without.

    Args:
        decay: Weight of the past, at least 0 and less than 1.

    Raises:
        ValueError: If `decay` is out of this range.
    """

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = check.number("decay", decay, least=0, under=1)

    def weight(self, step: int) -> float:
        """Return 1 - decay."""
        return 1 - self.decay


class PolynomialAverage(RunningAverage):
    """Polynomial-decay averaging, w_t = (eta + 1) / (t + eta + 1): the window grows with the steps.

    The age is always the same share of the steps so far, t / (eta + 2). So this average suits a fit
    of a hundred steps as well as a fit of thousands, and it soon forgets the first images. An
    exponential average with the decay of a long fit still shows the first images when a short fit
    is over.

    Reference: Shamir and Zhang, "Stochastic gradient descent for non-smooth optimization", ICML
    2013, arXiv 1212.1824. The authors average weights; we average images.

    Args:
        eta: A larger value forgets sooner. 0 is the plain mean of all steps.

    Raises:
        ValueError: If `eta` is not a number from 0 up.
    """

    def __init__(self, eta: float = 3) -> None:
        super().__init__()
        self.eta = check.number("eta", eta, least=0)

    def weight(self, step: int) -> float:
        """Return (eta + 1) / (t + eta + 1)."""
        return (self.eta + 1) / (step + self.eta + 1)


class SnapshotAverage(RunningAverage):
    """The plain mean of all reconstructions from step `start` on.

    Before step `start` it is the last reconstruction alone. The age grows by half a step at each
    step. A stopping rule whose statistic says to stop at step s takes the average of step
    s + (s - `start`).

    Args:
        start: The first step whose reconstruction is averaged.

    Raises:
        ValueError: If `start` is not a whole number from 0 up.
    """

    def __init__(self, start: int = 1000) -> None:
        super().__init__()
        self.start = check.whole("start", start, least=0)

    def weight(self, step: int) -> float:
        """Return 1 / (t - start + 1), or 1 before `start`."""
        return 1 / max(1, step - self.start + 1)


class WindowAverage(nn.Module):
    """The mean of the last `window` reconstructions, or of all if there are fewer.

    The class keeps a running sum. The sum is computed anew from the images every `window` steps, so
    rounding errors do not add up. This needs the memory of `window` images.

    Args:
        window: The number of reconstructions.

    Raises:
        ValueError: If `window` is not a whole number from 1 up.
    """

    def __init__(self, window: int = 100) -> None:
        super().__init__()
        self.window = check.whole("window", window)
        self.count = 0
        self.images: Tensor | None = None
        self.sum: Tensor | None = None

    @property
    def age(self) -> float:
        """The mean age of the averaged images, in steps."""
        return max(0, min(self.count, self.window) - 1) / 2

    def forward(self, reconstruction: Tensor) -> Tensor:
        """Add reconstructions, `K c h w`, and return their average, `K c h w`."""
        with torch.no_grad():
            if self.images is None or self.sum is None:
                self.images = reconstruction.new_zeros(self.window, *reconstruction.shape)
                self.sum = torch.zeros_like(reconstruction)
            # Images from a checkpoint are on the CPU.
            self.images, self.sum = self.images.to(reconstruction), self.sum.to(reconstruction)
            oldest = self.images[self.count % self.window]
            self.sum += reconstruction - oldest
            oldest.copy_(reconstruction)
            self.count += 1
            if self.count % self.window == 0:
                self.sum = self.images.sum(0)
            return self.sum / min(self.count, self.window)

    def get_extra_state(self) -> dict[str, Tensor | int | None]:
        """Return the state for a checkpoint: a buffer would need a shape before the first step."""
        return {"count": self.count, "images": self.images, "sum": self.sum}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take the window from a checkpoint."""
        self.count, self.images, self.sum = state["count"], state["images"], state["sum"]
