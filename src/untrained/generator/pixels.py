"""Pixels: no network at all, and so no prior."""

import torch
from torch import Tensor, nn

from untrained.check import choice
from untrained.generator.layer import ACTIVATIONS, Size, activated


class Pixels(nn.Module):
    """The image itself is what is fitted, G(z) = sigmoid(theta): every image is as near as another.

    Without a penalty it fits y alone, what y says nothing of stays grey, and the noise comes with
    the image. With total variation it is the classic variational method. The DIP paper calls the
    two "no prior" and "TV prior".

    Each fit starts grey, whatever its seed is. So several fits are all the same.

    Args:
        in_channels: Channels of the code, which is not looked at.
        out_channels: Channels of the image.
        size: Height and width of the image, pixels.
        activation: Last function, 'sigmoid' for values in (0, 1), or 'none'.

    Shape:
        `1 in_channels 1 1` to `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a word has another value.
    """

    code_size = (1, 1)

    def __init__(
        self, in_channels: int, out_channels: int, size: Size, activation: str = "sigmoid"
    ) -> None:
        super().__init__()
        self.activation = choice("activation", activation, ACTIVATIONS)
        self.pixels = nn.Parameter(torch.zeros(1, out_channels, *size))

    def forward(self, code: Tensor) -> Tensor:
        """Return the image, in the precision of the code."""
        # A copy: the next update of the pixels must not change an image that was looked at.
        return activated(self.pixels.clone(), code, self.activation)
