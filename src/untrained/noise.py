"""Noises N: y = N(A(x)), drawn alike for every model and device."""

import torch
from torch import Tensor, nn


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
        if not isinstance(sigma, int | float) or not 0 <= sigma < float("inf"):
            raise ValueError(f"sigma must be a number from 0 up, on the 0-255 scale, got {sigma!r}")
        self.sigma, self.seed, self.clip = sigma, checked_seed(seed), checked_clip(clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Give the noisy measurement."""
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(measurement.shape, generator=generator).to(measurement)
        return clipped(measurement + self.sigma / 255 * noise, self.clip)


class Poisson(nn.Module):
    """Count photons, y = k / peak with k ~ Poisson(peak * x): the noise of low light.

    Args:
        peak: Photons at a pixel of value 1; fewer photons, more noise.
        seed: Seed of the private generator.
        clip: Clip the result to [0, 1].

    Raises:
        ValueError: If `peak` is not a number over 0.

    Example:
        >>> noisy = Poisson(peak=30, clip=False)(torch.ones(1, 1, 256, 256))
        >>> round(noisy.var().item() * 30, 1)
        1.0
    """

    def __init__(self, peak: float, seed: int = 0, clip: bool = True) -> None:
        super().__init__()
        if not isinstance(peak, int | float) or not 0 < peak < float("inf"):
            raise ValueError(f"peak must be a number over 0, in photons, got {peak!r}")
        self.peak, self.seed, self.clip = peak, checked_seed(seed), checked_clip(clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Give the noisy measurement."""
        generator = torch.Generator().manual_seed(self.seed)
        counts = torch.poisson(self.peak * measurement.cpu(), generator=generator)
        return clipped(counts.to(measurement) / self.peak, self.clip)


class SaltAndPepper(nn.Module):
    """Turn a share of the pixels black or white, all their channels together.

    Args:
        amount: Share of the pixels, from 0 to 1; half of them turn black, half white.
        seed: Seed of the private generator.

    Raises:
        ValueError: If `amount` is not from 0 to 1.

    Example:
        >>> noisy = SaltAndPepper(amount=0.1)(torch.full((1, 3, 256, 256), 0.5))
        >>> round((noisy != 0.5).float().mean().item(), 1)
        0.1
    """

    def __init__(self, amount: float, seed: int = 0) -> None:
        super().__init__()
        if not isinstance(amount, int | float) or not 0 <= amount <= 1:
            raise ValueError(f"amount must be a share from 0 to 1, got {amount!r}")
        self.amount, self.seed = amount, checked_seed(seed)

    def forward(self, measurement: Tensor) -> Tensor:
        """Give the noisy measurement."""
        generator = torch.Generator().manual_seed(self.seed)
        count, _, *size = measurement.shape
        draw = torch.rand(count, 1, *size, generator=generator).to(measurement.device)
        noisy = torch.where(draw < self.amount / 2, torch.zeros_like(measurement), measurement)
        return torch.where(draw >= 1 - self.amount / 2, torch.ones_like(measurement), noisy)


def clipped(measurement: Tensor, clip: bool) -> Tensor:
    """Clip to [0, 1] if asked to."""
    return measurement.clamp(0, 1) if clip else measurement


def checked_clip(clip: bool) -> bool:
    """Give the switch back, or refuse what is not one: 'no' would mean yes.

    Raises:
        ValueError: If `clip` is neither true nor false.
    """
    if not isinstance(clip, bool):
        raise ValueError(f"clip must be true or false, got {clip!r}")
    return clip


def checked_seed(seed: int) -> int:
    """Give the seed back, or refuse it.

    Raises:
        ValueError: If `seed` is not a whole number from 0 up.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed must be a whole number from 0 up, got {seed!r}")
    return seed
