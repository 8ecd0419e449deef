"""U-Net: an encoder and a decoder with all of the encoder's maps beside the decoder's."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from untrained import check
from untrained.check import choice, one_a_scale, whole
from untrained.generator.dip import PADDINGS, Padding, Unit, strides_of
from untrained.generator.layer import (
    ACTIVATIONS,
    UPSAMPLINGS,
    Size,
    activated,
    check_depth,
    freeze_convolutions,
    resized,
)
from untrained.kernel.fused import joined
from untrained.kernel.interpolation import interpolated

VALUES = 256  # of a byte


class UNet(nn.Module):
    """A plain U-Net, as it is used beside the hourglass of DIP for CT and MRI.

    Scale i maps x to two(join(s, up(scale i + 1(pool(s))))) with s = two(x). `two` is two 3x3
    convolutions, each with batch normalisation and LeakyReLU(0.2). `pool` takes the largest of
    2 x 2 pixels, `up` interpolates to the size of s, and below the last scale there is `two`
    alone. So the hourglass differs in its thin skips, and in halving by stride.

    We differ from the paper's network, to take any size and to fit one image. Our convolutions
    are padded, so that nothing is cropped. Ours has batch normalisation. It interpolates, where
    the paper has transposed convolutions. Its channels are the same at each scale:
    `width=[64,128,256,512]` doubles them nearly as the paper does.

    Reference: Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image
    Segmentation", MICCAI 2015, arXiv 1505.04597.

    Args:
        in_channels: Channels of the code z.
        out_channels: Channels of the image.
        size: Height and width of the image, pixels.
        width: Channels of every scale; or a list, one number a scale, finest first. The maps below
            the last scale have as many as that scale.
        depth: Number of times that the map is halved.
        upsample: 'bilinear' or 'nearest'.
        padding: 'reflect' or 'zeros'.
        activation: Last function, 'sigmoid' for values in (0, 1), or 'none'.
        freeze: Keep the convolutions as they were drawn.
        dropout: Probability that a value of a map of the decoder becomes 0 before a convolution, at
            each step, from 0 to less than 1. It is for Self2Self (`latent=masked`).

    Shape:
        `1 in_channels *size` to `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a word has another value, a list is not as long as `depth`, or `size` cannot
            carry `depth`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size,
        width: int | Sequence[int] = 64,
        depth: int = 4,
        upsample: str = "bilinear",
        padding: Padding = "reflect",
        activation: str = "sigmoid",
        freeze: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check.number("dropout", dropout, least=0, under=1)
        self.draws = dropout > 0
        check_depth(whole("depth", depth), size)
        choice("upsample", upsample, UPSAMPLINGS)
        choice("padding", padding, PADDINGS)
        self.activation = choice("activation", activation, ACTIVATIONS)
        widths = one_a_scale("width", width, depth)
        self.code_size = size
        channels = [in_channels, *widths, widths[-1]]
        strides = strides_of(size, depth, smallest=2)
        body: nn.Module = two(channels[-2], channels[-1], padding)
        for i in reversed(range(depth)):
            outside, inside, below = channels[i : i + 3]
            body = Scale(outside, inside, below, body, strides[i], upsample, padding, dropout)
        self.body = body
        self.last = nn.Conv2d(widths[0], out_channels, 1)
        freeze_convolutions(self, freeze)

    def forward(self, code: Tensor) -> Tensor:
        """Map a code `1 c' *code_size` to an image `1 c *size`, in the precision of the code."""
        return activated(self.last(self.body(code)), code, self.activation)


class Scale(nn.Module):
    """One scale of the U-Net, with the deeper ones inside it."""

    fused: bool = False

    def __init__(
        self,
        in_channels: int,
        width: int,
        deeper_width: int,
        deeper: nn.Module,
        stride: Size,
        upsample: str,
        padding: Padding,
        dropout: float,
    ) -> None:
        super().__init__()
        self.stride, self.upsample = stride, upsample
        self.down = two(in_channels, width, padding)
        self.deeper = deeper
        first, second = two(width + deeper_width, width, padding)
        drops = [Dropout(dropout)] if dropout else []
        self.up = nn.Sequential(*drops, first, *drops, second)

    def forward(self, x: Tensor) -> Tensor:
        """Go down, through the deeper scales and up again, beside what was there."""
        beside = self.down(x)
        size = (beside.shape[2], beside.shape[3])
        deeper = self.deeper(functional.max_pool2d(beside, self.stride, ceil_mode=True))
        if self.fused:
            return self.up(joined(beside, interpolated(deeper, size, self.upsample)))
        return self.up(torch.cat([beside, resized(deeper, size, self.upsample)], dim=1))


class Dropout(nn.Module):
    """Set each value to 0 with a probability p, and divide the others by 1 - p, at each pass.

    p is rounded to a multiple of 1/256, from 1/256 to 255/256: then a random byte says whether a
    value is dropped. On a CPU this takes a fifth of the time of PyTorch's dropout, which was a
    third of a step (docs/evidence/speed.md).
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.dropped = min(max(round(VALUES * probability), 1), VALUES - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map, `K c h w`, with other values dropped at each call."""
        count, channels, height, width = x.shape
        # In the layout of the maps, channels last.
        drawn = random_bytes(x.numel(), x.device).view(count, height, width, channels)
        kept = drawn.movedim(-1, 1) >= self.dropped
        return x * (kept.to(x.dtype) / (1 - self.dropped / VALUES))


def random_bytes(count: int, device: torch.device) -> Tensor:
    """Return random numbers from 0 to 255, drawn eight at a time."""
    words = torch.empty(math.ceil(count / 8), dtype=torch.int64, device=device)
    return words.random_(-(2**63), None).view(torch.uint8)[:count]


def two(in_channels: int, width: int, padding: Padding) -> nn.Sequential:
    """Return two 3x3 convolutions, each normalised and rectified."""
    return nn.Sequential(Unit(in_channels, width, 3, padding), Unit(width, width, 3, padding))
