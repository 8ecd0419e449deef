"""Denoising by total variation."""

import numpy as np
from numpy.typing import NDArray

from untrained.baseline.denoiser import Denoiser

# Best in the mean of astronaut, coffee and chelsea, 256 x 256, at sigma 15, 25 and 50.
WEIGHT = 0.8


class Chambolle(Denoiser):
    """Find the image near the target whose total variation is small.

    It is min_x |x - y|^2 / 2 + w TV(x) (Rudin, Osher and Fatemi 1992) by Chambolle's projection
    (2004), as in scikit-image; w is 0.8 times the level of the noise.
    """

    name = "Total variation"

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return the image of small total variation."""
        from skimage.restoration import denoise_tv_chambolle  # Late: help and bad words do without.

        weight = WEIGHT * sigma
        return denoise_tv_chambolle(image, weight=weight, channel_axis=2)  # type: ignore[no-untyped-call]
