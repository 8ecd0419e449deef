"""Deep Image Prior: a convolutional hourglass with skip connections."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from untrained.generator.layer import (
    Generator,
    Size,
    check_count,
    check_depth,
    check_flag,
    check_upsample,
    halved,
    normalisation,
    resized,
)
from untrained.kernel.convolution import convolved
from untrained.kernel.fused import joined, normalised
from untrained.kernel.interpolation import interpolated

Padding = Literal["reflect", "zeros"]


class SkipHourglass(Generator):
    """The Deep Image Prior's hourglass, an encoder and a decoder joined by thin skips.

    Scale i maps x to up([skip(x), deeper(x)]): `skip` a 1x1 convolution to a few
    channels; `deeper` a stride-2 convolution, a second one, scale i + 1, and the x2
    interpolation; `up` normalises, convolves, and mixes the channels by a 1x1 convolution.
    Every convolution but the last is followed by batch normalisation and LeakyReLU(0.2).
    Five scales of 128 channels, skips of 4, 32 input and 3 output
    channels have 2,217,831 parameters, in the shapes and the order of the authors' network.

    Where we differ from the authors: each map is interpolated to the size of the map that
    it is joined with, so that any size comes out whole (they crop the image to a
    multiple of 32); a map is not halved below 2 pixels (or what the padding needs).

    Reference: Ulyanov, Vedaldi and Lempitsky, "Deep Image Prior", CVPR 2018,
    arXiv 1711.10925.

    Args:
        in_channels: Channels of the code z.
        out_channels: Channels of the image.
        size: Height and width of the image, pixels.
        width: Channels of every scale; or a list, one number a scale, finest first.
        depth: Number of scales.
        skip: Channels of the skips, 0 for none; or a list, one number a scale.
        kernel_down: Side of the encoder's kernels, odd.
        kernel_up: Side of the decoder's kernels, odd.
        kernel_skip: Side of the skips' kernels, odd.
        mix: Mix the channels by a 1x1 convolution after each of the decoder's.
        upsample: 'bilinear' or 'nearest'.
        padding: 'reflect' or 'zeros'.
        channels_last: Compute in the channels-last memory layout.
        fused: Join each normalisation with its rectifier, and leave out the biases before it,
            which it takes away again; for a CPU.

    Shape:
        `1 in_channels *size` to `1 out_channels *size`, values in (0, 1).

    Raises:
        ValueError: If a number is out of its range, a list is not as long as `depth`,
            or `size` cannot carry `depth`.
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
        channels_last: bool = True,
        fused: bool = True,
    ) -> None:
        super().__init__(channels_last, fused)
        check_depth(depth, size)
        check_upsample(upsample)
        check_flag("mix", mix)
        if padding not in ("reflect", "zeros"):
            raise ValueError(f"padding must be 'reflect' or 'zeros', got {padding!r}")
        kernels = {"kernel_down": kernel_down, "kernel_up": kernel_up, "kernel_skip": kernel_skip}
        for name, kernel in kernels.items():
            check_kernel(name, kernel, size)
        widths = by_scale("width", width, depth, least=1)
        skips = by_scale("skip", skip, depth, least=0)
        self.code_size = size
        smallest = max(2, max(kernels.values()) // 2 + 1)
        strides = []
        for _ in range(depth):
            half = halved(size, smallest)
            strides.append((2 if half[0] < size[0] else 1, 2 if half[1] < size[1] else 1))
            size = half
        inner = None
        for i in reversed(range(depth)):
            before = widths[i - 1] if i else in_channels
            unit = partial(Unit, padding=padding, fused=fused)
            inner = Scale(
                unit, before, widths[i], skips[i], inner, strides[i], kernels, mix, upsample
            )
        self.body = cast(Scale, inner)
        self.last = nn.Conv2d(widths[0], out_channels, 1)


class Scale(nn.Module):
    """One scale of the hourglass, with the deeper ones inside it."""

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
        self.fused = self.up[0].fused

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

    slope = 0.2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        padding: Padding,
        fused: bool,
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
        self.fused = fused
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


def by_scale(name: str, value: int | Sequence[int], depth: int, least: int) -> list[int]:
    """Give one number a scale.

    Raises:
        ValueError: If a list is not as long as `depth`, or a number is below `least`.
    """
    values = [value] * depth if isinstance(value, int) else value
    if isinstance(values, str) or not isinstance(values, Sequence) or len(values) != depth:
        raise ValueError(f"{name} must be a number or a list of depth = {depth}, got {value!r}")
    for number in values:
        check_count(name, number, least)
    return list(values)


def check_kernel(name: str, kernel: int, size: Size) -> None:
    """Refuse an even kernel, and one that reaches past the image.

    Raises:
        ValueError: In a line that begins with `name`.
    """
    check_count(name, kernel)
    if kernel % 2 == 0 or kernel // 2 >= min(size):
        limit = 2 * min(size) - 1
        raise ValueError(f"{name} must be an odd number up to {limit}, got {kernel}")
