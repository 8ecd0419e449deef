"""Speckle: noise whose strength is proportional to the brightness."""

import torch
from torch import Tensor, nn

from untrained.check import flag, number, whole


class Speckle(nn.Module):
    """Multiply each value by a random number, y = x (1 + sigma/255 n) with n ~ N(0, I).

    This is the speckle of scikit-image and MATLAB with variance (sigma/255)^2. White is as noisy as
    with Gaussian noise of the same sigma, and black has no noise.

    Args:
        sigma: Standard deviation at white, on the 0-255 scale.
        seed: Seed of the private generator.
        clip: Whether to clip the result to [0, 1].

    Raises:
        ValueError: If a setting is out of its range.

    Example:
        >>> noisy = Speckle(sigma=51, clip=False)(torch.full((1, 1, 256, 256), 0.5))
        >>> round(noisy.std().item(), 2)
        0.1
    """

    needs_picture = True

    of_simulation = ("seed", "clip")
    """The settings that only draw the noise: a target of your own has it already."""

    idle_beside = (("sigma", 0, ("seed",)),)
    """See `Degradation.idle_beside`."""

    def __init__(self, sigma: float, seed: int = 0, clip: bool = True) -> None:
        super().__init__()
        self.sigma = number("sigma", sigma, least=0, unit="on the 0-255 scale")
        self.seed = whole("seed", seed, least=0)
        self.clip = flag("clip", clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, `K *m` to `K *m`."""
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(measurement.shape, generator=generator).to(measurement)
        noisy = measurement * (1 + self.sigma / 255 * noise)
        return noisy.clamp(0, 1) if self.clip else noisy
