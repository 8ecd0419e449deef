"""Codes of random numbers: uniform, as both methods have them, or normal."""

import torch
from torch import Tensor

from untrained.latent.latent import Latent


class Uniform(Latent):
    """A code with uniform values in [0, scale], as in DIP and the Deep Decoder."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ U[0, scale], `1 channels *size`."""
        return torch.rand(1, self.channels, *size, generator=generator) * self.scale


class Normal(Latent):
    """A code of normal noise of standard deviation `scale`."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ N(0, scale^2), `1 channels *size`."""
        return torch.randn(1, self.channels, *size, generator=generator) * self.scale
