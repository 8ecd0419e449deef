"""Deep Image Prior: a convolutional hourglass with skip connections."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from untrained.check import choice, flag, one_a_scale, whole
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
    rounded,
)
from untrained.kernel.convolution import convolved
from untrained.kernel.fused import joined, normalised
from untrained.kernel.interpolation import interpolated

Padding = Literal["reflect", "zeros"]
PADDINGS = ("reflect", "zeros")


class SkipHourglass(nn.Module):
    """The network of Deep Image Prior (DIP): an encoder and a decoder with skip connections.

    Scale i maps x to up([skip(x), deeper(x)]):

    - `skip` is a 1x1 convolution to a few channels.
    - `deeper` is a convolution of stride 2, a second convolution, scale i + 1, and an interpolation
      to twice the size.
    - `up` is batch normalisation, a convolution, and a 1x1 convolution that mixes the channels.

    Batch normalisation and LeakyReLU(0.2) follow each convolution but the last. Five scales of 128
    channels, skips of 4, 32 input and 3 output channels have 2,217,831 parameters, in the shapes
    and the order of the authors' network.

    We differ from the authors in two points. The authors crop the image to a multiple of 32. We
    interpolate each map to the size of the map that it joins, so any size is possible. A map is not
    halved below 2 pixels, or below the size that the padding needs.

    Reference: Ulyanov, Vedaldi and Lempitsky, "Deep Image Prior", CVPR 2018,
    arXiv 1711.10925.

    Args:
        in_channels: Channels of the code z.
        out_channels: Channels of the image.
        size: Height and width of the image, pixels.
        width: Channels of every scale, or a list with one number for each scale, finest first.
        depth: Number of scales.
        skip: Channels of the skips, 0 for none, or a list with one number for each scale, finest
            first.
        kernel_down: Side of the encoder's kernels, odd.
        kernel_up: Side of the decoder's kernels, odd.
        kernel_skip: Side of the skips' kernels, odd.
        mix: Whether a 1x1 convolution mixes the channels after each convolution of the decoder.
        upsample: 'bilinear' or 'nearest'.
        padding: 'reflect' or 'zeros'.
        activation: Last function: 'sigmoid' for values in (0, 1), or 'none'.
        freeze: Whether the convolutions keep their initial values.

    Shape:
        A code `1 in_channels *size` to an image `1 out_channels *size`, contiguous.

    Raises:
        ValueError: If a setting has a bad value, if a list is not as long as `depth`, or if `size`
            is too small for `depth`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size,
        width: int | Sequence[int] = 128,
        depth: int = 5,
        skip: int | Sequence[int] = 4,
        kernel_down: int = 3,
        kernel_up: int = 3,
        kernel_skip: int = 1,
        mix: bool = True,
        upsample: str = "bilinear",
        padding: Padding = "reflect",
        activation: str = "sigmoid",
        freeze: bool = False,
    ) -> None:
        super().__init__()
        check_depth(whole("depth", depth), size)
        choice("upsample", upsample, UPSAMPLINGS)
        choice("padding", padding, PADDINGS)
        flag("mix", mix)
        self.activation = choice("activation", activation, ACTIVATIONS)
        kernels = {"kernel_down": kernel_down, "kernel_up": kernel_up, "kernel_skip": kernel_skip}
        check_kernels(kernels, size)
        widths = one_a_scale("width", width, depth)
        skips = one_a_scale("skip", skip, depth, least=0)
        self.code_size = size
        unit = partial(Unit, padding=padding)
        strides = strides_of(size, depth, smallest=max(2, max(kernels.values()) // 2 + 1))
        inner = None
        for i in reversed(range(depth)):
            before = widths[i - 1] if i else in_channels
            inner = Scale(
                unit, before, widths[i], skips[i], inner, strides[i], kernels, mix, upsample
            )
        self.body = cast(Scale, inner)
        self.last = nn.Conv2d(widths[0], out_channels, 1)
        freeze_convolutions(self, freeze)

    def forward(self, code: Tensor) -> Tensor:
        """Map a code `1 c' *code_size` to an image `1 c *size`, in the precision of the code."""
        return activated(self.last(self.body(rounded(code))), code, self.activation)


class Scale(nn.Module):
    """One scale of the hourglass, with the deeper ones inside it."""

    fused: bool = False

    def __init__(
        self,
        unit: "Callable[..., Unit]",
        in_channels: int,
        width: int,
        skip: int,
        inner: "Scale | None",
        stride: Size,
        kernels: Mapping[str, int],
        mix: bool,
        upsample: str,
    ) -> None:
        super().__init__()
        down, up, aside = kernels.values()
        self.width, self.upsample = width, upsample
        self.skip = unit(in_channels, skip, aside) if skip else None
        self.deeper = nn.Sequential(
            unit(in_channels, width, down, stride=stride),
            unit(width, width, down),
            *([inner] if inner else []),
        )
        joint = skip + (inner.width if inner else width)
        self.norm = normalisation(joint)
        self.up = nn.Sequential(unit(joint, width, up), *([unit(width, width, 1)] if mix else []))

    def forward(self, x: Tensor) -> Tensor:
        """Go down, through the deeper scales and up again, beside the skip."""
        size = (x.shape[2], x.shape[3])
        if self.fused:
            deeper = interpolated(self.deeper(x), size, self.upsample)
            both = joined(self.skip(x), deeper) if self.skip else deeper
            return self.up(normalised(both, self.norm))
        deeper = resized(self.deeper(x), size, self.upsample)
        both = torch.cat([self.skip(x), deeper], dim=1) if self.skip else deeper
        return self.up(self.norm(both))


class Unit(nn.Module):
    """The unit of the network: convolution, batch normalisation, LeakyReLU(0.2)."""

    fused: bool = False
    slope = 0.2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        padding: Padding,
        stride: Size = (1, 1),
    ) -> None:
        super().__init__()
        pad = kernel // 2
        # A 1x1 convolution needs no padding; 'zeros' spares PyTorch's reflection a copy of the map.
        mode: Padding = padding if pad else "zeros"
        self.convolution = nn.Conv2d(
            in_channels, out_channels, kernel, stride, pad, padding_mode=mode
        )
        self.norm = normalisation(out_channels)
        # What is reflected around a map, and the zeros that the convolution itself adds.
        self.around, self.inside = ([pad] * 4, 0) if mode == "reflect" else ([0] * 4, pad)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve, normalise and rectify."""
        convolution = self.convolution
        if not self.fused:
            return functional.leaky_relu_(self.norm(convolution(x)), self.slope)
        if any(self.around):
            # Autocast would have the reflection in single precision, there and back.
            with torch.autocast(x.device.type, enabled=False):
                x = functional.pad(x, self.around, "reflect")
        # The bias adds to the mean, which is taken away; its gradient is 0, and dear to sum.
        x = convolved(x, convolution.weight, convolution.stride, self.inside)
        return normalised(x, self.norm, self.slope)


def strides_of(size: Size, depth: int, smallest: int) -> list[Size]:
    """Return the stride of each scale, finest first: 2 along a side that can be halved, else 1.

    Args:
        size: Height and width of the image.
        depth: Number of scales.
        smallest: The shortest side that a map may have.
    """
    strides = []
    for _ in range(depth):
        height, width = halved(size, smallest)
        strides.append((2 if height < size[0] else 1, 2 if width < size[1] else 1))
        size = height, width
    return strides


def check_kernels(kernels: Mapping[str, int], size: Size) -> None:
    """Refuse an even kernel, and one that reaches past the image.

    Raises:
        ValueError: In a line that begins with the name of the kernel.
    """
    limit = 2 * min(size) - 1
    for name, kernel in kernels.items():
        whole(name, kernel)
        if kernel % 2 == 0 or kernel > limit:
            raise ValueError(f"{name} must be an odd number up to {limit}, got {kernel}")
