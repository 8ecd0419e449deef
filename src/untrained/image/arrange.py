"""The numbers of a picture, `h w c`, made smaller, turned upright, or without their alpha."""

import numpy as np

from untrained.image.scale import Array

ORIENTATION = 274  # the tag of EXIF and TIFF
# How an image that is stored in one of the orientations of EXIF is turned upright: the order of
# its axes, then the direction of its rows and of its columns.
AS_STORED, SWAPPED = (0, 1, 2), (1, 0, 2)
TURNS = {
    1: (AS_STORED, 1, 1),
    2: (AS_STORED, 1, -1),
    3: (AS_STORED, -1, -1),
    4: (AS_STORED, -1, 1),
    5: (SWAPPED, 1, 1),
    6: (SWAPPED, 1, -1),
    7: (SWAPPED, -1, -1),
    8: (SWAPPED, -1, 1),
}


def shrunk(array: Array, by: int) -> Array:
    """Return `h w c` made smaller, each pixel the mean of `by` times `by`.

    Args:
        array: The numbers. Rows and columns that fill no whole square are left off.
        by: The factor.

    Example:
        >>> shrunk(np.array([[[0], [1]], [[2], [3]]], np.float32), by=2).tolist()
        [[[1.5]]]
    """
    if by == 1:
        return array
    height, width = array.shape[0] // by, array.shape[1] // by
    whole = array[: height * by, : width * by]
    means = whole.reshape(height, by, width, by, -1).mean((1, 3), dtype=np.float32)
    is_whole = np.issubdtype(array.dtype, np.integer)
    means = np.rint(means) if is_whole else means
    return means.astype(array.dtype)


def turned(array: Array, orientation: int) -> Array:
    """Return `h w c` turned upright from the way that the camera was held.

    Args:
        array: The numbers.
        orientation: 1 to 8, as in EXIF; what is none of these is taken for 1.

    Example:
        >>> turned(np.array([[[0], [1]]]), 3).tolist()
        [[[1], [0]]]
    """
    axes, rows, columns = TURNS.get(orientation, TURNS[1])
    return array.transpose(axes)[::rows, ::columns]


def without_alpha(array: Array) -> Array:
    """Drop the alpha channel of `h w 2` or `h w 4`."""
    return array[..., : 3 if array.shape[2] > 2 else 1]
