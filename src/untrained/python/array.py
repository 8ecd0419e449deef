"""Somebody's own arrays, of NumPy or PyTorch, to images `1 c h w` and back."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from untrained.image import MIN_SIDE
from untrained.image.scale import DIM

INTEGERS = (torch.uint8, torch.uint16)
GREATEST = 8.0  # Noise takes a float beyond [0, 1], but never so far.


PART, BELOW = 16, 0.25  # The mean of 16 x 16 pixels is not taken so far by noise.


class Layout(NamedTuple):
    """The layout of an array, so that a result can have the same.

    Args:
        dtype: Its type, as PyTorch calls it.
        device: Its device; None of a NumPy array.
        axes: Number of its axes.
        channel_axis: The axis of its channels; None where it has none, or is `1 c h w`.
    """

    dtype: torch.dtype
    device: torch.device | None
    axes: int
    channel_axis: int | None


def from_array(name: str, array: Any, channel_axis: int | None) -> tuple[Tensor, Layout]:  # noqa: ANN401
    """Return an array as an image `1 c h w`, float32 on the CPU, and how it was laid out.

    Integers are scaled by the greatest value of their type to [0, 1]. Floats stay as they are:
    noise may take them beyond.

    Args:
        name: What a refusal calls the array.
        array: `h w`; with `channel_axis` also `h w c` or `c h w`; without, `1 c h w`.
        channel_axis: The axis of the channels, as in scikit-image.

    Raises:
        ValueError: If it is no such array; the message begins with `name`.
    """
    is_tensor = isinstance(array, Tensor)
    tensor = array.detach() if is_tensor else as_tensor(name, array)
    layout = Layout(tensor.dtype, tensor.device if is_tensor else None, tensor.dim(), channel_axis)
    if tensor.is_meta:
        raise ValueError(f"{name} is on the device meta, and has no numbers")
    tensor = tensor.to_dense()
    if tensor.is_complex():
        how = "the command line reads k-space, degradation=mri target.path=kspace.npy"
        raise ValueError(f"{name} has complex numbers: {how}")
    image = in_order(name, tensor, channel_axis)
    height, width = image.shape[2:]
    if min(image.shape[1], height, width) < 1 or min(height, width) < MIN_SIDE:
        least = f"at least {MIN_SIDE} x {MIN_SIDE} are needed"
        raise ValueError(f"{name} is {height} x {width} pixels; {least}")
    image = scaled(name, image).cpu().contiguous()
    if image.is_inference():
        image = image.clone()  # It could not be fitted.
    if not image.isfinite().all():
        raise ValueError(f"{name} has values that are not finite (NaN or infinity)")
    if image.abs().max() > GREATEST:
        low, high = image.min().item(), image.max().item()
        raise ValueError(f"{name} has floats from {low:.6g} to {high:.6g}; scale them to [0, 1]")
    check_level(name, image)
    return image, layout


def check_level(name: str, image: Tensor) -> None:
    """Refuse an image `1 c h w` with regions below black. Noise makes only single pixels negative.

    Raises:
        ValueError: If there is such a region, for example because the image is scaled to [-1, 1].
    """
    low = functional.avg_pool2d(image, PART).min().item()
    if low < -BELOW:
        raise ValueError(f"{name} has parts whose mean is {low:.3g}: scale it to [0, 1]")


def as_tensor(name: str, array: Any) -> Tensor:  # noqa: ANN401
    """Return an array of NumPy, or what NumPy can convert, as a tensor with its own data.

    Raises:
        ValueError: If the array is masked, or does not consist of numbers.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError(
            f"{name} is a masked array: fill it, and type degradation=Inpainting(mask=~array.mask)"
        )
    if isinstance(array, str | Path):
        raise ValueError(
            f"{name} must be an array of numbers, got {type(array).__name__}; "
            "untrained.image.read reads a picture"
        )
    numbers = np.array(array, order="C")
    try:
        # Files of astronomy have the other order of bytes, which PyTorch does not know.
        return torch.from_numpy(numbers.astype(numbers.dtype.newbyteorder("="), copy=False))
    except TypeError:
        kind = f"array of {numbers.dtype}" if numbers.ndim else type(array).__name__
        raise ValueError(f"{name} must be an array of numbers, got {kind}") from None


def in_order(name: str, tensor: Tensor, channel_axis: int | None) -> Tensor:
    """Return an array as `1 c h w`.

    Args:
        name: The name of the array, for the message.
        tensor: The array.
        channel_axis: The axis of the channels; None for an array `h w` or `1 c h w`.

    Raises:
        ValueError: If the array has another number of axes, or `channel_axis` is not one of them.
    """
    shape = tuple(tensor.shape)
    match channel_axis, shape:
        case None, (_, _):
            return tensor[None, None]
        case None, (1, _, _, _):
            return tensor
        case None, _:
            raise ValueError(f"{name} has the shape {shape}: {hint_of_axis(shape)}")
    if isinstance(channel_axis, bool) or not isinstance(channel_axis, int | np.integer):
        raise ValueError(f"channel_axis must be None or a whole number, got {channel_axis!r}")
    if tensor.dim() != 3 or not -3 <= channel_axis < 3:
        raise ValueError(f"{name} has the shape {shape}, which has no channel_axis={channel_axis}")
    return tensor.movedim(channel_axis, 0)[None]


def hint_of_axis(shape: tuple[int, ...]) -> str:
    """Return what to type for an array whose axes are not known.

    Example:
        >>> hint_of_axis((3, 64, 48)), hint_of_axis((64, 48, 3))[:15]
        ("channel_axis=0 says that the first axis is the channels'", 'channel_axis=-1')
    """
    if len(shape) != 3:
        return "an image is `h w`, `1 c h w`, or three axes with channel_axis"
    axis, place = (0, "first") if shape[0] < shape[2] else (-1, "last")
    return f"channel_axis={axis} says that the {place} axis is the channels'"


def scaled(name: str, tensor: Tensor) -> Tensor:
    """Return numbers as float32, of the same shape. Integers are scaled to [0, 1].

    Raises:
        ValueError: If the type has no usual white, or if the values are so small that white must be
            below the greatest value of the type, as in 16-bit files of a 12-bit camera.
    """
    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.dtype in INTEGERS:
        values = tensor.to(torch.float32)
        high, top = int(values.max()), torch.iinfo(tensor.dtype).max
        if 0 < high < DIM[kind]:
            raise ValueError(
                f"{name} has values up to {high} of {top}: divide it by the value of white"
            )
        return values / top
    if tensor.dtype == torch.bool or tensor.is_floating_point():
        return tensor.to(torch.float32)
    raise ValueError(f"{name} has numbers of the type {kind}: make them floats in [0, 1]")


def like(image: Tensor, layout: Layout) -> Any:  # noqa: ANN401
    """Return an image `1 c h w` laid out as an array was: of its type, on its device.

    Integers and booleans are rounded from [0, 1]. Where the target was `h w` and the image has
    colours, it is `h w 3`.
    """
    found = image.detach()
    if layout.channel_axis is not None:
        found = found[0].movedim(0, layout.channel_axis)
    elif layout.axes == 2:
        # A grey target may have an image of colours.
        found = found[0, 0] if found.shape[1] == 1 else found[0].movedim(0, -1)
    if layout.dtype in INTEGERS:
        found = (found.clamp(0, 1) * torch.iinfo(layout.dtype).max).round()
    elif layout.dtype == torch.bool:
        found = found.clamp(0, 1).round()
    found = found.to(layout.dtype).contiguous()
    return found.cpu().numpy() if layout.device is None else found.to(layout.device)
