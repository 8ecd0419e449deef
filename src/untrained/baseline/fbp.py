"""Filtered back-projection."""

import numpy as np
from numpy.typing import NDArray

from untrained import check
from untrained.baseline.projection import BackProjection, Plane

FILTERS = ("ramp", "shepp-logan", "cosine", "hamming", "hann")


class FilteredBackProjection(BackProjection):
    """Filter each projection and spread it back over the image, as scikit-image does.

    Args:
        filter: `ramp`, the exact filter; or `shepp-logan`, `cosine`, `hamming` or `hann`, which
            damp the highest frequencies, for a noisy sinogram. `hann` damps most.

    Raises:
        ValueError: If `filter` is another name.
    """

    name = "FBP"

    def __init__(self, filter: str = "ramp") -> None:
        self.filter = check.choice("filter", filter, FILTERS)

    def image(self, sinogram: Plane, angles: NDArray[np.float64], side: int, circle: bool) -> Plane:
        """Return the image, `side side`, of a sinogram `detectors angles`."""
        from skimage.transform import iradon  # Late: help and bad words do without.

        words = {"output_size": side, "filter_name": self.filter, "circle": circle}
        return iradon(sinogram, angles, **words)  # type: ignore[no-untyped-call]
