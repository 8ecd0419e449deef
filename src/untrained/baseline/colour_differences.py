"""Demosaicing by colour differences."""

import torch
from torch import Tensor

from untrained.baseline.baseline import Baseline
from untrained.degradation.mosaic import Mosaic
from untrained.degradation.operator import Degradation
from untrained.degradation.residual import surface


class ColourDifferences(Baseline):
    """Interpolate green, which half of the pixels have, then red and blue less this green.

    The differences of colours vary less than the colours. Each is interpolated by the `surface`
    that bends least, where the reference takes means of neighbours.

    Reference: Pei and Tam, "Effective color interpolation in CCD color filter arrays using signal
    correlation", IEEE Trans. Circuits and Systems for Video Technology 13(6), 2003.
    """

    name = "Colour differences"
    operator = Mosaic

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the colour image, `1 3 h w`, of a mosaic `1 1 h w`."""
        assert isinstance(degradation, Mosaic)
        known = degradation.colours(target)
        green = surface(target, known[:, 1:2], tension=0)
        return torch.where(known, target, green + surface(target - green, known, tension=0))
