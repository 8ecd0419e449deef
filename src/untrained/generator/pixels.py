"""Pixels: no network at all, and so no prior."""

import torch
from torch import Tensor, nn

from untrained.check import choice
from untrained.generator.layer import ACTIVATIONS, Size, activated


class Pixels(nn.Module):
    """Fit the pixels themselves, G(z) = sigmoid(theta). There is no network, and so no prior.

    Without a penalty the fit reproduces y with its noise, and unknown pixels stay grey. With total
    variation it is the classical variational method. The DIP paper calls the two "no prior" and "TV
    prior" (Ulyanov, Vedaldi, Lempitsky, CVPR 2018).

    Each fit starts grey, with any seed. So several fits are equal.

    Args:
        in_channels: Channels of the code, which is ignored.
        out_channels: Channels of the image.
        size: Height and width of the image, in pixels.
        activation: Last function: 'sigmoid' for values in (0, 1), or 'none'.

    Shape:
        `1 in_channels 1 1` to `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a setting has a bad value.
    """

    code_size = (1, 1)

    def __init__(
        self, in_channels: int, out_channels: int, size: Size, activation: str = "sigmoid"
    ) -> None:
        super().__init__()
        self.activation = choice("activation", activation, ACTIVATIONS)
        self.pixels = nn.Parameter(torch.zeros(1, out_channels, *size))

    def forward(self, code: Tensor) -> Tensor:
        """Return the image `1 c *size`, in the precision of the code."""
        # A copy: the next update of the pixels must not change an image that was looked at.
        return activated(self.pixels.clone(), code, self.activation)
