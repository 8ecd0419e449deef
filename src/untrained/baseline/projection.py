"""`BackProjection`: the base class of the methods from a sinogram to an image."""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.operator import Degradation
from untrained.degradation.tomography import Tomography

Plane = NDArray[np.float64]


class BackProjection(Baseline):
    """The base class of a method of scikit-image that makes an image of a sinogram."""

    operator = Tomography

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image, `1 c n n`, of a sinogram `1 c angles detectors`."""
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
            sinogram: The sinogram, `detectors angles`.
            angles: The angles in degrees.
            side: Side of the image, in pixels.
            circle: Whether the image is black outside of its inner circle.
        """
