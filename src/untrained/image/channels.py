"""Which channels of a picture are drawn: grey and colours as they are, three of any others."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

COLOURS = (1, 3)
"""A picture of so many channels is grey or in colours; any others are bands or frames."""

Number = TypeVar("Number", bound=np.generic)


def is_composite(channels: int) -> bool:
    """Whether a drawing shows only three of an image's channels, in false colours."""
    return channels not in COLOURS


def drawn_channels(channels: int) -> tuple[int, ...]:
    """Return the channels of an image that are drawn as red, green and blue, or as grey; from 0.

    Of bands or frames these are three that are evenly spread, the last as red: the longest
    wavelength of bands in the usual order. Of 31 bands from 400 to 700 nm they are 650, 550 and
    450 nm.

    Example:
        >>> drawn_channels(31), drawn_channels(3), drawn_channels(1)
        ((25, 15, 5), (0, 1, 2), (0,))
    """
    if not is_composite(channels):
        return tuple(range(channels))
    return 5 * channels // 6, channels // 2, channels // 6


def drawn(array: NDArray[Number]) -> NDArray[Number]:
    """Return `h w c` as it is drawn: `h w 1` or `h w 3`."""
    return array.take(drawn_channels(array.shape[2]), axis=2)
