"""Objectives f that PyTorch does not have."""

import torch
from torch import Tensor, nn

from untrained.check import spoken_shape
from untrained.metric import WINDOW, similarity


class SSIM(nn.Module):
    """1 - SSIM of Wang et al. (2004), 0 of two equal images: it sees structure, not brightness.

    SelfDeblur takes it after a thousand steps of the mean squared error.
    """

    def forward(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return 1 - SSIM, 0-dim, of two images `1 c h w` in [0, 1].

        Raises:
            ValueError: If the measurement is no image, or smaller than the window.
        """
        if measurement.ndim != 4 or min(measurement.shape[2:]) < WINDOW:
            shape = spoken_shape(measurement.shape)
            raise ValueError(
                f"objective=ssim compares images from {WINDOW} x {WINDOW} up, got {shape}"
            )
        # Its variances are small differences of large numbers, which bfloat16 has not.
        with torch.autocast(measurement.device.type, enabled=False):
            return 1 - similarity(measurement.float(), target.float())
