"""Averages of the reconstructions over the steps.

Each has an `age`: how many steps old, in the mean, what it averages is.
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
        """Return nothing."""


class RunningAverage(nn.Module, ABC):
    """A weighted mean that is updated in place, m <- m + w_t (x_t - m), t from 0, w_0 = 1.

    So its mean age is a <- (1 - w_t) (a + 1), from 0.
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
        """Take one more reconstruction in and return the average."""
        weight = self.weight(self.step)
        with torch.no_grad():
            if self.value is None or weight == 1:
                self.value = reconstruction.detach().clone()
                self.age = 0.0
            else:
                # A checkpoint brings the average back on the CPU.
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

    It starts at the first reconstruction. With decay 0.99 it is what the DIP paper
    reports as "30.43 dB with averaging" (29.22 without).

    Args:
        decay: Weight of the past, from 0 to less than 1.

    Raises:
        ValueError: If `decay` is out of its range.
    """

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = check.number("decay", decay, least=0, under=1)

    def weight(self, step: int) -> float:
        """Return 1 - decay."""
        return 1 - self.decay


class PolynomialAverage(RunningAverage):
    """Polynomial-decay averaging, w_t = (eta + 1) / (t + eta + 1): its window grows with the steps.

    Its age is always the same share of the steps so far, t / (eta + 2). So it suits a fit of a
    hundred steps as well as a fit of thousands, and soon forgets the first images. An exponential
    average with the decay of a long fit still shows them when a short fit is over.

    Reference: Shamir and Zhang, "Stochastic gradient descent for non-smooth optimization", ICML
    2013, arXiv 1212.1824, who average weights; here it is the images.

    Args:
        eta: The larger, the narrower; 0 is the plain mean of all steps.

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
    """The plain mean of the reconstructions from step `start` on; until then the last one alone.

    Its age grows by half a step each step. A stopping rule whose statistic says to stop at step s
    takes the average at step s + (s - `start`).

    Args:
        start: The first step whose reconstruction is taken in.

    Raises:
        ValueError: If `start` is not a whole number from 0 up.
    """

    def __init__(self, start: int = 1000) -> None:
        super().__init__()
        self.start = check.whole("start", start, least=0)

    def weight(self, step: int) -> float:
        """Return one over how many there are."""
        return 1 / max(1, step - self.start + 1)


class WindowAverage(nn.Module):
    """The mean of the last `window` reconstructions, or of all while there are fewer.

    A sum is kept running and taken anew from the images each `window` steps, so that its
    rounding errors do not add up. The price is the memory of `window` images.

    Args:
        window: How many reconstructions.

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
        """The mean age of what is averaged, in steps."""
        return max(0, min(self.count, self.window) - 1) / 2

    def forward(self, reconstruction: Tensor) -> Tensor:
        """Take one more reconstruction in and return the average."""
        with torch.no_grad():
            if self.images is None or self.sum is None:
                self.images = reconstruction.new_zeros(self.window, *reconstruction.shape)
                self.sum = torch.zeros_like(reconstruction)
            # A checkpoint brings the images back on the CPU.
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
