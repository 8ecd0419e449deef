"""What the ways to take a known blur away share."""

from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.blur import Blur
from untrained.degradation.operator import Degradation
from untrained.noise.level import smooth_variance

Plane = NDArray[np.float64]

# The widths of a kernel over which ten steps carry what is wrong at a border.
KERNELS = 3


class Deconvolution(Baseline):
    """Take a known blur away from each channel.

    The target goes on beyond its border, so that nothing is made of the border itself. It goes on
    at its other side where the blur says so, and else mirrored.
    """

    operator = Blur

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image."""
        assert isinstance(degradation, Blur)
        height, width = degradation.shape(target)[2:]
        kernel = degradation.weights.cpu().double().numpy()
        is_around = degradation.boundary == "circular"
        margin = self.margin(kernel, is_around)
        down, across = (height - target.shape[2]) // 2, (width - target.shape[3]) // 2
        around = ((margin + down,) * 2, (margin + across,) * 2, (0, 0))
        mode = "wrap" if is_around else "symmetric"
        padded = np.pad(as_array(target).astype(np.float64), around, mode)  # type: ignore[call-overload]
        channels = []
        for each in range(padded.shape[2]):
            sharp = self.deconvolved(padded[..., each], kernel, is_around)
            channels.append(sharp[margin : margin + height, margin : margin + width])
        return as_image(np.stack(channels, 2))

    def margin(self, kernel: Plane, is_around: bool) -> int:
        """Return how many pixels beyond the border of the image are made up."""
        return KERNELS * max(kernel.shape)

    @abstractmethod
    def deconvolved(self, blurred: Plane, kernel: Plane, is_around: bool) -> Plane:
        """Return one channel without its blur.

        Args:
            blurred: The channel, `h w`.
            kernel: The kernel.
            is_around: Whether what is beyond the border is known to be that of the other side.
        """


def finest_level(channel: Plane) -> float:
    """Return the standard deviation of white noise, by the finest details: a blur has none.

    A picture that is blurred looks to `noise_level` as if its noise were alike in neighbours.
    """
    return float(smooth_variance(torch.from_numpy(channel)[None, None]).sqrt())
