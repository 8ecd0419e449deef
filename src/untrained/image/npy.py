"""Arrays of numpy in a file (`.npy`)."""

from typing import Any, BinaryIO

import numpy as np

from untrained import check
from untrained.image.kind import UnusableError
from untrained.image.scale import Array


def read_npy(file: BinaryIO) -> Array:
    """Read an array of numpy, `h w`, `h w c` or `c h w`, as `h w c`.

    Raises:
        UnusableError: If it is of another shape, or not of numbers.
    """
    shape, number = npy_header(file)
    axes = npy_axes(shape, number)
    array = np.load(file, allow_pickle=False).reshape(shape[len(shape) - len(axes) :])
    array = array.astype(number.newbyteorder("="), copy=False)
    if axes == "cyx":
        array = np.moveaxis(array, 0, -1)
    return np.atleast_3d(array)


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


def npy_axes(shape: tuple[int, ...], number: np.dtype[Any]) -> str:
    """Return the axes of an array, `yx`, `yxc` or `cyx`; axes of length 1 before them are ignored.

    Raises:
        UnusableError: If it is none of these, or not of real numbers.

    Example:
        >>> npy_axes((1, 3, 64, 64), np.dtype("float32"))
        'cyx'
    """
    if number.kind not in "buif":
        raise UnusableError(f"is an array of {number}; real numbers are needed")
    match shape:
        case (_, _):
            return "yx"
        case (_, _, 1 | 3) | (1, _, _, 1 | 3):
            return "yxc"
        case (1 | 3, _, _) | (1, 1 | 3, _, _):
            return "cyx"
    sides = check.spoken_shape(shape)
    raise UnusableError(f"is an array of {sides}; h w, h w c or c h w with c = 1 or 3 is needed")
