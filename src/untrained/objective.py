"""Objectives f that PyTorch does not have."""

import torch
from torch import Tensor, nn

from untrained.check import spoken_shape
from untrained.metric import WINDOW, similarity


class SSIM(nn.Module):
    """The objective 1 - SSIM, which compares structure more than brightness.

    It is 0 for two equal images. SelfDeblur uses it after a thousand steps of the mean squared
    error.

    Reference: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 13(4), 2004.

    Example:
        >>> image = torch.rand(1, 1, 16, 16)
        >>> round(abs(SSIM()(image, image).item()), 5)
        0.0
    """

    def forward(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return 1 - SSIM, 0-dim, of two images `1 c h w` in [0, 1].

        Raises:
            ValueError: If the measurement is not an image, or is smaller than the window of SSIM.
        """
        if measurement.ndim != 4 or min(measurement.shape[2:]) < WINDOW:
            shape = spoken_shape(measurement.shape)
            raise ValueError(
                f"objective=ssim compares images from {WINDOW} x {WINDOW} up, got {shape}"
            )
        # SSIM's variances are small differences of large numbers, which bfloat16 cannot resolve.
        with torch.autocast(measurement.device.type, enabled=False):
            return 1 - similarity(measurement.float(), target.float())
