"""Inpainting by the biharmonic equation."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from untrained import check
from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.operator import Degradation


class Biharmonic(Baseline):
    """Fill lost pixels by a surface that bends as little as possible, laplace^2 x = 0.

    Known pixels stay as they are, with their noise. scikit-image does the work.

    Reference: Damelin and Hoang, "On surface completion and image inpainting by biharmonic
    functions", 2018, arXiv 1707.06567.

    Args:
        limit: The number of lost pixels over which the method is left out, because it takes
        minutes.

    Raises:
        ValueError: If `limit` is not a whole number from 1 up.
    """

    name = "Biharmonic"
    operator = Inpainting
    purpose = ", where pixels are lost"

    def __init__(self, limit: int = 150_000) -> None:
        self.limit = check.whole("limit", limit)

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the target with its lost pixels filled in."""
        from skimage.restoration import inpaint_biharmonic  # Late: help and bad words do without.

        image, lost = as_array(target), lost_pixels(target, degradation)
        if lost.shape[2] == 1:
            return as_image(inpaint_biharmonic(image, lost[..., 0], channel_axis=2))
        channels = [
            inpaint_biharmonic(image[..., each], lost[..., each]) for each in range(image.shape[2])
        ]
        return as_image(np.stack(channels, 2))

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why the method does not apply: over `limit` pixels or a channel are lost."""
        reason = super().suits(target, degradation)
        if reason is not None:
            return reason
        lost = lost_pixels(target, degradation)
        if lost.all(axis=(0, 1)).any():
            return "a channel has no pixel that is known"
        count = int(lost.sum(axis=(0, 1)).max())
        if count > self.limit:
            return f"{count} pixels are lost, more than baseline.biharmonic.limit={self.limit}"
        return None


def lost_pixels(target: Tensor, degradation: Degradation) -> NDArray[np.bool_]:
    """Return which pixels of a target are lost, `h w 1` or, for each channel, `h w c`."""
    known = degradation.known(target)
    assert known is not None
    return ~known[0].permute(1, 2, 0).cpu().numpy()
