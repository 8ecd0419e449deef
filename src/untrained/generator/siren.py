"""SIREN: a network of coordinates, whose activations are sines."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from untrained.check import choice, number, whole
from untrained.generator.layer import ACTIVATIONS, Size, activated


class Siren(nn.Module):
    """A sinusoidal representation network, from the coordinates of each pixel to its colour.

    Layer i maps x to sin(omega (W x + b)). A linear map and the sigmoid follow the last layer. W is
    drawn as in the paper, from U(-1/n, 1/n) in the first layer and from U(-sqrt(6/n)/omega,
    sqrt(6/n)/omega) in the others, where n is the number of input channels. So the inputs of all
    layers have the same distribution. With a larger omega the network learns finer details first.

    The code must be the coordinates from 0 to 1 (`latent=grid`). The network scales them to [-1,
    1]. 1x1 convolutions compute each pixel by itself.

    We differ from the paper in the sigmoid: its images are in [-1, 1] and its last map is linear.

    Reference: Sitzmann, Martel, Bergman, Lindell and Wetzstein, "Implicit Neural Representations
    with Periodic Activation Functions", NeurIPS 2020, arXiv 2006.09661.

    Args:
        in_channels: Channels of the code z, 2 for coordinates.
        out_channels: Channels of the image.
        size: Height and width of the image, in pixels.
        width: Channels of every layer.
        depth: Number of sine layers.
        omega: Angular frequency of the sines.
        activation: Last function: 'sigmoid' for values in (0, 1), or 'none'.

    Shape:
        `1 in_channels *size` to `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a setting has a bad value.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size,
        width: int = 256,
        depth: int = 4,
        omega: float = 30,
        activation: str = "sigmoid",
    ) -> None:
        super().__init__()
        whole("width", width)
        whole("depth", depth)
        self.omega = number("omega", omega, over=0)
        self.activation = choice("activation", activation, ACTIVATIONS)
        self.code_size = size
        channels = [in_channels] + [width] * depth
        pairs = pairwise(channels)
        self.layers = nn.ModuleList(nn.Conv2d(inside, outside, 1) for inside, outside in pairs)
        self.last = nn.Conv2d(width, out_channels, 1)
        nn.init.uniform_(self.layers[0].weight, -1 / in_channels, 1 / in_channels)  # type: ignore[arg-type]
        bound = math.sqrt(6 / width) / omega
        for layer in [*self.layers[1:], self.last]:
            nn.init.uniform_(layer.weight, -bound, bound)

    def forward(self, code: Tensor) -> Tensor:
        """Map coordinates `1 2 *size` to an image `1 c *size`, in the precision of the code."""
        # In bfloat16 the angle of a sine would be wrong by a tenth of a turn.
        with torch.autocast(code.device.type, enabled=False):
            x = 2 * code - 1
            for layer in self.layers:
                x = (self.omega * layer(x)).sin()
            return activated(self.last(x), code, self.activation)
