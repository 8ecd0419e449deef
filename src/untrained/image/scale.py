"""The numbers of a file to floats in [0, 1]: which of them is white."""

import numpy as np
from numpy.typing import NDArray

from untrained.image.kind import UnusableError

Array = NDArray[np.generic]

# The greatest value of these types is white, unless the file or the user says another one.
WHITES = {"bool": 1, "uint8": 255, "uint16": 65535}
# Whole numbers below these, and over 0, are hardly a photo in the type's whole range. A camera of
# 14 bits stays below 2^14; a photo in 16 bits has some pixel over a quarter of white.
DIM = {"uint8": 2**4, "uint16": 2**14}
# The depths of cameras, of label pictures and of types.
BITS = (1, 4, 8, 10, 12, 14, 16)


def scaled(array: Array, said: float | None = None, white: float | None = None) -> Array:
    """Bring the numbers of a file to float32, black to 0 and white to 1.

    White is the first of these that is known: what the user says, what the file says, the greatest
    value of the type. Floats are taken as they are, unless the user says what is white.

    Args:
        array: The numbers.
        said: The value that is white, as the file says; not trusted where there are greater ones.
        white: The value that is white, as the user says.

    Raises:
        UnusableError: If a value is not finite or lies outside of black and white, if all are so
            small that another white is meant, or if the type has no usual white.

    Example:
        >>> scaled(np.array([0, 4095], np.uint16), said=4095).tolist()
        [0.0, 1.0]
    """
    if np.issubdtype(array.dtype, np.floating):
        return scaled_floats(array, white)
    low, high = array.min(), array.max()
    if low < 0:
        raise UnusableError(f"has values from {low}; they must not be negative")
    if white is not None:
        if high > white:
            raise UnusableError(f"has values up to {high}, over white={white:g}")
    elif said is not None and high <= said:
        white = said
    else:
        white = usual_white(str(array.dtype), int(high))
    return array.astype(np.float32) / np.float32(white)


def usual_white(number: str, high: int) -> int:
    """Return the greatest value of a type of whole numbers.

    Args:
        number: The type, 'uint8' or 'uint16'.
        high: The greatest value there is.

    Raises:
        UnusableError: If the greatest value there is tells that another white is meant, or the type
            is of 32 bits or more, where nobody uses its whole range.
    """
    top = WHITES.get(number)
    if top is None:
        raise UnusableError(
            f"is of {number}, with values up to {high}: type white={likely_white(high)} if this "
            "is white"
        )
    if 0 < high < DIM.get(number, 0):
        raise UnusableError(
            f"has values up to {high} of {top}: type white={likely_white(high)} if this is white, "
            f"or white={top} if the picture is so dark"
        )
    return top


def likely_white(high: float) -> int:
    """Return the greatest value of the depth that has just room for a value.

    Example:
        >>> likely_white(4074), likely_white(241.5)
        (4095, 255)
    """
    bits = next((bits for bits in BITS if high < 2**bits), 16)
    return max(2**bits - 1, int(high))


def scaled_floats(array: Array, white: float | None) -> Array:
    """Return floats over white.

    Args:
        array: The floats.
        white: The value that is white, as the user says; 1 if None.

    Raises:
        UnusableError: If some are not finite or, once divided, not in [0, 1].
    """
    if not np.isfinite(array).all():
        raise UnusableError("has pixels that are not finite (NaN or infinity)")
    found = array.astype(np.float32)
    if white is not None:
        found = found / np.float32(white)
    low, high = found.min(), found.max()
    if low >= 0 and high <= 1:
        return found
    beyond = f"has floats from {array.min():.9g} to {array.max():.9g}"
    if white is not None:
        raise UnusableError(f"{beyond}; they must lie between 0 and white={white:g}")
    if low < 0 or high <= 1.5:  # No other white is likely.
        raise UnusableError(f"{beyond}; they must lie in [0, 1]")
    advice = f"type white={likely_white(high)} if this is white"
    raise UnusableError(f"{beyond}; they must lie in [0, 1]: {advice}")
