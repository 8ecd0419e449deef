"""`Enlargement`: the base class of the filters that enlarge a small picture."""

import numpy as np
from PIL import Image
from torch import Tensor

from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.operator import Degradation


class Enlargement(Baseline):
    """The base class of a filter of Pillow that enlarges a small picture, in single precision.

    The pixels have the places of `Downsampling`: the middle of a small pixel is the middle of the
    pixels that it replaces.
    """

    operator = Downsampling
    purpose = ", where the target is small"
    filter: Image.Resampling

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the target at the size of the image, `1 c h w`."""
        height, width = degradation.shape(target)[2:]
        small = as_array(target)
        channels = []
        for each in range(small.shape[2]):
            picture = Image.fromarray(np.ascontiguousarray(small[..., each]))
            channels.append(np.asarray(picture.resize((width, height), self.filter)))
        return as_image(np.stack(channels, 2))
