"""White Gaussian noise."""

import torch
from torch import Tensor, nn

from untrained.check import flag, number, whole


class Gaussian(nn.Module):
    """Add white Gaussian noise, y = x + sigma/255 * n with n ~ N(0, I).

    The draw depends on `seed` alone, not on the device nor on the global
    seed, so that every model of a sweep is given the same target.

    Args:
        sigma: Standard deviation on the 0-255 scale.
        seed: Seed of the private generator.
        clip: Clip the result to [0, 1], as the DIP paper does.

    Raises:
        ValueError: If `sigma` is negative or not a number.

    Example:
        >>> noisy = Gaussian(sigma=25, clip=False)(torch.zeros(1, 3, 64, 64))
        >>> round(noisy.std().item() * 255)
        25
    """

    def __init__(self, sigma: float, seed: int = 0, clip: bool = True) -> None:
        super().__init__()
        self.sigma = number("sigma", sigma, least=0, unit="on the 0-255 scale")
        self.seed = whole("seed", seed, least=0)
        self.clip = self.needs_picture = flag("clip", clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, of the same shape."""
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(measurement.shape, generator=generator).to(measurement)
        noisy = measurement + self.sigma / 255 * noise
        return noisy.clamp(0, 1) if self.clip else noisy
