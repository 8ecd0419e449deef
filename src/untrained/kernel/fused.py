# ruff: noqa: ANN401 - the context of a Function has no type
"""Batch normalisation with its neighbours, in few passes over channels-last maps.

A step on a CPU is bound by memory as much as by arithmetic: each pass over a 512 x 512 map of 128
channels moves 128 MiB. The functions here do the mathematics of the plain layers in fewer
passes. They also sum more accurately. PyTorch's channels-last batch normalisation adds
all pixels one by one in single precision (relative errors of 1e-2 in deep gradients).
They normalise one image by its own statistics, as the authors' networks do.

Maps of few pixels take PyTorch's own layers: what counts there is the number of calls. The limits
below keep the networks' gradients as accurate as they are.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from untrained.kernel.interpolation import of_interpolated
from untrained.kernel.memory import given_back
from untrained.kernel.rows import (
    channels_last,
    gradients,
    long_rows,
    moments,
    repeated,
    total,
    wide,
)

aten = torch.ops.aten
FEW_PIXELS = 16 * 16
FEW_PIXELS_OF_HALF = 64 * 64  # Half precision rounds 1000 times as coarsely as it is summed.


def normalised(x: Tensor, norm: nn.BatchNorm2d, slope: float = 1.0) -> Tensor:
    """Compute leaky_relu(norm(x), slope); a slope of 1 leaves the rectifier out.

    Args:
        x: A map.
        norm: The normalisation, whose gain and shift are used.
        slope: Slope of the rectifier below 0.

    Shape:
        `b c h w` to the same, both channels-last.
    """
    if few(x, *x.shape[2:]):
        y = plain(x, norm)
        return y if slope == 1 else functional.leaky_relu_(y, slope)
    return Normalised.apply(x, norm.weight, norm.bias, slope, norm.eps)  # type: ignore[no-untyped-call]


def decoded(
    x: Tensor, norm: nn.BatchNorm2d, weight: Tensor, size: tuple[int, int] | None, mode: str
) -> Tensor:
    """Compute W norm(relu(up(x))), what lies between two convolutions of the Deep Decoder.

    Args:
        x: A map before its rectifier.
        norm: The normalisation.
        weight: W of a 1x1 convolution.
        size: Height and width to interpolate to; None leaves the interpolation out.
        mode: 'bilinear' or 'nearest'.

    Shape:
        `b c h w` to `b k *size`, both channels-last.
    """
    if few(x, *(size or x.shape[2:])):
        r = rectified(x, size, mode)
        return functional.conv2d(plain(r, norm), weight.to(r))
    return Decoded.apply(x, norm.weight, norm.bias, weight, size, mode, norm.eps)  # type: ignore[no-untyped-call]


def joined(a: Tensor, b: Tensor) -> Tensor:
    """Compute torch.cat([a, b], dim=1), with gradients that are whole channels-last maps.

    PyTorch's gradients are slices of one map. The backward pass of an interpolation is slow on
    slices: 54 ms instead of 7 in the hourglass at 256 x 256.

    Shape:
        `b c h w` and `b c' h w` to `b c+c' h w`.
    """
    return Joined.apply(a, b)  # type: ignore[no-untyped-call]


def few(x: Tensor, height: int, width: int) -> bool:
    """Whether PyTorch's own layers compute a map of this size faster, in the precision of x.

    Args:
        x: A map, of which only the type matters.
        height: Height of the computed map, in pixels.
        width: Width of the computed map, in pixels.
    """
    return height * width <= (FEW_PIXELS_OF_HALF if x.dtype != wide(x) else FEW_PIXELS)


def rectified(x: Tensor, size: tuple[int, int] | None, mode: str) -> Tensor:
    """Return relu(up(x)) of `b c h w`, as a new map. Without a `size` there is no up."""
    if size is None:
        return x.relu()
    return functional.interpolate(x, size=size, mode=mode).relu_()


def plain(x: Tensor, norm: nn.BatchNorm2d) -> Tensor:
    """Compute norm(x) of `b c h w` by the statistics of the map itself."""
    return functional.batch_norm(x, None, None, norm.weight, norm.bias, True, 0.0, norm.eps)


class Normalised(Function):
    """See `normalised`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, gain: Tensor, shift: Tensor, slope: float, eps: float
    ) -> Tensor:
        """Normalise in two passes, one for the moments and one to apply them.

        Args:
            ctx: Keeps what the backward pass needs.
            x: A map, `b c h w`.
            gain: Gain of each channel, `c`.
            shift: Shift of each channel, `c`.
            slope: Slope of the rectifier below 0; 1 for no rectifier.
            eps: Added to the variance.
        """
        x = channels_last(x)
        mean, variance = moments(x)
        y = torch.batch_norm(x, gain, shift, mean, variance, False, 0.0, eps, False)
        if slope != 1:
            functional.leaky_relu_(y, slope)
        ctx.save_for_backward(x, y, gain, mean, (variance + eps).rsqrt())
        ctx.slope = slope
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        """Compute the gradients of x, gain and shift.

        With x^ = (x - mean) / std, g the gradient before the rectifier and < > the mean over the
        pixels, the gradient of x is dx = gain / std (g - <g> - x^ <g x^>).
        """
        x, y, gain, mean, inverse = ctx.saved_tensors
        grad = channels_last(grad)
        # A map of our own, to be overwritten.
        g = grad.clone() if ctx.slope == 1 else aten.leaky_relu_backward(grad, y, ctx.slope, True)
        grad_gain, grad_shift = gradients(g, x, gain, mean, inverse)
        pixels = x.numel() // x.shape[1]
        along = -gain * inverse.square() * grad_gain / pixels
        constant = -gain * inverse * grad_shift / pixels - along * mean
        rows, out = long_rows(x), long_rows(g)
        factor, along, constant = (
            repeated(t.to(g), rows) for t in (gain * inverse, along, constant)
        )
        torch.addcmul(constant, out, factor, out=out).addcmul_(rows, along)
        return g, grad_gain, grad_shift, None, None


class Decoded(Function):
    """See `decoded`.

    Normalisation is affine in each channel. So it is folded into the convolution:
    W norm(r) = W' r + b with W' = W diag(gain / std) and b = W (shift - gain mean / std).
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        gain: Tensor,
        shift: Tensor,
        weight: Tensor,
        size: tuple[int, int] | None,
        mode: str,
        eps: float,
    ) -> Tensor:
        """Interpolate, rectify, measure, and convolve with folded weights.

        Args:
            ctx: Keeps what the backward pass needs.
            x: A map before its rectifier, `b c h w`.
            gain: Gain of each channel, `c`.
            shift: Shift of each channel, `c`.
            weight: W of the 1x1 convolution, `k c 1 1`.
            size: Height and width to interpolate to, or None.
            mode: 'bilinear' or 'nearest'.
            eps: What is added to the variance.
        """
        ctx.shape, ctx.size, ctx.mode = x.shape, size, mode
        x = channels_last(x)
        r = rectified(x, size, mode)
        mean, variance = moments(r)
        inverse = (variance + eps).rsqrt()
        kernel = weight.flatten(1)
        factor = gain * inverse
        bias = kernel @ (shift - factor * mean)
        ctx.save_for_backward(r, gain, shift, kernel, mean, inverse)
        return functional.conv2d(r, (kernel * factor)[:, :, None, None].to(r), bias.to(r))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        """Compute the gradients of x, gain, shift and W, by the chain rule through W' and b."""
        r, gain, shift, kernel, mean, inverse = ctx.saved_tensors
        grad = channels_last(grad).to(r)
        factor = gain * inverse
        folded = (kernel * factor)[:, :, None, None].to(r)
        # The bias's gradient would double the time of this call.
        mask = [False, True, False]
        with given_back():
            _, of_folded, _ = aten.convolution_backward(
                grad, r, folded, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, mask
            )
        of_folded, of_bias = of_folded.flatten(1).to(gain), total(grad).to(gain)
        grad_weight = of_folded * factor + torch.outer(of_bias, shift - factor * mean)
        grad_shift = of_bias @ kernel
        of_factor = (kernel * of_folded).sum(0) - mean * grad_shift
        grad_gain = of_factor * inverse
        pixels = r.numel() // r.shape[1]
        along = -gain * inverse.square() * grad_gain / pixels
        constant = -factor * grad_shift / pixels - along * mean
        transposed = folded.transpose(0, 1).contiguous()
        g = channels_last(functional.conv2d(grad, transposed, constant.to(r)))
        rows = long_rows(r)
        long_rows(g).addcmul_(rows, repeated(along.to(r), rows))
        aten.threshold_backward.grad_input(g, r, 0, grad_input=g)
        if ctx.size is not None:
            g = of_interpolated(g, ctx.size, ctx.shape, ctx.mode)
        return g, grad_gain, grad_shift, grad_weight[:, :, None, None], None, None, None


class Joined(Function):
    """See `joined`."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        """Concatenate `b c h w` and `b c' h w` to `b c+c' h w`."""
        ctx.channels = a.shape[1]
        return torch.cat([a, b], dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradient of each map, `b c h w` and `b c' h w`, as a map of its own."""
        return channels_last(grad[:, : ctx.channels]), channels_last(grad[:, ctx.channels :])
