"""PURE: the unbiased risk of Poisson noise."""

from torch import Tensor

from untrained import check
from untrained.step import Step
from untrained.stopping.risk import Risk


class PoissonRisk(Risk):
    """PURE: the unbiased risk for Poisson noise y = k / peak, var = y / peak at each pixel.

    To first order in 1 / peak, as in Luisier, Blu, Unser, "Image denoising in mixed
    Poisson-Gaussian noise", IEEE TIP 20(3), 2011, which is exact where the map is linear.

    Args:
        peak: Photons at a pixel of value 1.
        patience: Steps to wait for a lower risk.

    Raises:
        ValueError: If `peak` is not a number over 0.
    """

    def __init__(self, peak: float, patience: int = 1000) -> None:
        super().__init__(patience)
        self.peak = check.number("peak", peak, over=0)

    def measure(self, step: Step) -> Tensor:
        """Return the estimated mean squared error."""
        return self.risk(step, step.target / self.peak)
