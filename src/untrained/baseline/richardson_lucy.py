"""Richardson and Lucy's deconvolution."""

import numpy as np

from untrained import check
from untrained.baseline.deconvolution import Deconvolution, Plane

DARKEST = 1e-3  # It divides by what the image is blurred to.


class RichardsonLucy(Deconvolution):
    """Multiply the image repeatedly by the ratio of the target to the blurred image.

    scikit-image does the work.

    Reference: Richardson, JOSA 62, 1972; Lucy, Astronomical Journal 79, 1974.

    Args:
        steps: The number of repetitions. More of them sharpen the noise too.

    Raises:
        ValueError: If `steps` is not a whole number from 1 up.
    """

    name = "Richardson-Lucy"

    def __init__(self, steps: int = 10) -> None:
        self.steps = check.whole("steps", steps)

    def deconvolved(self, blurred: Plane, kernel: Plane, is_around: bool) -> Plane:
        """Return the channel after so many steps."""
        from skimage.restoration import richardson_lucy  # Late: help and bad words do without.

        positive = np.clip(blurred, DARKEST, None)
        return richardson_lucy(positive, kernel, num_iter=self.steps, clip=False)  # type: ignore[no-untyped-call]
