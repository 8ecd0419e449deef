"""ConvDecoder: the Deep Decoder with 3x3 convolutions."""

import math

from torch import Tensor, nn
from torch.nn import functional

from untrained.check import choice, whole
from untrained.generator.layer import (
    ACTIVATIONS,
    UPSAMPLINGS,
    Size,
    activated,
    freeze_convolutions,
    normalisation,
    resized,
)
from untrained.kernel.fused import normalised
from untrained.kernel.interpolation import interpolated


class ConvDecoder(nn.Module):
    """ConvDecoder, G(z) = sigmoid(W B_(d+1) ... B_1 z), an under-parameterised decoder.

    Each block is B(x) = norm(relu(C up(x))). C is a 3x3 convolution, and `up` interpolates to the
    next size. The last block has no `up`. W is a 1x1 convolution. The sizes grow from `start` to
    the size of the image by one ratio, so any size is possible. Seven layers of 128 channels
    (`depth=6`) and 2 output channels have 1,035,138 parameters, as the authors' network for MRI.

    We differ from the authors in two points. They set both sides of the code, such as 8 x 4 for an
    image of 640 x 368; we compute the shorter side from the shape of the image. They have no
    sigmoid, so their images have any value (`activation=none`).

    Reference: Darestani and Heckel, "Accelerated MRI with Un-trained Neural Networks", IEEE
    Transactions on Computational Imaging 2021, arXiv 2007.02471.

    Args:
        in_channels: Channels of the code z.
        out_channels: Channels of the image.
        size: Height and width of the image, in pixels.
        width: Channels of every block.
        depth: Number of interpolations.
        start: Longer side of the code, in pixels.
        upsample: 'nearest' or 'bilinear'.
        activation: Last function: 'sigmoid' for values in (0, 1), or 'none'.
        freeze: Whether the convolutions keep their initial values.

    Shape:
        `1 in_channels *code_size` to `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a setting has a bad value.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size,
        width: int = 128,
        depth: int = 7,
        start: int = 8,
        upsample: str = "nearest",
        activation: str = "sigmoid",
        freeze: bool = False,
    ) -> None:
        super().__init__()
        whole("width", width)
        whole("depth", depth)
        whole("start", start, least=2)
        choice("upsample", upsample, UPSAMPLINGS)
        self.activation = choice("activation", activation, ACTIVATIONS)
        self.code_size, *sizes = sizes_between(start, size, depth)
        channels = [in_channels] + [width] * (depth + 1)
        plan: list[Size | None] = [*sizes, None]
        blocks = [
            Block(inside, outside, to, upsample)
            for inside, outside, to in zip(channels, channels[1:], plan, strict=False)
        ]
        self.body = nn.Sequential(*blocks)
        self.last = nn.Conv2d(width, out_channels, 1)
        freeze_convolutions(self, freeze)

    def forward(self, code: Tensor) -> Tensor:
        """Map a code `1 c' *code_size` to an image `1 c *size`, in the precision of the code."""
        return activated(self.last(self.body(code)), code, self.activation)


class Block(nn.Module):
    """One block of the ConvDecoder, norm(relu(C up(x))). Without `size` up is left out."""

    fused: bool = False

    def __init__(
        self, in_channels: int, out_channels: int, size: Size | None, upsample: str
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm = normalisation(out_channels)
        self.size, self.upsample = size, upsample

    def forward(self, x: Tensor) -> Tensor:
        """Upsample, convolve, rectify and normalise, `1 c *n` to `1 c' *size`."""
        if self.size is not None:
            up = interpolated if self.fused else resized
            x = up(x, self.size, self.upsample)
        x = functional.relu_(self.convolution(x))
        return normalised(x, self.norm) if self.fused else self.norm(x)


def sizes_between(start: int, size: Size, depth: int) -> list[Size]:
    """Return the sizes from the code to the image, which grow by one ratio.

    The longer side of the code is `start`, or the side of the image if this is smaller. No side is
    below 2.

    Args:
        start: Longer side of the code, in pixels.
        size: Height and width of the image, in pixels.
        depth: Number of interpolations.

    Example:
        >>> sizes_between(8, (640, 368), depth=7)
        [(8, 5), (15, 10), (28, 18), (53, 32), (98, 59), (183, 108), (343, 200), (640, 368)]
    """
    longer = max(size)
    first = [min(side, max(2, math.ceil(start * side / longer))) for side in size]
    sizes = []
    for step in range(depth):
        share = step / depth
        height, width = (
            math.ceil(round(side * (end / side) ** share, 6))
            for side, end in zip(first, size, strict=True)
        )
        sizes.append((height, width))
    return [*sizes, size]
