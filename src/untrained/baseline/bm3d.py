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
    """Filter stacks of similar patches, with the authors' package: BM3D, and CBM3D for colours.

    The package `bm3d` is not installed with this program, because its licence allows only
    non-commercial use. Its threads add in any order, so its image may differ in the seventh digit
    from run to run.

    Reference: Dabov, Foi, Katkovnik and Egiazarian, "Image denoising by sparse 3-D transform-domain
    collaborative filtering", IEEE TIP 16(8), 2007.

    Args:
        sigma: Noise level on the 0-255 scale; None estimates it from the target.

    Raises:
        ValueError: If `sigma` is not a number over 0, or the package is not installed.
    """

    name = "BM3D"

    def __init__(self, sigma: float | None = None) -> None:
        super().__init__(sigma)
        if find_spec("bm3d") is None:
            raise ValueError(MISSING)

    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return the image `h w c` as the package filters it, for noise of `sigma`, in [0, 1]."""
        from bm3d import bm3d, bm3d_rgb  # Late: whoever does not ask for it may not have it.

        filtered = bm3d_rgb if image.shape[2] == 3 else bm3d
        return filtered(image, sigma).reshape(image.shape)
