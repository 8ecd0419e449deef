"""The zero-filled image of magnetic resonance imaging."""

from torch import Tensor

from untrained.baseline.baseline import Baseline
from untrained.degradation.mri import Mri
from untrained.degradation.operator import Degradation


class ZeroFilled(Baseline):
    """Take what is not measured of k-space for 0, and transform back.

    A picture is the magnitude. Several coils give an image each.
    """

    name = "Zero-filled"
    operator = Mri

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image."""
        assert isinstance(degradation, Mri)
        if degradation.coils is None:
            return degradation.view(target)[0]
        return degradation.adjoint(target)
