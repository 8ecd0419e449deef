"""Zero-Shot Noise2Noise."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, mse_loss

from untrained import check
from untrained.baseline.baseline import Baseline
from untrained.baseline.denoiser import picture_of, unsuited
from untrained.degradation.operator import Degradation
from untrained.seed import own_seed, seeded

WIDTH = 48
RATE = 1e-3
HALVED = 1000
"""Steps after which the learning rate is halved."""


class ZeroShotNoise2Noise(Baseline):
    """Train a small network to map one half of the pixels to the other half.

    D1 and D2 take the means of the two diagonals of each 2 x 2 pixels. The two small pictures have
    the same content and independent noise. So a network f learns only the noise, by min_f (R + C),
    where g(x) = x - f(x) and

        R = (|g(D1 y) - D2 y|^2 + |g(D2 y) - D1 y|^2) / 2,
        C = (|g(D1 y) - D1 g(y)|^2 + |g(D2 y) - D2 g(y)|^2) / 2.

    The result is g(y). f has two 3x3 convolutions and a 1x1 convolution, with 22,000 parameters for
    a colour picture. Adam fits it at 1e-3, which is halved each 1000 steps. Noise that is
    correlated between neighbouring pixels stays in the result.

    Reference: Mansour and Heckel, "Zero-shot Noise2Noise", CVPR 2023, arXiv 2303.11253.

    Args:
        steps: Steps of Adam. The 2000 of the paper take a minute at 256 x 256.
        seed: Seed of the weights.

    Raises:
        ValueError: If a setting is out of its range.
    """

    name = "ZS-N2N"

    def __init__(self, steps: int = 2000, seed: int = 0) -> None:
        self.steps = check.whole("steps", steps)
        self.seed = check.whole("seed", seed, least=0)

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the target without the noise that the network found, `1 c h w`."""
        target = picture_of(target, degradation)
        with seeded(own_seed("zs_n2n", self.seed)):
            network = noise_network(target.shape[1])
        with torch.enable_grad():
            # On a CPU its convolutions are three times as fast in this layout.
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            target = target.contiguous(memory_format=torch.channels_last)
            self.fit(network, target)
        with torch.no_grad():
            return target - network(target)

    def fit(self, network: nn.Module, target: Tensor) -> None:
        """Fit the network to the target `1 c h w`."""
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, HALVED, gamma=0.5)
        for _ in range(self.steps):
            optimizer.zero_grad()
            loss(network, target).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            scheduler.step()

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why the network does not apply, as for any filter that removes noise."""
        return unsuited(target, degradation)


def noise_network(channels: int) -> nn.Sequential:
    """Return the network from an image to its noise, `1 c h w` to `1 c h w`."""
    return nn.Sequential(
        nn.Conv2d(channels, WIDTH, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, channels, 1),
    )


def loss(network: nn.Module, target: Tensor) -> Tensor:
    """Return R + C of a target `1 c h w`, 0-dim."""
    first, second = halves(target)
    of_first, of_second = first - network(first), second - network(second)
    first_of_whole, second_of_whole = halves(target - network(target))
    residual = mse_loss(of_first, second) + mse_loss(of_second, first)
    consistency = mse_loss(of_first, first_of_whole) + mse_loss(of_second, second_of_whole)
    return (residual + consistency) / 2


def halves(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return D1 and D2 of an image, `1 c h/2 w/2`: the means of the diagonals of 2 x 2 pixels.

    Example:
        >>> first, second = halves(torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]]))
        >>> first.item(), second.item()
        (3.0, 4.5)
    """
    channels = image.shape[1]
    other = image.new_tensor([[0.5, 0.0], [0.0, 0.5]]).expand(channels, 1, 2, 2)
    diagonal = other.flip(3)
    first = conv2d(image, diagonal, stride=2, groups=channels)
    return first, conv2d(image, other, stride=2, groups=channels)
