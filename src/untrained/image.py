"""Images x: pictures on disk to tensors `1 c h w` in [0, 1], and back."""

import difflib
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import png
import tifffile
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile
from torch import Tensor
from torch.nn import functional

log = logging.getLogger(__name__)

MIN_SIDE = 16
Array = np.ndarray


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
    found = Path(path)
    if not found.is_file():
        raise ValueError(f"path '{path}' {absence(found)}")
    try:
        array = decoded(found)
    except ValueError as error:
        raise ValueError(f"path '{path}' {error}") from None
    image = torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1)[None]
    image = image if checked is None else resized(image, checked)
    height, width = image.shape[2:]
    if min(height, width) < MIN_SIDE:
        least = f"at least {MIN_SIDE} x {MIN_SIDE} are needed"
        raise ValueError(f"path '{path}' is {height} x {width} pixels; {least}")
    return image


def write(path: Path, image: Tensor) -> None:
    """Write a `1 c h w` image as an 8-bit PNG, whatever the name of the file."""
    iio.imwrite(path, pixels(image), extension=".png")


def pixels(image: Tensor) -> Array:
    """Give a `1 c h w` image as a viewer shows it: `h w` or `h w 3`, 8 bits, clipped to [0, 1]."""
    array = (image.detach()[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return array[..., 0] if array.shape[2] == 1 else array


def absence(path: Path) -> str:
    """Say why there is no file to read, and which one may be meant."""
    if path.is_dir():
        return "is a folder"
    names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"does not exist{f'; did you mean {near[0]}?' if near else ''}"


def decoded(path: Path) -> Array:
    """Read `h w c` floats in [0, 1]; imageio would read 16-bit colour as 8 bits, and drop no alpha.

    Raises:
        ValueError: Saying what is wrong with the file, without its name.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            array = opened(path)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValueError(f"has more than {Image.MAX_IMAGE_PIXELS} pixels; crop it") from None
    except UnidentifiedImageError:
        raise ValueError("is not a picture that can be read") from None
    except PermissionError:
        raise ValueError("may not be read: permission denied") from None
    except (OSError, SyntaxError, EOFError, png.Error, tifffile.TiffFileError) as error:
        raise ValueError(f"is cut short or damaged ({' '.join(str(error).split())})") from None
    return check_range(array)


def opened(path: Path) -> Array:
    """Read by Pillow, and by pypng and tifffile the 16-bit and float colours that it cannot."""
    try:
        picture = Image.open(path)
    except UnidentifiedImageError:
        if path.read_bytes()[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return read_tiff(path)
        raise
    with picture:
        if picture.format == "TIFF" and getattr(picture, "n_frames", 1) > 1:
            raise ValueError("has several pages; save the one you mean")
        # What Pillow reads of 16 bits it says: I;16. The rest it would cut to 8 bits.
        if picture.mode.startswith(("I", "F")) or bits_of(picture, path) <= 8:
            return read_pillow(picture)
    return read_png(path) if picture.format == "PNG" else read_tiff(path)


def read_pillow(picture: Image.Image) -> Array:
    """Read what Pillow decodes whole."""
    turned = ImageOps.exif_transpose(picture)
    if turned.mode == "F":
        return np.asarray(turned)[..., None]
    if turned.mode.startswith("I"):
        return scaled(np.asarray(turned).astype(np.uint16)[..., None])
    if turned.has_transparency_data:
        warn_of_alpha()
    grey = turned.mode in ("1", "L", "LA", "La")
    return scaled(np.atleast_3d(np.asarray(turned.convert("L" if grey else "RGB"))))


def bits_of(picture: Image.Image, path: Path) -> int:
    """Give the bits of a channel in the file: in TIFF's tag 258, in a PNG's byte 24, else 8."""
    if isinstance(picture, TiffImageFile):
        return max(picture.tag_v2.get(258, (8,)))
    if picture.format == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24]
    return 8


def read_png(path: Path) -> Array:
    """Read a PNG of 16-bit colours."""
    width, height, rows, info = png.Reader(filename=str(path)).read()
    array = np.vstack([np.asarray(row, np.uint16) for row in rows])
    return scaled(without_alpha(array.reshape(height, width, info["planes"])))


def read_tiff(path: Path) -> Array:
    """Read a TIFF of 16-bit or float colours.

    Raises:
        ValueError: If it is not one picture of `h w c`.
        DecompressionBombError: If it is too large to be meant.
    """
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        if len(file.pages) > 1 or page.axes not in ("YX", "YXS", "SYX"):
            raise ValueError("is not one picture of height, width and channels")
        if page.shape[0] * page.shape[1] > (Image.MAX_IMAGE_PIXELS or float("inf")):
            raise Image.DecompressionBombError
        array = page.asarray()
    array = np.atleast_3d(np.moveaxis(array, 0, -1) if page.axes == "SYX" else array)
    return scaled(without_alpha(array))


def without_alpha(array: Array) -> Array:
    """Drop the alpha channel of `h w 2` or `h w 4`.

    Raises:
        ValueError: If there are more channels than a picture has.
    """
    channels = array.shape[2]
    if channels > 4:
        raise ValueError(f"has {channels} channels; a picture has 1 to 4")
    if channels in (2, 4):
        warn_of_alpha()
        return array[..., : channels - 1]
    return array


def warn_of_alpha() -> None:
    """Say that the transparency is lost."""
    log.warning("the alpha channel of the picture is dropped")


def scaled(array: Array) -> Array:
    """Bring integers to floats in [0, 1]; floats stay as they are."""
    if np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float32)
    return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)


def check_range(array: Array) -> Array:
    """Refuse pixels that are not finite, or not in [0, 1].

    Raises:
        ValueError: Saying what was found.
    """
    if not np.isfinite(array).all():
        raise ValueError("has pixels that are not finite (NaN or infinity)")
    low, high = array.min(), array.max()
    if low < 0 or high > 1:
        raise ValueError(f"has floats from {low:g} to {high:g}; they must lie in [0, 1]")
    return array


def check_size(size: object) -> int | tuple[int, int] | None:
    """Give the size back, or refuse it.

    Raises:
        ValueError: If it is not None, one number, or [h, w], each from 16 up.
    """
    if size is None:
        return None
    sides = [size, size] if isinstance(size, int) else size
    if isinstance(sides, Sequence) and not isinstance(sides, str) and len(sides) == 2:
        height, width = sides
        if all(isinstance(s, int) and s is not True and s >= MIN_SIDE for s in sides):
            return size if isinstance(size, int) else (height, width)
    need = f"null, a whole number from {MIN_SIDE} up, or [height, width]"
    raise ValueError(f"size must be {need}, got {size!r}")


def resized(image: Tensor, size: int | tuple[int, int]) -> Tensor:
    """Crop the centre to the aspect of `size`, then resize it (bicubic, antialiased)."""
    height, width = image.shape[2:]
    if isinstance(size, int):
        scale = size / max(height, width)
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
    else:
        scale = min(height / size[0], width / size[1])
        inner = (min(height, round(size[0] * scale)), min(width, round(size[1] * scale)))
        top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
        image = image[..., top : top + inner[0], left : left + inner[1]]
    if image.shape[2:] == size:
        return image
    return functional.interpolate(
        image, size=size, mode="bicubic", antialias=True, align_corners=False
    ).clamp(0, 1)
