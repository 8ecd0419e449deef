"""Averages of the reconstructions over the steps."""

import torch
from torch import Tensor, nn


class NoAverage(nn.Module):
    """Keep no average."""

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
