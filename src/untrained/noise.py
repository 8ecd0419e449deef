"""Noises N: y = N(A(x)), drawn alike for every model and device."""

import math

import imageio.v3 as iio
import torch
from torch import Tensor, nn
from torch.nn import functional


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
        if not is_number(sigma) or not 0 <= sigma < float("inf"):
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
        if not is_number(peak) or not 0 < peak < float("inf"):
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
        if not is_number(amount) or not 0 <= amount <= 1:
            raise ValueError(f"amount must be a share from 0 to 1, got {amount!r}")
        self.amount, self.seed = amount, checked_seed(seed)

    def forward(self, measurement: Tensor) -> Tensor:
        """Give the noisy measurement."""
        generator = torch.Generator().manual_seed(self.seed)
        count, _, *size = measurement.shape
        draw = torch.rand(count, 1, *size, generator=generator).to(measurement.device)
        noisy = torch.where(draw < self.amount / 2, torch.zeros_like(measurement), measurement)
        return torch.where(draw >= 1 - self.amount / 2, torch.ones_like(measurement), noisy)


class Correlated(nn.Module):
    """Add noise that is alike in neighbouring pixels, as a camera's developed picture has it.

    y = x + sigma/255 * (g * n) / |g| with n ~ N(0, I), g a Gaussian kernel of standard deviation
    `blur`, and |g| its Euclidean norm, so that each pixel's noise has the standard deviation sigma.
    Pixels at a distance d correlate by exp(-d^2 / (4 blur^2)): with the default, 0.60 for
    neighbours and 0.13 at two pixels. A kernel much narrower than a pixel correlates less.
    Then the picture may be saved as a JPEG file, which adds its own errors.

    Args:
        sigma: Standard deviation on the 0-255 scale.
        blur: Standard deviation of the kernel in pixels; 0 for white noise.
        quality: Quality of the JPEG file, 1 to 100; None for no file.
        seed: Seed of the private generator.
        clip: Clip the result to [0, 1]; a JPEG file always does.

    Raises:
        ValueError: If a word is out of its range; in a call, if there are channels that a JPEG
            file has not.

    Example:
        >>> noisy = Correlated(sigma=25, clip=False)(torch.zeros(1, 1, 256, 256))
        >>> round(noisy.std().item() * 255), (noisy[..., 1:] * noisy[..., :-1]).mean().item() > 0
        (25, True)
    """

    def __init__(
        self,
        sigma: float,
        blur: float = 0.7,
        quality: int | None = None,
        seed: int = 0,
        clip: bool = True,
    ) -> None:
        super().__init__()
        if not is_number(sigma) or not 0 <= sigma < math.inf:
            raise ValueError(f"sigma must be a number from 0 up, on the 0-255 scale, got {sigma!r}")
        if not is_number(blur) or not 0 <= blur <= 10:
            raise ValueError(f"blur must be a number of pixels from 0 to 10, got {blur!r}")
        if quality is not None and (type(quality) is not int or not 1 <= quality <= 100):
            raise ValueError(f"quality must be null or a whole number to 100, got {quality!r}")
        self.sigma, self.blur, self.quality = sigma, blur, quality
        self.seed, self.clip = checked_seed(seed), checked_clip(clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, of the same shape."""
        generator = torch.Generator().manual_seed(self.seed)
        white = torch.randn(measurement.shape, generator=generator)
        noise = self.blurred(white).to(measurement)
        noisy = clipped(measurement + self.sigma / 255 * noise, self.clip)
        return noisy if self.quality is None else saved_as_jpeg(noisy, self.quality)

    def blurred(self, white: Tensor) -> Tensor:
        """Return white noise blurred across the borders, with the variance that it had."""
        if self.blur == 0:
            return white
        radius = min(math.ceil(4 * self.blur), *white.shape[2:])
        distance = torch.arange(-radius, radius + 1)
        kernel = torch.exp(-(distance**2) / (2 * self.blur**2))
        kernel = kernel / kernel.norm()
        channels = white.transpose(0, 1)
        padded = functional.pad(channels, (radius,) * 4, "circular")
        across = functional.conv2d(padded, kernel[None, None, None, :])
        return functional.conv2d(across, kernel[None, None, :, None]).transpose(0, 1)


def saved_as_jpeg(image: Tensor, quality: int) -> Tensor:
    """Return a `1 c h w` image in [0, 1] as a JPEG file of that quality gives it back.

    Raises:
        ValueError: If c is neither 1 nor 3.
    """
    channels = image.shape[1]
    if channels not in (1, 3):
        raise ValueError(f"quality must be null where there are {channels} channels, got {quality}")
    bytes_ = (255 * image[0].clamp(0, 1)).round().byte().permute(1, 2, 0).cpu().numpy()
    file = iio.imwrite("<bytes>", bytes_.squeeze(), extension=".jpg", quality=quality)
    read = torch.from_numpy(iio.imread(file).copy()).reshape(*bytes_.shape)
    return (read.permute(2, 0, 1)[None] / 255).to(image)


def is_number(value: object) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


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
