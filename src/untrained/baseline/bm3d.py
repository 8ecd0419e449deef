"""BM3D."""

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from untrained.baseline.denoiser import Denoiser

MISSING = (
    "baseline.bm3d needs the package bm3d, whose licence allows only non-commercial use; "
    "if yours is non-commercial: pip install bm3d"
)


class BM3D(Denoiser):
    """Filter stacks of patches that look alike, with the package of its authors.

    Dabov, Foi, Katkovnik and Egiazarian 2007; of a colour picture CBM3D. The package `bm3d` is not
    installed with this program: its licence allows only non-commercial use. Its threads add up in
    any order, so that its image may differ in the seventh digit from run to run.

    Args:
        sigma: Level of the noise on the 0-255 scale; None to estimate it from the target.

    Raises:
        ValueError: If `sigma` is not a number over 0, or the package is not installed.
    """

    name = "BM3D"

    def __init__(self, sigma: float | None = None) -> None:
        super().__init__(sigma)
        if find_spec("bm3d") is None:
            raise ValueError(MISSING)

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return what the package makes of the image."""
        from bm3d import bm3d, bm3d_rgb  # Late: whoever does not ask for it may not have it.

        filtered = bm3d_rgb if image.shape[2] == 3 else bm3d
        return filtered(image, sigma).reshape(image.shape)
