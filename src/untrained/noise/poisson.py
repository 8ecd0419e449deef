"""Photon noise."""

import torch
from torch import Tensor, nn

from untrained.check import flag, number, whole


class Poisson(nn.Module):
    """Count photons, y = k / peak with k ~ Poisson(peak * x): the noise of low light.

    The variance of a pixel is x / peak, so the noise is stronger where the picture is brighter. A
    value below 0 counts as 0.

    Args:
        peak: Mean number of photons at a pixel of value 1. Fewer photons make more noise.
        seed: Seed of the private generator.
        clip: Whether to clip the result to [0, 1].

    Raises:
        ValueError: If `peak` is not a number over 0 or another setting is out of its range.

    Example:
        >>> noisy = Poisson(peak=30, clip=False)(torch.ones(1, 1, 256, 256))
        >>> round(noisy.var().item() * 30, 1)
        1.0
    """

    needs_picture = True

    of_simulation = ("seed", "clip")
    """The settings that only draw the noise: a target of your own has it already."""

    def __init__(self, peak: float, seed: int = 0, clip: bool = True) -> None:
        super().__init__()
        self.peak = number("peak", peak, over=0, unit="in photons")
        self.seed = whole("seed", seed, least=0)
        self.clip = flag("clip", clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, `K *m` to `K *m`."""
        generator = torch.Generator().manual_seed(self.seed)
        rate = self.peak * measurement.clamp(min=0).cpu()  # The filter of an A may overshoot.
        counts = torch.poisson(rate, generator=generator)
        noisy = counts.to(measurement) / self.peak
        return noisy.clamp(0, 1) if self.clip else noisy
