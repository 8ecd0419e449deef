"""The simultaneous algebraic reconstruction technique."""

import numpy as np
from numpy.typing import NDArray

from untrained import check
from untrained.baseline.projection import BackProjection, Plane

MARGIN = 2


class Sart(BackProjection):
    """Correct the image direction by direction until its sums are the measured sums.

    scikit-image does the work.

    Reference: Andersen and Kak, "Simultaneous algebraic reconstruction technique", Ultrasonic
    Imaging 6, 1984.

    Args:
        passes: How often each direction is used. More passes sharpen the noise too.

    Raises:
        ValueError: If `passes` is not a whole number from 1 up.
    """

    name = "SART"

    def __init__(self, passes: int = 3) -> None:
        self.passes = check.whole("passes", passes)

    def image(self, sinogram: Plane, angles: NDArray[np.float64], side: int, circle: bool) -> Plane:
        """Return the middle of an image that all detectors see."""
        from skimage.transform import iradon_sart  # Late: help and bad words do without.

        # It leaves the outermost pixels of its circle out. Beyond ours there is nothing.
        seen = np.pad(sinogram, ((MARGIN, MARGIN), (0, 0)))
        found: Plane | None = None
        for _ in range(self.passes):
            found = iradon_sart(seen, angles, image=found, clip=(0, 1))  # type: ignore[no-untyped-call]
        assert found is not None
        first = len(found) // 2 - side // 2
        return found[first : first + side, first : first + side]
