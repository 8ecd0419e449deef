"""Total variation: the classical prior, for noise and for any known linear A."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from untrained import check
from untrained.baseline.denoiser import Denoiser, shows_image
from untrained.baseline.least_variation import least_variation
from untrained.degradation.linear import is_linear
from untrained.degradation.operator import Degradation
from untrained.noise.detail import smooth_variance

# Best in the mean of astronaut, coffee and chelsea, 256 x 256, at sigma 15, 25 and 50.
WEIGHT = 0.8
NOT_LINEAR = "it is for degradation=identity and for others that are known and linear"


class Chambolle(Denoiser):
    """Prefer the image whose neighbouring pixels differ least.

    - Noise alone, and JPEG files: min_x |x - y|^2 / 2 + w TV(x). scikit-image does the work by
      Chambolle's projection. w is 0.8 times the noise level.
    - Any other known and linear A: min_x TV(x) where A x is as near to y as the noise allows, see
      `least_variation`. Of a blurred picture the noise is estimated from the finest details. For
      another A it is the level that the run knows; without one A x = y.

    Reference: Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms",
    Physica D 60, 1992; Chambolle, "An algorithm for total variation minimization and applications",
    JMIV 20, 2004.

    Args:
        sigma: Noise level on the 0-255 scale; None estimates it, as said above.
        passes: The number of iterations for an A that is not the identity.

    Raises:
        ValueError: If a setting is out of its range.
    """

    name = "Total variation"

    def __init__(self, sigma: float | None = None, passes: int = 200) -> None:
        super().__init__(sigma)
        self.passes = check.whole("passes", passes)

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image of small total variation, `1 c h w`."""
        if shows_image(degradation):
            return super().__call__(target, degradation)
        sigma = self.level_behind(target, degradation) / 255
        return least_variation(target, degradation, sigma, self.passes)

    def level_behind(self, target: Tensor, degradation: Degradation) -> float:
        """Return the noise level of a target that is not the image itself, on the 0-255 scale."""
        if self.sigma is not None:
            return self.sigma
        known = self.known_level or 0.0
        if degradation.keeps_detail or not degradation.shows_noise:
            return known
        return max(known, 255 * smooth_variance(target).sqrt().item())

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why it does not apply, in words; None if it applies."""
        if shows_image(degradation):
            return super().suits(target, degradation)
        return None if is_linear(degradation, target) else NOT_LINEAR

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return the image of small total variation."""
        from skimage.restoration import denoise_tv_chambolle  # Late: help and bad words do without.

        weight = WEIGHT * sigma
        return denoise_tv_chambolle(image, weight=weight, channel_axis=2)  # type: ignore[no-untyped-call]
