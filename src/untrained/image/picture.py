"""Arrays to tensors of the size that was asked for."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from untrained.check import flag, positive_or_null
from untrained.image.decode import decoded
from untrained.image.kind import UnusableError
from untrained.image.npy import MIN_SIDE, check_axis
from untrained.image.scale import Array, scaled

if TYPE_CHECKING:
    from torch import Tensor  # Its import takes a second, which a refusal does without.


def read(
    path: str | Path,
    size: int | Sequence[int] | None = None,
    white: float | None = None,
    grey: bool = False,
    channel_axis: int | None = None,
) -> "Tensor":
    """Read a picture as `1 c h w`, float32 in [0, 1]: grey, in colours, or of c bands or frames.

    PNG, JPEG, TIFF, WebP and what else Pillow opens, of 8 or 16 bits or (TIFF) floats in [0, 1],
    and arrays of numpy (`.npy`), `h w`, `h w c` or `c h w`. The channels of a TIFF are those of its
    page, or several grey pages. The camera's orientation is applied. An alpha channel is dropped
    with a warning. The first picture of an animation is taken with a warning, and the picture
    itself of a TIFF with a preview. The numbers are those of the file: its colour profile is not
    applied, but goes into what is written `like` it. Only CMYK and Lab are converted to sRGB.

    Args:
        path: The file.
        size: None leaves the picture as it is. A number is its longer side. [h, w] is its size;
            the picture is cropped around its centre to that aspect first.
        white: The value that is white, where the file does not say so: 4095 for 12 bits that
            were saved in 16, 255 for floats from 0 to 255.
        grey: Whether three channels that are equal are read as one: some grey pictures are saved
            as colours.
        channel_axis: The axis of the channels of an array or of several pages, as in scikit-image.
            None is the last or the first axis of a length of 1 or 3, else the only one under 16.

    Raises:
        ValueError: If an argument is bad. If the file is no picture, damaged, not finite, or under
            16 pixels. If its 16 bits are used below 2^14 alone and nothing says what is white. If
            its channels differ with `grey`, or are unknown. In one line that names the file.
    """
    checked = check_size(size)
    positive_or_null("white", white)
    flag("grey", grey)
    check_axis(channel_axis)
    try:
        return image_of(numbers_of(path, checked, white, grey, channel_axis), checked)
    except UnusableError as error:
        raise ValueError(f"path {str(path)!r} {error}") from None


def numbers_of(
    path: str | Path,
    size: int | tuple[int, int] | None,
    white: float | None,
    grey: bool,
    channel_axis: int | None,
) -> Array:
    """Return the numbers of a picture from 0 to 1, `h w c`, not yet of the size.

    A very large picture is shrunk as it is decoded. The other words are those of `read`.

    Raises:
        UnusableError: If there is no such picture, or it is not as the words say.
    """
    shrinking = None if size is None else partial(spare, size)
    array, said = decoded(path, shrinking, white is not None, channel_axis)
    check_side(*array.shape[:2])
    if grey:
        array = one_channel(array)
    return scaled(array, said, white)


def image_of(numbers: Array, size: int | tuple[int, int] | None) -> "Tensor":
    """Return numbers `h w c` as an image `1 c h w`, of a size.

    Raises:
        UnusableError: If a side is under 16 pixels then.
    """
    import torch

    # A copy, since what Pillow lends may not be written to.
    image = torch.from_numpy(np.array(numbers.transpose(2, 0, 1), order="C"))[None]
    if size is not None:
        image = resized(image, size)
    check_side(*image.shape[2:])
    return image


def one_channel(array: Array) -> Array:
    """Return `h w c` of equal channels as `h w 1`.

    Raises:
        UnusableError: If they differ.
    """
    first = array[..., :1]
    if not (array == first).all():
        raise UnusableError("has colours, and grey=true is for a grey picture")
    return first


def spare(size: int | tuple[int, int], height: int, width: int) -> int:
    """Return by how much a large picture may be shrunk and still have twice the size's pixels.

    Args:
        size: The size that was asked for: the longer side, or height and width.
        height: Height of the picture in the file, in pixels.
        width: Its width, alike.

    Example:
        >>> spare(64, 9000, 12000)
        93
    """
    if isinstance(size, int):
        return max(height, width) // (2 * size)
    # It may still have to be turned upright.
    return min(height, width) // (2 * max(size))


def check_side(height: int, width: int) -> None:
    """Refuse a picture that is too small.

    Raises:
        UnusableError: If a side is under 16 pixels.
    """
    if min(height, width) < MIN_SIDE:
        least = f"at least {MIN_SIDE} x {MIN_SIDE} are needed"
        raise UnusableError(f"is {height} x {width} pixels; {least}")


def check_size(size: object) -> int | tuple[int, int] | None:
    """Return a size that is one.

    Raises:
        ValueError: If it is not None, one number, or [h, w], each from 16 up.
    """
    match size:
        case None:
            return None
        case int() if size >= MIN_SIDE:
            return size
        case [int(height), int(width)] if min(height, width) >= MIN_SIDE:
            return height, width
    need = f"null, a whole number from {MIN_SIDE} up, or [height, width]"
    raise ValueError(f"size must be {need}, got {size!r}")


def resized(image: "Tensor", size: int | tuple[int, int]) -> "Tensor":
    """Crop the centre to the aspect of `size`, then resize it (bicubic, antialiased)."""
    from torch.nn import functional

    if isinstance(size, int):
        height, width = image.shape[2:]
        size = scaled_sides(height, width, size / max(height, width))
    else:
        image = cropped(image, *size)
    if image.shape[2:] == size:
        return image
    return functional.interpolate(
        image, size=size, mode="bicubic", antialias=True, align_corners=False
    ).clamp(0, 1)


def cropped(image: "Tensor", height: int, width: int) -> "Tensor":
    """Crop the largest centre that has the aspect of `height` to `width`.

    Args:
        image: The image, `1 c h w`.
        height: One side of the aspect.
        width: The other side of it.
    """
    scale = min(image.shape[2] / height, image.shape[3] / width)
    inner_height, inner_width = scaled_sides(height, width, scale)
    top = (image.shape[2] - inner_height) // 2
    left = (image.shape[3] - inner_width) // 2
    return image[..., top : top + inner_height, left : left + inner_width]


def scaled_sides(height: int, width: int, scale: float) -> tuple[int, int]:
    """Return the sides of a scaled image in whole pixels, each at least 1."""
    return max(1, round(height * scale)), max(1, round(width * scale))
