"""Files to arrays: each kind of picture to its last bit, and what is wrong with the others."""

import logging
import textwrap
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
import png
import tifffile
from PIL import Image, ImageOps, UnidentifiedImageError

from untrained import check

log = logging.getLogger(__name__)

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ORIENTATION = 274
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
NUMBERS = ("bool", "uint8", "uint16", "float16", "float32", "float64")
BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)
DAMAGES = (OSError, SyntaxError, ValueError, png.Error)
Array = np.ndarray


class UnusableError(Exception):
    """What is wrong with a file, without its name."""


def decoded(path: Path) -> Array:
    """Read `h w c` floats: imageio would cut 16-bit colour to 8 bits and pass CMYK as RGBA.

    Raises:
        UnusableError: If there is no file, or no picture in it.
    """
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    try:
        if not path.is_file():
            raise UnusableError(check.absence(path))
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
    """Return in one line what a decoder's exception means."""
    if isinstance(error, BOMBS):
        return f"has more than {Image.MAX_IMAGE_PIXELS} pixels; crop it"
    if isinstance(error, UnidentifiedImageError):
        return "is not a picture that can be read"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    if "imagecodecs" in str(error):
        return "is compressed in a way that is not read at this depth; save it uncompressed"
    # What else a decoder raises on damage is about its own code.
    text = textwrap.shorten(str(error), 80) if isinstance(error, DAMAGES) else ""
    return f"is cut short or damaged: {text}" if text else "is cut short or damaged"


def opened(file: BinaryIO) -> Array:
    """Read by Pillow, and by pypng and tifffile what Pillow would cut to 8 bits."""
    start = file.read(25)
    if start.startswith(TIFF):
        return read_tiff(file)
    file.seek(0)
    with Image.open(file) as picture:
        is_deep = picture.format == "PNG" and start[24] == 16  # The 25th byte is its depth.
        if is_deep and not picture.mode.startswith("I"):  # 16-bit grey is whole in Pillow's I;16.
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
    mode = "L" if upright.mode in ("1", "L", "LA", "La") else "RGB"
    return scaled(np.atleast_3d(np.asarray(upright.convert(mode))))


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
        is_grey_of_pillow = page.axes == "YX" and page.dtype in ("u2", "f4")
        if page.bitspersample <= 8 or is_grey_of_pillow:
            file.seek(0)
            with Image.open(file) as picture:
                return read_pillow(picture)
        array = page.asarray()
        orientation = page.tags.valueof(ORIENTATION, default=1)
    if page.axes == "SYX":
        array = np.moveaxis(array, 0, -1)
    array = np.atleast_3d(array)
    warn_of_alpha(array.shape[2] in (2, 4))
    return turned(without_alpha(scaled(array)), orientation)


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
    is_usual = bits <= 8 or (page.photometric in (1, 2) and number.endswith(str(bits)))
    if number not in NUMBERS or not is_usual:
        colour = getattr(page.photometric, "name", page.photometric)
        kind = f"{number}, {bits} bits, {colour}"
        raise UnusableError(f"is of an uncommon kind ({kind}); save it as RGB of 8 or 16 bits")


def turned(array: Array, orientation: int) -> Array:
    """Return `h w c` turned upright from the way that the camera was held, 1 to 8 as in EXIF."""
    axes, rows, columns = TURNS.get(orientation, TURNS[1])
    return array.transpose(axes)[::rows, ::columns]


def without_alpha(array: Array) -> Array:
    """Drop the alpha channel of `h w 2` or `h w 4`."""
    return array[..., : 3 if array.shape[2] > 2 else 1]


def warn_of_alpha(present: bool) -> None:
    """Write to the log that the transparency is lost."""
    if present:
        log.warning("the alpha channel of the picture is dropped")


def scaled(array: Array) -> Array:
    """Bring integers to floats in [0, 1]; floats stay as they are."""
    if np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float32)
    return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
