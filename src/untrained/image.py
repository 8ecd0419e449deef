"""Images x: pictures on disk to tensors `1 c h w` in [0, 1], and back."""

import difflib
import logging
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import imageio.v3 as iio
import numpy as np
import png
import tifffile
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional

log = logging.getLogger(__name__)

MIN_SIDE = 16
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ORIENTATION = 274
NUMBERS = ("bool", "uint8", "uint16", "float16", "float32", "float64")
Array = np.ndarray


class UnusableError(Exception):
    """What is wrong with a file, without its name."""


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
        array = decoded(Path(path))
        check_side(*array.shape[:2])
        check_range(array)
        # A copy, since what Pillow lends may not be written to.
        image = torch.from_numpy(np.array(array.transpose(2, 0, 1), order="C"))[None]
        image = image if checked is None else resized(image, checked)
        check_side(*image.shape[2:])
    except UnusableError as error:
        raise ValueError(f"path {str(path)!r} {error}") from None
    return image


def write(path: Path, image: Tensor) -> None:
    """Write a `1 c h w` or `c h w` image as an 8-bit PNG, whatever the name of the file."""
    iio.imwrite(path, pixels(image), extension=".png")


def pixels(image: Tensor) -> Array:
    """Give a `1 c h w` or `c h w` image as a viewer shows it: `h w` or `h w 3`, 8 bits, clipped."""
    single = image.detach().reshape(image.shape[-3:])
    array = (single.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return array[..., 0] if array.shape[2] == 1 else array


def absence(path: Path) -> str:
    """Say why there is no file to read, and which one may be meant."""
    if path.is_dir():
        return "is a folder"
    if path.exists():
        return "is not a file"
    names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, set(names) - {path.name}, n=1)
    return f"does not exist{f'; did you mean {near[0]!r}?' if near else ''}"


def decoded(path: Path) -> Array:
    """Read `h w c` floats: imageio would cut 16-bit colour to 8 bits and pass CMYK as RGBA.

    Raises:
        UnusableError: If there is no file, or no picture in it.
    """
    for name in ("PIL", "tifffile"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        if not path.is_file():
            raise UnusableError(absence(path))
        # Not by its name: Pillow then maps it to memory, and garbles a grey TIFF that is turned.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return opened(file)
    except (UnusableError, MemoryError):
        raise
    # Decoders meet damage with exceptions of every kind, TypeError and IndexError among them.
    except Exception as error:
        raise UnusableError(reason(error)) from None


def reason(error: Exception) -> str:
    """Say in one line what a decoder's exception means."""
    if isinstance(error, (Image.DecompressionBombWarning, Image.DecompressionBombError)):
        return f"has more than {Image.MAX_IMAGE_PIXELS} pixels; crop it"
    if isinstance(error, UnidentifiedImageError):
        return "is not a picture that can be read"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    text = textwrap.shorten(str(error), 80)
    if "imagecodecs" in str(error):
        return "is compressed in a way that is not read at this depth; save it uncompressed"
    told = isinstance(error, (OSError, SyntaxError, ValueError, png.Error)) and text
    return f"is cut short or damaged{f': {text}' if told else ''}"


def opened(file: BinaryIO) -> Array:
    """Read by Pillow, and by pypng and tifffile what Pillow would cut to 8 bits."""
    start = file.read(25)
    if start.startswith(TIFF):
        return read_tiff(file)
    file.seek(0)
    with Image.open(file) as picture:
        # The 25th byte of a PNG is its depth; 16-bit grey is whole in Pillow's I;16.
        if picture.format == "PNG" and start[24] == 16 and not picture.mode.startswith("I"):
            warn_of_alpha(picture.has_transparency_data)
            return turned(read_png(file), picture.getexif().get(ORIENTATION, 1))
        return read_pillow(picture)


def read_pillow(picture: Image.Image) -> Array:
    """Read what Pillow decodes whole."""
    warn_of_alpha(picture.has_transparency_data)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("F"):
        return np.asarray(upright)[..., None]
    if upright.mode.startswith("I"):
        return np.asarray(upright, np.float32)[..., None] / np.float32(65535)
    grey = upright.mode in ("1", "L", "LA", "La")
    return scaled(np.atleast_3d(np.asarray(upright.convert("L" if grey else "RGB"))))


def read_png(file: BinaryIO) -> Array:
    """Read a PNG of 16-bit colours."""
    file.seek(0)
    width, height, rows, info = png.Reader(file=file).read()
    array = np.vstack([np.asarray(row, np.uint16) for row in rows])
    return without_alpha(scaled(array.reshape(height, width, info["planes"])))


def read_tiff(file: BinaryIO) -> Array:
    """Read a TIFF: 8 bits and what is grey by Pillow, deeper colours by tifffile.

    Raises:
        UnusableError: If it has several pages, or as `check_page` says.
    """
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        if len(tiff.pages) > 1:
            raise UnusableError("has several pages; save the one you mean")
        page = tiff.pages.first
        check_page(page)
        if page.bitspersample <= 8 or (page.axes == "YX" and page.dtype in ("u2", "f4")):
            file.seek(0)
            with Image.open(file) as picture:
                return read_pillow(picture)
        array = page.asarray()
        tag = page.tags.get(ORIENTATION)
    array = np.atleast_3d(np.moveaxis(array, 0, -1) if page.axes == "SYX" else array)
    warn_of_alpha(array.shape[2] in (2, 4))
    return turned(without_alpha(scaled(array)), tag.value if tag else 1)


def check_page(page: tifffile.TiffPage) -> None:
    """Refuse a page of a TIFF by its header, before it is decoded.

    Raises:
        UnusableError: If it is not one picture of `h w` or `h w c`, or of an uncommon kind.
        DecompressionBombError: If it is too large to be meant.
    """
    if page.axes not in ("YX", "YXS", "SYX"):
        raise UnusableError("is not one picture of height, width and channels")
    if page.samplesperpixel > 4:
        raise UnusableError(f"has {page.samplesperpixel} channels; a picture has 1 to 4")
    if page.imagewidth * page.imagelength > (Image.MAX_IMAGE_PIXELS or float("inf")):
        raise Image.DecompressionBombError
    # 32-bit integers have no usual white, and the deep CMYK or inverted grey is read by nobody.
    number, bits = str(page.dtype), page.bitspersample
    usual = page.photometric in (1, 2) and number.endswith(str(bits))
    if number not in NUMBERS or (bits > 8 and not usual):
        colour = getattr(page.photometric, "name", page.photometric)
        kind = f"{number}, {bits} bits, {colour}"
        raise UnusableError(f"is of an uncommon kind ({kind}); save it as RGB of 8 or 16 bits")


def turned(array: Array, orientation: int) -> Array:
    """Turn `h w c` upright from the way that the camera was held, 1 to 8 as in EXIF."""
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return array[:, ::-1] if orientation in (2, 3, 6, 7) else array


def without_alpha(array: Array) -> Array:
    """Drop the alpha channel of `h w 2` or `h w 4`."""
    return array[..., : 3 if array.shape[2] > 2 else 1]


def warn_of_alpha(present: bool) -> None:
    """Say that the transparency is lost."""
    if present:
        log.warning("the alpha channel of the picture is dropped")


def scaled(array: Array) -> Array:
    """Bring integers to floats in [0, 1]; floats stay as they are."""
    if np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float32)
    return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)


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
    """Give the size back, or refuse it.

    Raises:
        ValueError: If it is not None, one number, or [h, w], each from 16 up.
    """
    if size is None:
        return None
    sides = [size, size] if isinstance(size, int) else size
    if isinstance(sides, Sequence) and not isinstance(sides, (str, bytes)) and len(sides) == 2:
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
        inner = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
        image = image[..., top : top + inner[0], left : left + inner[1]]
    if image.shape[2:] == size:
        return image
    return functional.interpolate(
        image, size=size, mode="bicubic", antialias=True, align_corners=False
    ).clamp(0, 1)
