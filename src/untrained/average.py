"""Averages of the reconstructions over the steps.

Each has an `age`: how many steps old, in the mean, what it averages is.
"""

from typing import Any

import torch
from torch import Tensor, nn


class NoAverage(nn.Module):
    """Keep no average."""

    age = 0.0

    def forward(self, reconstruction: Tensor) -> None:
        """Give nothing."""


class ExponentialAverage(nn.Module):
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
        if not isinstance(decay, int | float) or not 0 <= decay < 1:
            raise ValueError(f"decay must be a number from 0 to less than 1, got {decay!r}")
        self.decay = decay
        self.age = decay / (1 - decay)
        self.value: Tensor | None = None

    def forward(self, reconstruction: Tensor) -> Tensor:
        """Take one more reconstruction in and give the average."""
        with torch.no_grad():
            if self.value is None:
                self.value = reconstruction.detach().clone()
            else:
                # A checkpoint brings the average back on the CPU.
                self.value = self.value.to(reconstruction).lerp_(reconstruction, 1 - self.decay)
        return self.value

    def get_extra_state(self) -> dict[str, Tensor | None]:
        """Give the average to a checkpoint; it has no shape before the first step, so no buffer."""
        return {"value": self.value}

    def set_extra_state(self, state: dict[str, Tensor | None]) -> None:
        """Take the average from a checkpoint."""
        self.value = state["value"]


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
        if isinstance(window, bool) or not isinstance(window, int) or window < 1:
            raise ValueError(f"window must be a whole number from 1 up, got {window!r}")
        self.window = window
        self.age = (window - 1) / 2
        self.count = 0
        self.images: Tensor | None = None
        self.sum: Tensor | None = None

    def forward(self, reconstruction: Tensor) -> Tensor:
        """Take one more reconstruction in and give the average."""
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
        """Give the window to a checkpoint; it has no shape before the first step, so no buffer."""
        return {"count": self.count, "images": self.images, "sum": self.sum}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take the window from a checkpoint."""
        self.count, self.images, self.sum = state["count"], state["images"], state["sum"]


class SnapshotAverage(nn.Module):
    """The plain mean of the reconstructions from step `start` on; until then the last one alone.

    Its age grows by half a step each step, so that a stopping rule takes it at the step that lies
    as far behind the one at which its statistic says to stop as that one lies behind `start`.

    Args:
        start: The first step whose reconstruction is taken in.

    Raises:
        ValueError: If `start` is not a whole number from 0 up.
    """

    def __init__(self, start: int = 1000) -> None:
        super().__init__()
        if isinstance(start, bool) or not isinstance(start, int) or start < 0:
            raise ValueError(f"start must be a whole number from 0 up, got {start!r}")
        self.start = start
        self.step = 0
        self.value: Tensor | None = None

    @property
    def age(self) -> float:
        """The mean age of what is averaged, in steps."""
        return max(0, self.step - 1 - self.start) / 2

    def forward(self, reconstruction: Tensor) -> Tensor:
        """Take one more reconstruction in and give the average."""
        with torch.no_grad():
            if self.value is None or self.step <= self.start:
                self.value = reconstruction.detach().clone()
            else:
                # A checkpoint brings the average back on the CPU.
                weight = 1 / (self.step - self.start + 1)
                self.value = self.value.to(reconstruction).lerp_(reconstruction, weight)
        self.step += 1
        return self.value

    def get_extra_state(self) -> dict[str, Tensor | int | None]:
        """Give the average to a checkpoint; it has no shape before the first step, so no buffer."""
        return {"step": self.step, "value": self.value}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take the average from a checkpoint."""
        self.step, self.value = state["step"], state["value"]
