"""White Gaussian noise."""

import torch
from torch import Tensor, nn

from untrained.check import flag, number, whole


class Gaussian(nn.Module):
    """Add white Gaussian noise, y = x + sigma/255 * n with n ~ N(0, I).

    The noise depends only on `seed`, not on the device or the global seed. So every model of a
    sweep has the same target. Noise and clipping are those of the DIP paper (Ulyanov, Vedaldi,
    Lempitsky, CVPR 2018).

    Args:
        sigma: Standard deviation on the 0-255 scale.
        seed: Seed of the private generator.
        clip: Whether to clip the result to [0, 1].
        each_channel: Whether each channel has its own noise. If false, n is the same in all
            channels of an image, as in the Deep Decoder's notebook at sigma 25 and 60.

    Shape:
        Any shape to the same; `K c h w` if `each_channel` is false.

    Raises:
        ValueError: If `sigma` is negative or not a number. In a call, if `each_channel` is false
            and the measurement has no channels.

    Example:
        >>> noisy = Gaussian(sigma=25, clip=False)(torch.zeros(1, 3, 64, 64))
        >>> round(noisy.std().item() * 255)
        25
    """

    of_simulation = ("seed", "clip", "each_channel")
    """The settings that only draw the noise: a target of your own has it already."""

    idle_beside = (("sigma", 0, ("seed", "each_channel")),)
    """See `Degradation.idle_beside`."""

    def __init__(
        self, sigma: float, seed: int = 0, clip: bool = True, each_channel: bool = True
    ) -> None:
        super().__init__()
        self.sigma = number("sigma", sigma, least=0, unit="on the 0-255 scale")
        self.seed = whole("seed", seed, least=0)
        self.clip = self.needs_picture = flag("clip", clip)
        self.each_channel = flag("each_channel", each_channel)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the noisy measurement, `K *m` to `K *m`."""
        generator = torch.Generator().manual_seed(self.seed)
        shape = measurement.shape if self.each_channel else of_one_channel(measurement)
        noise = torch.randn(shape, generator=generator).to(measurement)
        noisy = measurement + self.sigma / 255 * noise
        return noisy.clamp(0, 1) if self.clip else noisy


def of_one_channel(image: Tensor) -> tuple[int, ...]:
    """Return the shape of one channel of an image, `K c h w` to `K 1 h w`.

    Raises:
        ValueError: If it is no image.
    """
    if image.ndim != 4:
        raise ValueError("each_channel=false needs a target that is an image")
    return (image.shape[0], 1, *image.shape[2:])
