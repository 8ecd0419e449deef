"""Filtered back-projection."""

import numpy as np
from numpy.typing import NDArray

from untrained import check
from untrained.baseline.projection import BackProjection, Plane

FILTERS = ("ramp", "shepp-logan", "cosine", "hamming", "hann")


class FilteredBackProjection(BackProjection):
    """Spread each filtered projection back over the image, as in scikit-image.

    Args:
        filter: `ramp`, the exact one, or for a noisy sinogram one that damps the highest
            frequencies: `shepp-logan`, `cosine`, `hamming` or, most, `hann`.

    Raises:
        ValueError: If `filter` is another one.
    """

    name = "FBP"

    def __init__(self, filter: str = "ramp") -> None:
        self.filter = check.choice("filter", filter, FILTERS)

    def image(self, sinogram: Plane, angles: NDArray[np.float64], side: int, circle: bool) -> Plane:
        """Return the image."""
        from skimage.transform import iradon  # Late: help and bad words do without.

        words = {"output_size": side, "filter_name": self.filter, "circle": circle}
        return iradon(sinogram, angles, **words)  # type: ignore[no-untyped-call]
