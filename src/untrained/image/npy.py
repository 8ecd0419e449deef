"""Arrays of numpy in a file (`.npy`), and which of their axes is that of the channels."""

from typing import Any, BinaryIO

import numpy as np

from untrained import check
from untrained.image.channels import COLOURS
from untrained.image.kind import UnusableError
from untrained.image.scale import Array

MIN_SIDE = 16
"""A picture has no shorter side, in pixels: a shorter axis of an array is its channels'."""
# The axes of an array whose channels are on its first, second or third axis.
ORDERS = ("cyx", "ycx", "yxc")


class UnknownAxisError(UnusableError):
    """An array that does not say which of its axes is that of the channels."""


def read_npy(file: BinaryIO, channel_axis: int | None) -> Array:
    """Read an array of numpy as `h w c`.

    Raises:
        UnusableError: If it has no such axes, or not of numbers.
    """
    shape, number = npy_header(file)
    axes = npy_axes(shape, number, channel_axis)
    array = np.load(file, allow_pickle=False)
    return from_axes(array.astype(number.newbyteorder("="), copy=False), axes)


def npy_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and the type of an array of numpy."""
    file.seek(0)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, _, number = read(file)
    file.seek(0)
    return shape, number


def npy_axes(shape: tuple[int, ...], number: np.dtype[Any], channel_axis: int | None = None) -> str:
    """Return the axes of an array of real numbers, as `axes_of`.

    Raises:
        UnusableError: If it has no such axes, or not of real numbers.

    Example:
        >>> npy_axes((1, 3, 64, 64), np.dtype("float32"))
        '1cyx'
    """
    if number.kind not in "buif":
        raise UnusableError(f"is an array of {number}; real numbers are needed")
    return axes_of(shape, channel_axis)


def axes_of(shape: tuple[int, ...], channel_axis: int | None) -> str:
    """Return the axes of an array: `yx`, `yxc`, `cyx` or `ycx`, a 1 before them for a batch of one.

    An axis of three is known to be that of the channels if it is the last or the first, and has a
    length of 1 or 3. It is known too if it is the only one under 16, since no side is so short. In
    any other array the user says which one it is: a guess might be wrong, and nobody would see it.

    Args:
        shape: The shape of the array.
        channel_axis: The axis of the channels, as in scikit-image. None where nobody said it.

    Raises:
        UnusableError: If the array has no such axes.
        UnknownAxisError: If the channels' axis is not known.

    Example:
        >>> axes_of((5, 64, 64), None), axes_of((64, 64, 31), -1), axes_of((64, 64), None)
        ('cyx', 'yxc', 'yx')
    """
    if channel_axis is not None:
        return said_axes(shape, channel_axis)
    if len(shape) == 2:
        return "yx"
    inner = without_batch(shape)
    ahead = "1" * (len(shape) - len(inner))
    return ahead + ORDERS[axis_of_channels(shape, inner)]


def without_batch(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the one image in a batch of one; another shape as it is.

    Example:
        >>> without_batch((1, 3, 64, 48)), without_batch((1, 64, 48))
        ((3, 64, 48), (1, 64, 48))
    """
    is_batch_of_one = len(shape) == 4 and shape[0] == 1
    return shape[1:] if is_batch_of_one else shape


def axis_of_channels(shape: tuple[int, ...], inner: tuple[int, ...]) -> int:
    """Return which of three axes is that of the channels, as far as it is known; see `axes_of`.

    Args:
        shape: The whole shape, for the message.
        inner: The three axes.

    Raises:
        UnusableError: If there are not three axes, or two of them are too short for a side.
        UnknownAxisError: If it is not known.
    """
    sides = check.spoken_shape(shape)
    if len(inner) != 3:
        raise UnusableError(f"is an array of {sides}; h w, h w c or c h w is needed")
    for axis in (2, 0):
        if inner[axis] in COLOURS:
            return axis
    short = [axis for axis in range(3) if inner[axis] < MIN_SIDE]
    if len(short) == 1:
        return short[0]
    if short:
        need = f"h w, h w c or c h w with sides from {MIN_SIDE} up is needed"
        raise UnusableError(f"is an array of {sides}; {need}")
    first, last = len(shape) - 3, len(shape) - 1
    raise UnknownAxisError(
        f"is an array of {sides}: type channel_axis={last} for {readings(inner, 2)}, "
        f"channel_axis={first} for {readings(inner, 0)}"
    )


def check_axis(channel_axis: object) -> None:
    """Refuse an axis of the channels that is none.

    Raises:
        ValueError: If it is neither None nor a whole number from -3 to 3.
    """
    if channel_axis is None or (type(channel_axis) is int and channel_axis in range(-3, 4)):
        return
    raise ValueError(
        "channel_axis must be null or an axis of the array, such as 0 for the first and -1 for "
        f"the last, got {channel_axis!r}"
    )


def said_axes(shape: tuple[int, ...], channel_axis: int) -> str:
    """Return the axes of an array whose channels' axis the user has said.

    Raises:
        UnusableError: If the array has no such axis.
    """
    inner = without_batch(shape)
    ahead = len(shape) - len(inner)
    axis = channel_axis if channel_axis >= 0 else channel_axis + len(shape)
    if len(inner) != 3 or axis - ahead not in range(3):
        sides = check.spoken_shape(shape)
        raise UnusableError(f"is an array of {sides}, which has no channel_axis={channel_axis}")
    return "1" * ahead + ORDERS[axis - ahead]


def readings(shape: tuple[int, ...], axis: int) -> str:
    """Return how an array of three axes would be read.

    Example:
        >>> readings((31, 64, 48), 0)
        '31 channels of 64 x 48'
    """
    height, width = shape[:axis] + shape[axis + 1 :]
    return f"{shape[axis]} channels of {height} x {width}"


def from_axes(array: Array, axes: str) -> Array:
    """Return an array of some axes as `h w c`.

    Example:
        >>> from_axes(np.zeros((1, 5, 64, 48)), "1cyx").shape
        (64, 48, 5)
    """
    inner = axes.lstrip("1")
    array = array.reshape(array.shape[len(axes) - len(inner) :])
    if inner == "yx":
        return array[..., None]
    return np.moveaxis(array, inner.index("c"), 2)


def to_axes(array: Array, axes: str) -> Array:
    """Return `h w c` as an array of some axes, in one piece; colours in the place of grey stay.

    Example:
        >>> to_axes(np.zeros((64, 48, 5)), "1cyx").shape
        (1, 5, 64, 48)
    """
    inner = axes.lstrip("1")
    if inner != "yx":
        array = np.moveaxis(array, 2, inner.index("c"))
    elif array.shape[2] == 1:
        array = array[..., 0]
    ahead = (1,) * (len(axes) - len(inner))
    return np.ascontiguousarray(array.reshape(*ahead, *array.shape))
