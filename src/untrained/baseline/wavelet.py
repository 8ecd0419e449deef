"""Wavelet shrinkage."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from untrained.baseline.denoiser import Denoiser

SHIFTS = 4


class WaveletShrinkage(Denoiser):
    """Make small wavelet coefficients smaller, because they hold most of the noise.

    scikit-image does the work: BayesShrink of the Haar wavelet, for a colour picture in Y, Cb and
    Cr. The result is the mean over 4 x 4 shifts of the image, so it has no blocks.

    Reference: Chang, Yu and Vetterli, "Adaptive wavelet thresholding for image denoising and
    compression", IEEE TIP 9(9), 2000; Coifman and Donoho, "Translation-invariant de-noising", 1995.
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
