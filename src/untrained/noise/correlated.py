"""Noise that is correlated between neighbouring pixels."""

import math

import imageio.v3 as iio
import torch
from torch import Tensor, nn
from torch.nn import functional

from untrained.check import flag, number, whole


class Correlated(nn.Module):
    """Add noise that is correlated between neighbouring pixels, as in a camera's developed photo.

    y = x + sigma/255 * (g * n) / |g| with n ~ N(0, I). g is a Gaussian kernel of standard deviation
    `blur`, and |g| is its Euclidean norm. So the noise of each pixel has standard deviation sigma.
    The correlation of two pixels at a distance d is exp(-d^2 / (4 blur^2)). With the default it is
    0.60 for neighbours and 0.13 at two pixels. If `blur` is far below a pixel, it is less than this
    formula says. With `quality` the picture is then saved as a JPEG file, which adds its own
    errors.

    This model of a camera's noise is ours.

    Args:
        sigma: Standard deviation on the 0-255 scale.
        blur: Standard deviation of the kernel in pixels; 0 for white noise.
        quality: Quality of the JPEG file, 1 to 100; None for no file.
        seed: Seed of the private generator.
        clip: Whether to clip the result to [0, 1]. A JPEG file is always clipped.

    Raises:
        ValueError: If a setting is out of its range. In a call, if `quality` is given and the
            measurement has neither 1 nor 3 channels.

    Example:
        >>> noisy = Correlated(sigma=25, clip=False)(torch.zeros(1, 1, 256, 256))
        >>> round(noisy.std().item() * 255), (noisy[..., 1:] * noisy[..., :-1]).mean().item() > 0
        (25, True)
    """

    needs_picture = True

    of_simulation = ("blur", "seed", "clip")
    """The settings that only draw the noise: a target of your own has it already."""

    idle_beside = (("sigma", 0, ("blur", "seed")),)
    """See `Degradation.idle_beside`."""

    def __init__(
        self,
        sigma: float,
        blur: float = 0.7,
        quality: int | None = None,
        seed: int = 0,
        clip: bool = True,
    ) -> None:
        super().__init__()
        self.sigma = number("sigma", sigma, least=0, unit="on the 0-255 scale")
        self.blur = number("blur", blur, least=0, most=10, unit="in pixels")
        self.quality = None if quality is None else whole("quality", quality, most=100)
        self.seed = whole("seed", seed, least=0)
        self.clip = flag("clip", clip)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, `K c h w` to `K c h w`."""
        generator = torch.Generator().manual_seed(self.seed)
        white = torch.randn(measurement.shape, generator=generator)
        noise = self.blurred(white).to(measurement)
        noisy = measurement + self.sigma / 255 * noise
        noisy = noisy.clamp(0, 1) if self.clip else noisy
        return noisy if self.quality is None else saved_as_jpeg(noisy, self.quality)

    def blurred(self, white: Tensor) -> Tensor:
        """Return white noise `K c h w` blurred across the borders, with the same variance."""
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
    """Return a `1 c h w` image as a JPEG file of this quality holds it, in [0, 1].

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
