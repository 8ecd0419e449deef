"""The rule that stops where the residual is as small as the noise."""

import math

from torch import Tensor

from untrained.noise.level import noise_level
from untrained.stopping.rule import Crossing, Iterate, between


class Discrepancy(Crossing):
    """The discrepancy principle: stop where the residual is as small as the noise.

    mean((A(x) - y)^2) / (sigma / 255)^2 < factor, Morozov 1966, where the factor is 1. Ours is a
    little smaller, chosen on other images than those it is reported on, see docs/stopping.md.

    Args:
        sigma: Root mean square of the noise on the 0-255 scale; None to estimate it from the
            target, see `noise_level`. A noise that was clipped to [0, 1] is smaller than its
            sigma says, so a given sigma stops sooner than an estimated one.
        factor: The share of the noise's variance at which to stop.

    Raises:
        ValueError: If a word is not a number over 0.
    """

    def __init__(self, sigma: float | None = None, factor: float = 0.97) -> None:
        super().__init__()
        self.sigma = None if sigma is None else between("sigma", sigma, 0, math.inf)
        self.threshold = between("factor", factor, 0, math.inf)
        self.noise: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Return the residual's variance over the noise's."""
        if self.noise is None:
            target = iterate.target
            sigma = noise_level(target) if self.sigma is None else target.new_tensor(self.sigma)
            self.noise = (sigma / 255) ** 2
        return iterate.residual / self.noise
