"""Deep Decoder: an under-parameterised network without spatial convolutions."""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from untrained.check import choice, flag, whole
from untrained.generator.layer import (
    ACTIVATIONS,
    UPSAMPLINGS,
    Size,
    activated,
    check_depth,
    freeze_convolutions,
    halved,
    normalisation,
    resized,
)
from untrained.kernel.fused import decoded


class DeepDecoder(nn.Module):
    """Deep Decoder, G(z) = sigmoid(W_(d+1) B_d ... B_0 z).

    Each block is B(x) = norm(relu(up(W x))). W is a 1x1 convolution without bias, norm is batch
    normalisation, and up is an interpolation to twice the size. The last block has no up. With
    `upsample_first` a block is B(x) = norm(relu(W up(x))), and the first block has no up. Five
    scales of 128 channels and 3 output channels have 100,224 parameters, in the shapes and the
    order of the authors' network.

    We differ from the authors in two points. The sizes of the maps are those of the image when it
    is halved `depth` times, rounded up, so any size is possible. No map is smaller than 2 x 2,
    because a code of one pixel gives one flat colour.

    Reference: Heckel and Hand, "Deep Decoder: Concise Image Representations
    from Untrained Non-convolutional Networks", ICLR 2019, arXiv 1810.03982.

    Args:
        in_channels: Channels of the code z.
        out_channels: Channels of the image.
        size: Height and width of the image, pixels.
        width: Channels of every block.
        depth: Number of interpolations to twice the size.
        upsample: 'bilinear' or 'nearest'.
        upsample_first: Whether to upsample before each convolution instead of after it.
        bias: Whether the last convolution has a bias, which the authors' has not. Without it a
            large hole gets the complementary colour of what is around it (`fit.start_at`).
        activation: Last function: 'sigmoid' for values in (0, 1), or 'none'.
        freeze: Whether the convolutions keep their initial values.

    Shape:
        A code `1 in_channels *code_size` to an image `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a setting has a bad value, or if `size` is too small for `depth`.
    """

    fused: bool = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size,
        width: int = 128,
        depth: int = 5,
        upsample: str = "bilinear",
        upsample_first: bool = False,
        bias: bool = False,
        activation: str = "sigmoid",
        freeze: bool = False,
    ) -> None:
        super().__init__()
        whole("width", width)
        check_depth(whole("depth", depth), size)
        flag("upsample_first", upsample_first)
        self.upsample = choice("upsample", upsample, UPSAMPLINGS)
        self.activation = choice("activation", activation, ACTIVATIONS)
        sizes = [size]
        for _ in range(depth):
            sizes.insert(0, halved(sizes[0]))
        self.code_size = sizes[0]
        channels = [in_channels] + [width] * (depth + 1)
        plan: list[Size | None] = [None, *sizes[1:]] if upsample_first else [*sizes[1:], None]
        blocks = [
            Block(inside, outside, to, upsample, upsample_first)
            for inside, outside, to in zip(channels, channels[1:], plan, strict=False)
        ]
        self.body = nn.Sequential(*blocks)
        self.last = nn.Conv2d(width, out_channels, 1, bias=flag("bias", bias))
        freeze_convolutions(self, freeze)

    def forward(self, code: Tensor) -> Tensor:
        """Map a code `1 c' *code_size` to an image `1 c *size`, in the precision of the code."""
        logits = self.fused_logits(code) if self.fused else self.last(self.body(code))
        return activated(logits, code, self.activation)

    def fused_logits(self, code: Tensor) -> Tensor:
        """Compute the input of the activation, with each normalisation inside the next convolution.

        A 1x1 convolution and an interpolation commute. So the convolution works on the smaller map,
        also with `upsample_first`.
        """
        blocks = [cast(Block, block) for block in self.body]
        weights = [*(block.convolution.weight for block in blocks), self.last.weight]
        x = functional.conv2d(code, weights[0])
        for block, weight in zip(blocks, weights[1:], strict=True):
            x = decoded(x, block.norm, weight, block.size, self.upsample)
        bias = self.last.bias
        return x if bias is None else x + bias[:, None, None]


class Block(nn.Module):
    """One block of the Deep Decoder, norm(relu(up(W x))). Without `size` up is left out."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size | None,
        upsample: str,
        upsample_first: bool,
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm = normalisation(out_channels)
        self.size, self.upsample, self.upsample_first = size, upsample, upsample_first

    def forward(self, x: Tensor) -> Tensor:
        """Convolve, upsample, rectify and normalise, `1 c *n` to `1 c' *size`."""
        if self.size is not None and self.upsample_first:
            x = resized(x, self.size, self.upsample)
        x = self.convolution(x)
        if self.size is not None and not self.upsample_first:
            x = resized(x, self.size, self.upsample)
        return self.norm(x.relu_())
