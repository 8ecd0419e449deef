"""Salt and pepper: some pixels turn black or white."""

import torch
from torch import Tensor, nn

from untrained.check import number, whole


class SaltAndPepper(nn.Module):
    """Turn a share of the pixels black or white, with all their channels: impulse noise.

    y = 0 with the probability amount/2, 1 with the probability amount/2, and x otherwise.

    Args:
        amount: Share of the pixels that change, from 0 to 1. Half of them turn black, half white.
        seed: Seed of the private generator.

    Raises:
        ValueError: If a setting is out of its range.

    Example:
        >>> noisy = SaltAndPepper(amount=0.1)(torch.full((1, 3, 256, 256), 0.5))
        >>> round((noisy != 0.5).float().mean().item(), 1)
        0.1
    """

    needs_picture = True

    of_simulation = ("seed",)
    """The settings that only draw the noise: a target of your own has it already."""

    idle_beside = (("amount", 0, ("seed",)),)
    """See `Degradation.idle_beside`."""

    def __init__(self, amount: float, seed: int = 0) -> None:
        super().__init__()
        self.amount = number("amount", amount, least=0, most=1, unit="a share of the pixels")
        self.seed = whole("seed", seed, least=0)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, `K c h w` to `K c h w`."""
        generator = torch.Generator().manual_seed(self.seed)
        count, _, *size = measurement.shape
        draw = torch.rand(count, 1, *size, generator=generator).to(measurement.device)
        noisy = torch.where(draw < self.amount / 2, torch.zeros_like(measurement), measurement)
        return torch.where(draw >= 1 - self.amount / 2, torch.ones_like(measurement), noisy)
