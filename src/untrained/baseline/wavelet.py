"""Wavelet shrinkage."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from untrained.baseline.denoiser import Denoiser

SHIFTS = 4


class WaveletShrinkage(Denoiser):
    """Make small wavelet coefficients smaller: most of the noise is in them.

    BayesShrink (Chang, Yu and Vetterli 2000) of the Haar wavelet, as in scikit-image, of a colour
    picture in Y, Cb and Cr. The mean over 4 x 4 shifts of the image leaves no blocks (Coifman and
    Donoho 1995).
    """

    name = "Wavelet"

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return the mean of the shifted images, each shrunk."""
        from skimage.restoration import denoise_wavelet  # Late: help and bad words do without.

        # The conversion of colours takes [0, 1] alone, which noise may leave.
        low, high = min(image.min(), 0.0), max(image.max(), 1.0)
        scaled = (image - low) / (high - low)
        words = {
            "sigma": sigma / (high - low),
            "convert2ycbcr": image.shape[2] == 3,
            "channel_axis": 2,
            "rescale_sigma": True,
        }
        total = np.zeros_like(scaled)
        for shift in product(range(SHIFTS), repeat=2):
            back = tuple(-pixels for pixels in shift)
            shrunk = denoise_wavelet(np.roll(scaled, shift, (0, 1)), **words)
            total += np.roll(shrunk, back, (0, 1))
        return low + (high - low) * total / SHIFTS**2
