"""The Wiener filter."""

import numpy as np

from untrained.baseline.deconvolution import Deconvolution, Plane, finest_level

# What the ratio of noise and detail is multiplied by: best in the mean of astronaut and coffee
# under three kernels with noise of sigma 0, sqrt(2) and 5.
STRENGTH = 0.03
# The least balance. What is made up beyond a border is as wrong as noise is.
LEAST, LEAST_MADE_UP = 1e-4, 0.15
LAPLACE_POWER = 20  # The sum of the squares of the Laplacian's weights: what it makes of noise.


class Wiener(Deconvolution):
    """Divide by the kernel in the Fourier domain where the noise allows it, by scikit-image.

    The result is min_x |k * x - y|^2 + b |laplace x|^2. b is the variance of the noise, estimated
    from the finest details of y, divided by the power of laplace y.
    """

    name = "Wiener"

    def margin(self, kernel: Plane, is_around: bool) -> int:
        """Return 0 where the image goes on at its other side, as the Fourier transform does."""
        return 0 if is_around else super().margin(kernel, is_around)

    def deconvolved(self, blurred: Plane, kernel: Plane, is_around: bool) -> Plane:
        """Return the filtered channel."""
        from skimage.restoration import wiener  # Late: help and bad words do without.

        balance = STRENGTH * noise_over_detail(blurred)
        balance = max(balance, LEAST if is_around else LEAST_MADE_UP)
        return wiener(blurred, kernel, balance, clip=False)  # type: ignore[no-untyped-call]


def noise_over_detail(channel: Plane) -> float:
    """Return the variance of the noise over the power of the Laplacian without it."""
    around = np.pad(channel, 1, "edge")
    sides = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]
    power = float(np.mean((sides - 4 * channel) ** 2))
    variance = finest_level(channel) ** 2
    detail = max(power - LAPLACE_POWER * variance, power / LAPLACE_POWER)
    return variance / detail if detail > 0 else 0.0
