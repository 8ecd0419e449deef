"""The zero-filled image of magnetic resonance imaging."""

from torch import Tensor

from untrained.baseline.baseline import Baseline
from untrained.degradation.mri import Mri
from untrained.degradation.operator import Degradation


class ZeroFilled(Baseline):
    """Set the entries of k-space that are not measured to 0, and transform back.

    The result of a picture is the magnitude. The result of coils is the complex image of each coil.
    """

    name = "Zero-filled"
    operator = Mri

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the zero-filled image: `1 c h w` of a picture, `1 2C h w` of C coils."""
        assert isinstance(degradation, Mri)
        if degradation.coils is None:
            return degradation.view(target)[0]
        return degradation.adjoint(target)
