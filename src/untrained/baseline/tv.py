"""Denoising by total variation."""

import numpy as np
from numpy.typing import NDArray

from untrained.baseline.denoiser import Denoiser

# Best in the mean of astronaut, coffee and chelsea, 256 x 256, at sigma 15, 25 and 50.
WEIGHT = 0.8


class Chambolle(Denoiser):
    """Solve min_x |x - y|^2 / 2 + w TV(x): total variation denoising.

    scikit-image does the work by Chambolle's projection. w is 0.8 times the noise level.

    Reference: Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms",
    Physica D 60, 1992; Chambolle, "An algorithm for total variation minimization and applications",
    JMIV 20, 2004.
    """

    name = "Total variation"

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return the image of small total variation."""
        from skimage.restoration import denoise_tv_chambolle  # Late: help and bad words do without.

        weight = WEIGHT * sigma
        return denoise_tv_chambolle(image, weight=weight, channel_axis=2)  # type: ignore[no-untyped-call]
