"""Non-local means."""

import numpy as np
from numpy.typing import NDArray

from untrained.baseline.denoiser import Denoiser

# Best in the mean of astronaut, coffee and chelsea, 256 x 256, at sigma 15, 25 and 50.
STRENGTH = 0.6


class NonLocalMeans(Denoiser):
    """Replace each pixel by the mean of the pixels with similar surroundings.

    scikit-image does the work, with patches of 5 x 5 pixels that are searched up to 6 pixels away.
    The strength is 0.6 times the noise level.

    Reference: Buades, Coll and Morel, "A non-local algorithm for image denoising", CVPR 2005.
    """

    name = "NLM"

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return the means, `h w c`, for noise of the standard deviation `sigma` in [0, 1]."""
        from skimage.restoration import denoise_nl_means  # Late: help and bad words do without.

        words = {"patch_size": 5, "patch_distance": 6, "fast_mode": True}
        strength = {"h": STRENGTH * sigma, "sigma": sigma}
        if image.shape[2] == 1:  # It refuses an axis of one channel.
            return denoise_nl_means(image[..., 0], **words, **strength)[..., None]
        return denoise_nl_means(image, channel_axis=2, **words, **strength)
