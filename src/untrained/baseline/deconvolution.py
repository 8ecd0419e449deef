"""`Deconvolution`: the base class of the methods that remove a known blur."""

from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.blur import Blur
from untrained.degradation.operator import Degradation
from untrained.noise.detail import smooth_variance

Plane = NDArray[np.float64]

# The widths of a kernel over which ten steps carry what is wrong at a border.
KERNELS = 3


class Deconvolution(Baseline):
    """The base class of a method that removes a known blur from each channel.

    The target is continued beyond its border, so that the border itself leaves no trace. It
    continues at its opposite side if the boundary of the blur is `circular`, and mirrored
    otherwise.
    """

    operator = Blur

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image without its blur, `1 c h w`."""
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
        """Return how many pixels the target is continued beyond the border of the image."""
        return KERNELS * max(kernel.shape)

    @abstractmethod
    def deconvolved(self, blurred: Plane, kernel: Plane, is_around: bool) -> Plane:
        """Return one channel without its blur, `h w`.

        Args:
            blurred: The channel, `h w`.
            kernel: The kernel, `h' w'`, of the sum 1.
            is_around: Whether the picture is known to continue at its opposite side.
        """


def finest_level(channel: Plane) -> float:
    """Return the standard deviation of white noise in a channel `h w`, by its finest details.

    A blurred picture has no finest details of its own. `noise_level` would take its noise for
    correlated.
    """
    return float(smooth_variance(torch.from_numpy(channel)[None, None]).sqrt())
