"""The median filter."""

import numpy as np
from torch import Tensor

from untrained import check
from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.identity import Identity
from untrained.degradation.operator import Degradation

MORE_THAN_NOISE = "it is for degradation=identity, where noise is the only damage"


class Median(Baseline):
    """Replace each value by the median of the values around it, for impulses (salt and pepper).

    Args:
        size: Side of the square around a pixel, an odd number from 3 up. 3 is best if one
            pixel in ten is an impulse, and 5 if three in ten are.

    Raises:
        ValueError: If `size` is not an odd number from 3 up.
    """

    name = "Median"

    def __init__(self, size: int = 3) -> None:
        self.size = check.whole("size", size, least=3)
        if size % 2 == 0:
            raise ValueError(f"size must be odd, so that it has a middle, got {size}")

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the median of each channel, `1 c h w`."""
        from skimage.filters import median  # Late: help and bad words do without.

        square = np.ones((self.size, self.size, 1))
        return as_image(median(as_array(target), square))  # type: ignore[no-untyped-call]

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why the filter does not apply: A is not the identity."""
        return None if isinstance(degradation, Identity) else MORE_THAN_NOISE
