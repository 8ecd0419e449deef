"""Arrays to tensors of the size that was asked for, and tensors to files."""

from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from untrained.image.decode import Array, UnusableError, decoded

MIN_SIDE = 16


def read(path: str | Path, size: int | Sequence[int] | None = None) -> Tensor:
    """Read a picture as `1 c h w`, float32 in [0, 1], c = 1 (grey) or 3.

    PNG, JPEG, TIFF, WebP and what else Pillow opens, of 8 or 16 bits or (TIFF) floats in [0, 1].
    The camera's orientation is applied, an alpha channel is dropped with a warning, and
    of an animation the first picture is taken.

    Args:
        path: The file.
        size: None for as it is; one number for the longer side; [h, w] for just that, the
            centre being cropped to its aspect first, so that nothing is distorted.

    Raises:
        ValueError: If there is no such picture, it is damaged, not finite, or smaller than
            16 pixels, or if `size` is not a size. In one line that names the file.
    """
    checked = check_size(size)
    try:
        array = decoded(Path(path).expanduser())
        check_side(*array.shape[:2])
        check_range(array)
        # A copy, since what Pillow lends may not be written to.
        image = torch.from_numpy(np.array(array.transpose(2, 0, 1), order="C"))[None]
        image = image if checked is None else resized(image, checked)
        check_side(*image.shape[2:])
    except UnusableError as error:
        raise ValueError(f"path {str(path)!r} {error}") from None
    return image


def write(path: Path, image: Tensor) -> bytes:
    """Write a `1 c h w` or `c h w` image as an 8-bit PNG, whatever the file's name.

    Returns:
        The bytes of the file.
    """
    # In one piece: on a full disk imageio's own file complains once more when it is collected.
    png = encoded(image)
    path.write_bytes(png)
    return png


def encoded(image: Tensor) -> bytes:
    """Return a `1 c h w` or `c h w` image as the bytes of an 8-bit PNG.

    It is lightly compressed, since a fit waits for it: half the time, an eighth more bytes.
    """
    return iio.imwrite("<bytes>", pixels(image), extension=".png", compress_level=1)


def as_jpeg(image: Tensor) -> bytes:
    """Return a `1 c h w` or `c h w` image as the bytes of a JPEG: a sixth of its PNG."""
    return iio.imwrite("<bytes>", pixels(image), extension=".jpg", quality=85, subsampling=0)


def pixels(image: Tensor) -> Array:
    """Return a `1 c h w` or `c h w` image as a viewer shows it: `h w` or `h w 3`, 8 bits."""
    single = image.detach().reshape(image.shape[-3:])
    array = (single.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return array[..., 0] if array.shape[2] == 1 else array


def check_side(height: int, width: int) -> None:
    """Refuse a picture that is too small.

    Raises:
        UnusableError: If a side is under 16 pixels.
    """
    if min(height, width) < MIN_SIDE:
        least = f"at least {MIN_SIDE} x {MIN_SIDE} are needed"
        raise UnusableError(f"is {height} x {width} pixels; {least}")


def check_range(array: Array) -> None:
    """Refuse pixels that are not finite, or not in [0, 1].

    Raises:
        UnusableError: Saying what was found.
    """
    if not np.isfinite(array).all():
        raise UnusableError("has pixels that are not finite (NaN or infinity)")
    low, high = array.min(), array.max()
    if low < 0 or high > 1:
        raise UnusableError(f"has floats from {low:.9g} to {high:.9g}; they must lie in [0, 1]")


def check_size(size: object) -> int | tuple[int, int] | None:
    """Return a size that is one.

    Raises:
        ValueError: If it is not None, one number, or [h, w], each from 16 up.
    """
    if size is None:
        return None
    if isinstance(size, int) and size >= MIN_SIDE:
        return size
    if isinstance(size, Sequence) and not isinstance(size, str | bytes) and len(size) == 2:
        height, width = size
        if isinstance(height, int) and isinstance(width, int) and min(height, width) >= MIN_SIDE:
            return height, width
    need = f"null, a whole number from {MIN_SIDE} up, or [height, width]"
    raise ValueError(f"size must be {need}, got {size!r}")


def resized(image: Tensor, size: int | tuple[int, int]) -> Tensor:
    """Crop the centre to the aspect of `size`, then resize it (bicubic, antialiased)."""
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


def cropped(image: Tensor, height: int, width: int) -> Tensor:
    """Crop the largest centre that has the aspect of `height` to `width`."""
    scale = min(image.shape[2] / height, image.shape[3] / width)
    inner_height, inner_width = scaled_sides(height, width, scale)
    top = (image.shape[2] - inner_height) // 2
    left = (image.shape[3] - inner_width) // 2
    return image[..., top : top + inner_height, left : left + inner_width]


def scaled_sides(height: int, width: int, scale: float) -> tuple[int, int]:
    """Return the sides of a scaled image in whole pixels, each at least 1."""
    return max(1, round(height * scale)), max(1, round(width * scale))
