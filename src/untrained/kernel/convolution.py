# ruff: noqa: ANN401 - the context of a Function has no type
"""Convolution of channels-last maps, with a gradient of the weights that is fast on every CPU."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from untrained.kernel.rows import matrix

aten = torch.ops.aten
# Without AVX-512 oneDNN computes the weights' gradient from channels-last maps at 20 GFLOP/s. From
# the same maps turned channels-first it has 80, by the same kernel with the same bits.
TURNS = torch.backends.cpu.get_cpu_capability() == "AVX2"
FEW_PIXELS = 64 * 64  # Maps of up to so many pixels gain nothing by being turned.


def convolved(x: Tensor, weight: Tensor, stride: tuple[int, ...], padding: int) -> Tensor:
    """Compute functional.conv2d(x, weight, None, stride, padding), for channels-last maps.

    Args:
        x: The map.
        weight: The weights of the convolution.
        stride: Steps of the kernel, down and across.
        padding: Zeros that are added at each side.

    Shape:
        `b c h w` and `k c kernel kernel` to `b k h' w'`.
    """
    kind = x.device.type
    slow = TURNS and kind == "cpu" and not torch.is_autocast_enabled(kind)
    if slow and weight.shape[-1] > 1 and x.shape[2] * x.shape[3] > FEW_PIXELS:
        return Convolved.apply(x, weight, stride, padding)  # type: ignore[no-untyped-call]
    return functional.conv2d(x, weight, None, stride, padding)


class Convolved(Function):
    """See `convolved`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, stride: tuple[int, ...], padding: int
    ) -> Tensor:
        """Convolve `b c h w` with `k c kernel kernel` to `b k h' w'`."""
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return functional.conv2d(x, weight, None, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        """Compute the gradients of the map and the weights.

        The gradient of the map is computed from channels-last maps, that of the weights from
        channels-first maps.
        """
        x, weight = ctx.saved_tensors

        def gradients(grad: Tensor, x: Tensor, which: list[bool]) -> tuple[Tensor, ...]:
            padding = [ctx.padding] * 2
            return aten.convolution_backward(
                grad, x, weight, None, ctx.stride, padding, [1, 1], False, [0, 0], 1, which
            )

        of_map = gradients(grad, x, [True, False, False])[0] if ctx.needs_input_grad[0] else None
        of_weight = gradients(turned(grad), turned(x), [False, True, False])[1]
        return of_map, of_weight, None, None


def turned(x: Tensor) -> Tensor:
    """Return a channels-last map `b c h w` as a channels-first map.

    A single map is transposed as a matrix, which takes half the time of PyTorch's conversion.
    """
    if len(x) > 1 or not x.is_contiguous(memory_format=torch.channels_last):
        return x.contiguous()
    return matrix(x).t().contiguous().view(x.shape)
