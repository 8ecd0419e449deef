"""What the ways from a sinogram to an image share."""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.operator import Degradation
from untrained.degradation.tomography import Tomography

Plane = NDArray[np.float64]


class BackProjection(Baseline):
    """Make an image of the sinogram of each channel, by one of scikit-image's ways."""

    operator = Tomography

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image."""
        assert isinstance(degradation, Tomography)
        side = degradation.shape(target)[-1]
        # scikit-image sums over the pixels of a line, and has the detectors first.
        sinograms = as_array(target).astype(np.float64).transpose(1, 0, 2) * side
        angles = degradation.degrees.numpy()
        channels = [
            self.image(sinograms[..., each], angles, side, degradation.circle)
            for each in range(sinograms.shape[2])
        ]
        return as_image(np.stack(channels, 2))

    @abstractmethod
    def image(self, sinogram: Plane, angles: NDArray[np.float64], side: int, circle: bool) -> Plane:
        """Return the image of a sinogram, `side side`.

        Args:
            sinogram: The sinogram, detectors x angles.
            angles: The angles in degrees.
            side: Side of the image.
            circle: Whether the image is black outside of the circle that it holds.
        """
