"""Files to arrays: each kind of picture to its last bit, and what is wrong with the others."""

import logging
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import png
import tifffile
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from untrained import check
from untrained.image.arrange import ORIENTATION, shrunk, turned
from untrained.image.colour import to_srgb
from untrained.image.deep import (
    deep_grey,
    deep_ppm,
    is_deep_png,
    peeked,
    read_png,
    read_ppm,
    significant_bits,
)
from untrained.image.depth import HEADER, bits_of
from untrained.image.kind import NPY, START, TIFF, UnusableError, advice, advice_on_name
from untrained.image.npy import npy_axes, npy_header, read_npy
from untrained.image.scale import Array
from untrained.image.tiff import (
    Layout,
    alpha_of,
    check_page,
    layout_of,
    pillow_page,
    said_white,
    without_alpha,
)

log = logging.getLogger(__name__)

# A picture that is made smaller may have so many times the pixels of Pillow's limit.
LARGER = 6
DAMAGES = (OSError, SyntaxError, ValueError, png.Error)

Shrinking = Callable[[int, int], int]


class Decoded(NamedTuple):
    """The numbers of a file.

    Args:
        array: The numbers, `h w c`, upright, of the file's type.
        white: The value that is white, as the file says; None where it says nothing.
    """

    array: Array
    white: float | None = None


def decoded(
    path: str | Path,
    shrinking: Shrinking | None,
    is_typed: bool,
    channel_axis: int | None = None,
) -> Decoded:
    """Read the numbers of a file: imageio would cut 16-bit colour to 8 bits and pass CMYK as RGBA.

    Args:
        path: The file.
        shrinking: Returns by how much a picture of that height and width may be shrunk before it
            is resized. Only one that is larger than Pillow's limit is.
        is_typed: Whether the user says what is white; then whole numbers of every type are read.
        channel_axis: The axis of the channels of an array, as the user says; None if nobody did.

    Raises:
        UnusableError: If there is no file, or no picture in it.
    """
    factor = limited(shrinking)  # Before Pillow's limit is lifted.
    with decoding(path) as file:
        start = start_of(file)
        if start.startswith(NPY):
            array = read_npy(file, channel_axis)
            return Decoded(shrunk(array, factor(*array.shape[:2])))
        if start.startswith(TIFF):
            return read_tiff(file, factor, is_typed, channel_axis)
        check_no_axis(channel_axis)
        return read_others(file, factor)


def start_of(file: BinaryIO) -> bytes:
    """Return the first bytes of a file.

    Raises:
        UnusableError: If they are of a kind that is not read; what to do is said.
    """
    start = peeked(file, START)
    said = advice(start)
    if said is not None:
        raise UnusableError(said)
    return start


def check_start(path: str | Path, channel_axis: int | None = None) -> None:
    """Refuse a file that is no picture, by what stands before its numbers.

    Args:
        path: The file.
        channel_axis: The axis of the channels of an array, as the user says; None if nobody did.

    Raises:
        UnusableError: If it is none.
    """
    with decoding(path) as file:
        start = start_of(file)
        if start.startswith(NPY):
            npy_axes(*npy_header(file), channel_axis)
        elif start.startswith(TIFF):
            with tifffile.TiffFile(file) as tiff:
                layout_of(tiff, channel_axis)
        else:
            check_no_axis(channel_axis)
            Image.open(file)


def check_no_axis(channel_axis: int | None) -> None:
    """Refuse an axis of the channels beside a picture that is no array.

    Raises:
        UnusableError: If the user has said one.
    """
    if channel_axis is not None:
        raise UnusableError(
            f"is a picture, and channel_axis={channel_axis} is for an array (.npy) or for a TIFF "
            "of several pages"
        )


@contextmanager
def decoding(path: str | Path) -> Iterator[BinaryIO]:
    """Lend an open file to decoders, which are silent then.

    Raises:
        UnusableError: If there is no file, or the body meets damage.
    """
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    place = Path(path).expanduser()
    try:
        if not place.is_file():
            raise UnusableError(advice_on_name(str(path)) or check.absence(place))
        # Not by its name: Pillow then maps it to memory, and garbles a grey TIFF that is turned.
        with place.open("rb") as file, warnings.catch_warnings(), unlimited():
            warnings.simplefilter("ignore")
            yield file
    except (UnusableError, MemoryError):
        raise
    # Decoders meet damage with exceptions of every kind, TypeError and IndexError among them.
    except Exception as error:
        raise UnusableError(reason(error)) from None


@contextmanager
def unlimited() -> Iterator[None]:
    """Lift Pillow's limit, which does not know that a picture is made smaller; ours is kept."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def reason(error: Exception) -> str:
    """Return in one line what a decoder's exception means."""
    if isinstance(error, UnidentifiedImageError):
        return "is not a picture that can be read"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    if "imagecodecs" in str(error):
        return "is compressed in a way that is not read at this depth; save it uncompressed"
    # What else a decoder raises on damage is about its own code.
    text = textwrap.shorten(str(error), 80) if isinstance(error, DAMAGES) else ""
    return f"is cut short or damaged: {text}" if text else "is cut short or damaged"


def limited(shrinking: Shrinking | None) -> Shrinking:
    """Return by how much a picture is shrunk, within Pillow's limit as it is now.

    Args:
        shrinking: A function that says by how much a picture over the limit may be shrunk.

    Returns:
        A function of the height and the width. It raises `UnusableError` if they are too large.
    """
    limit = Image.MAX_IMAGE_PIXELS or float("inf")

    def factor(height: int, width: int) -> int:
        if height * width <= limit:
            return 1
        if shrinking is None:
            raise UnusableError(
                f"has more than {limit} pixels: type size=1024 to read it smaller, or crop it"
            )
        if height * width > LARGER * limit:
            raise UnusableError(f"has more than {LARGER * limit} pixels; crop it")
        return max(1, shrinking(height, width))

    return factor


def read_others(file: BinaryIO, factor: Shrinking) -> Decoded:
    """Read by Pillow, and by others what Pillow would cut to 8 bits.

    Args:
        file: The open file.
        factor: Returns by how much a picture of that height and width is shrunk.
    """
    with Image.open(file) as picture:
        warn_of_more(picture)
        by = factor(picture.height, picture.width)
        white = deep_ppm(picture)
        if white:
            return Decoded(shrunk(read_ppm(file, picture), by), white)
        if is_deep_png(file):
            return read_deep_png(file, picture, by)
        found = read_pillow(picture, by)
        if found.array.dtype == np.uint8:
            warn_of_depth(bits_of(peeked(file, HEADER)))
        return found


def read_deep_png(file: BinaryIO, picture: ImageFile.ImageFile, by: int) -> Decoded:
    """Read a PNG of 16 bits, shrunk `by` times.

    The standard of PNG has 16 bits filled, whatever sBIT says. Many writers do not fill them.

    Args:
        file: The open file.
        picture: The same file, as Pillow has opened it.
        by: The factor.
    """
    bits = significant_bits(file)
    if picture.mode.startswith("I"):  # 16-bit grey is whole in Pillow's I;16.
        array = read_pillow(picture, by).array
    else:
        warn_of_alpha(picture.has_transparency_data)
        orientation = picture.getexif().get(ORIENTATION, 1)
        array = turned(shrunk(read_png(file), by), orientation)
    white = 2**bits - 1
    if bits == 16:
        return Decoded(array)
    return Decoded(array, white if array.max() <= white else 65535)


def read_pillow(picture: Image.Image, by: int) -> Decoded:
    """Read what Pillow decodes whole, shrunk `by` times."""
    width = picture.width
    # A JPEG is decoded at an eighth at least, which takes a 64th of the memory.
    picture.draft(picture.mode, (width // by, picture.height // by))
    by = max(1, by * picture.width // width)
    warn_of_alpha(picture.has_transparency_data)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith(("F", "I")):
        array = shrunk(deep_grey(upright), by)
        # Pillow brings what is of mode I from the file's own white to this one.
        return Decoded(array, 65535 if upright.mode == "I" else None)
    if upright.mode == "La":
        upright = upright.convert("LA")  # Pillow has no way from La to L.
    mode = "L" if upright.mode in ("1", "L", "LA", "La") else "RGB"
    colours = to_srgb(upright).convert(mode)
    if by > 1:
        colours = colours.reduce(by)
    return Decoded(np.atleast_3d(np.asarray(colours)))


def read_tiff(
    file: BinaryIO, factor: Shrinking, is_typed: bool, channel_axis: int | None
) -> Decoded:
    """Read a TIFF: 8 bits and what is grey by Pillow, deeper colours and bands by tifffile.

    Args:
        file: The open file.
        factor: Returns by how much a picture of that height and width is shrunk.
        is_typed: Whether the user says what is white; then whole numbers of every type are read.
        channel_axis: The axis of the channels of several pages, as the user says.

    Raises:
        UnusableError: If it has several pictures, is a camera's raw file, or is of a kind that is
            not read.
    """
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        layout = layout_of(tiff, channel_axis)
        page = layout.page
        by = factor(*layout.size)
        check_page(page, is_typed)
        if layout.is_of_pillow:
            with pillow_page(file, page) as picture:
                return Decoded(read_pillow(picture, by).array, said_white(page))
        array = stacked(layout)
        orientation = page.tags.valueof(ORIENTATION, default=1)
        white = said_white(page)
    warn_of_alpha(not layout.is_stack and bool(alpha_of(page)))
    array = shrunk(without_alpha(array, layout), by)
    return Decoded(turned(array, orientation), white)


def stacked(layout: Layout) -> Array:
    """Return the numbers of the page or the pages of a picture; a line says that it has several."""
    if not layout.is_stack:
        return layout.page.asarray()
    count, which = len(layout.pages), layout.axes.index("c")
    role = "channels" if which == 0 else "rows"
    log.warning("the %d pages of the picture are read as its %s", count, role)
    return np.stack([page.asarray() for page in layout.pages])


def warn_of_alpha(present: bool) -> None:
    """Write to the log that the transparency is lost."""
    if present:
        log.warning("the alpha channel of the picture is dropped")


def warn_of_depth(bits: int) -> None:
    """Write to the log that bits are lost."""
    if bits > 8:
        log.warning(
            "the picture has %d bits a channel, and 8 of them are read: a PNG or TIFF of 16 bits "
            "is read whole",
            bits,
        )


def warn_of_more(picture: Image.Image) -> None:
    """Write to the log that an animation has more pictures than the one that is read.

    In a camera's MPO the first one is the photo. A PSD has layers, and the first is all of them.
    """
    if picture.format not in ("MPO", "PSD") and getattr(picture, "is_animated", False):
        log.warning("the picture is an animation; its first picture is read")
