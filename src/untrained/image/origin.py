"""The origin of a picture: the format, the colours and the texts that its result keeps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import png
import tifffile
from PIL import ExifTags, Image

from untrained.image.arrange import ORIENTATION
from untrained.image.colour import CONVERTED, PROFILE, fitting, is_srgb
from untrained.image.decode import decoding
from untrained.image.deep import deep_ppm, is_deep_png
from untrained.image.kind import NPY, START, TIFF, UnusableError
from untrained.image.npy import npy_axes, npy_header
from untrained.image.scale import WHITES
from untrained.image.tiff import Layout, has_bands, layout_of, said_white, without_alpha

XMP = "XML:com.adobe.xmp"
XMP_TAG = 700
# What a TIFF says of the picture, and not of how the file is laid out.
DESCRIPTIVE = (270, 271, 272, 282, 283, 296, 305, 306, 315, 33432, 34665, 34853)
# The chunks of a PNG that decide how its numbers look, beside a profile.
COLOUR_CHUNKS = (b"gAMA", b"cHRM", b"sRGB", b"cICP")
CENTIMETRE = 3
RGB = 2
# Tags of width and height, in TIFF and in EXIF.
WIDTHS = (256, 40962)
HEIGHTS = (257, 40963)
# Descriptions that are of the layout of one file, and would be false of another.
LAYOUTS = re.compile(r"ImageJ=|<\?xml.*<OME|\{\"shape\"", re.DOTALL)


@dataclass(frozen=True)
class Origin:
    """The form of a picture's file: depth, colours, and what is said of the picture.

    Args:
        ending: `.png`, `.tif` or `.npy`: the kind of file that holds all of this.
        number: The type of its numbers: 'uint8', 'uint16', 'float32', ...
        white: The number that is white.
        axes: The axes of an array of numpy, or of what a TIFF holds: `yx`, `yxc` or `cyx`, with a 1
            before them where it has an axis of length 1.
        pages: How many pages of a TIFF these axes are of: `one`, `several`, or `array` for the
            pages that tifffile writes of an array.
        is_rgb: Whether the first three channels of a TIFF are red, green and blue.
        profile: Its ICC profile; None for sRGB.
        chunks: Other chunks of a PNG that decide how its numbers look.
        exif: Its EXIF, turned upright and without a thumbnail.
        dpi: Its pixels an inch, each way.
        text: What else is said of it, by name; its XMP too.
    """

    ending: str = ".png"
    number: str = "uint8"
    white: float = 255
    axes: str = "yxc"
    pages: str = "one"
    is_rgb: bool = False
    profile: bytes | None = None
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> "Origin":
        """The PNG that viewers show: all that is said, and 16 bits where the file has over 8."""
        number = "uint8" if self.number in ("bool", "uint8") else "uint16"
        return replace(self, ending=".png", number=number, white=WHITES[number])

    @property
    def plain(self) -> "Origin":
        """An 8-bit PNG of the same colours, of which nothing is said."""
        profile = None if self.profile is None or is_srgb(self.profile) else self.profile
        return Origin(profile=profile, chunks=self.chunks)


def origin(path: str | Path, white: float | None = None, channel_axis: int | None = None) -> Origin:
    """Return the form of a picture's file, by its header.

    Args:
        path: The file.
        white: The value that is white, as for `read`.
        channel_axis: The axis of the channels, as for `read`.

    Raises:
        ValueError: If it is no picture. In one line that names the file.
    """
    try:
        with decoding(path) as file:
            return origin_of(file, white, channel_axis)
    except UnusableError as error:
        raise ValueError(f"path {str(path)!r} {error}") from None


def origin_of(file: BinaryIO, white: float | None, channel_axis: int | None) -> Origin:
    """Return the form of an open file."""
    start = file.read(START)
    file.seek(0)
    if start.startswith(NPY):
        return origin_of_array(file, white, channel_axis)
    if start.startswith(TIFF):
        return origin_of_tiff(file, white, channel_axis)
    with Image.open(file) as picture:
        is_deep = is_deep_png(file) or deep_ppm(picture) or picture.mode.startswith("I")
        said = Origin(
            profile=profile_of(picture.info.get(PROFILE), picture.mode),
            dpi=dpi_of(picture.info.get("dpi")),
            text=text_of(picture.info),
            chunks=colour_chunks(file) if picture.format == "PNG" else (),
            exif=exif_bytes(picture.getexif()),
        )
        if picture.mode == "F":
            return replace(said, ending=".tif", number="float32", white=white or 1)
        if is_deep:
            # The standard of PNG has white at the greatest value.
            return replace(said, number="uint16", white=WHITES["uint16"])
        return said


def origin_of_array(file: BinaryIO, white: float | None, channel_axis: int | None) -> Origin:
    """Return the form of an array of numpy."""
    shape, number = npy_header(file)
    axes = npy_axes(shape, number, channel_axis)
    return Origin(".npy", number.name, white or WHITES.get(number.name, 1), axes)


def origin_of_tiff(file: BinaryIO, white: float | None, channel_axis: int | None) -> Origin:
    """Return the form of a TIFF; of 8 bits a PNG holds all of it, but for bands and pages."""
    with tifffile.TiffFile(file) as tiff:
        layout = layout_of(tiff, channel_axis)
        page = layout.page
        is_bands = layout.is_stack or has_bands(page)
        number = str(page.dtype)
        said, profile = said_white(page), page.iccprofile
        if said is not None and greatest(tiff, layout) > said:
            said = None  # As it is read: `scaled`.
        xmp = page.tags.valueof(XMP_TAG)
        byte_order = tiff.byteorder
        mode = mode_of(page)
    exif = Image.Exif()
    exif.endian = byte_order
    exif.load_from_fp(file, page.offset)
    kept = descriptive(exif)
    form = Origin(
        profile=None if is_bands else profile_of(profile, mode),
        dpi=dpi_of_tags(kept),
        text=text_of({"xmp": xmp}),
        exif=exif_bytes(kept),
    )
    if number in ("bool", "uint8") and not is_bands:
        return form
    white = white or said or WHITES.get(number, 1)
    form = replace(form, ending=".tif", number=number, white=white)
    if not is_bands:
        return form
    pages = "array" if layout.is_array else "several" if layout.is_stack else "one"
    is_rgb = not layout.is_stack and page.photometric == RGB
    return replace(form, axes=layout.axes, pages=pages, is_rgb=is_rgb)


def greatest(tiff: tifffile.TiffFile, layout: Layout) -> float:
    """Return the greatest number of a picture or of its pages, without its transparency."""
    array = tiff.asarray() if layout.is_stack else layout.page.asarray()
    return float(without_alpha(array, layout).max())


def mode_of(page: tifffile.TiffPage) -> str:
    """Return what Pillow calls the colours of a page of a TIFF."""
    if page.photometric == 5:
        return "CMYK"
    return "L" if page.axes == "YX" else "RGB"


def profile_of(profile: bytes | None, mode: str) -> bytes | None:
    """Return the profile of a picture as it is read: CMYK is no longer CMYK then."""
    if mode in CONVERTED:
        return None
    is_grey = mode.startswith(("1", "L", "F", "I"))
    return fitting(profile, 1 if is_grey else 3)


def dpi_of(dpi: object) -> tuple[float, float] | None:
    """Return the pixels an inch, if they are two numbers over 0.

    Example:
        >>> dpi_of((300, 300)), dpi_of((0, 0)), dpi_of(None)
        ((300.0, 300.0), None, None)
    """
    try:
        across, down = map(float, dpi)  # type: ignore[call-overload]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    is_finite = np.isfinite([across, down]).all()
    return (across, down) if is_finite and min(across, down) > 0 else None


def dpi_of_tags(exif: Image.Exif) -> tuple[float, float] | None:
    """Return the pixels an inch that the tags of a TIFF say, be it in inches or in centimetres."""
    found = dpi_of((exif.get(282), exif.get(283)))
    if found is None or exif.get(296) == 1:
        return None
    scale = 2.54 if exif.get(296) == CENTIMETRE else 1
    return found[0] * scale, found[1] * scale


def text_of(info: Mapping[str | tuple[int, int], Any]) -> tuple[tuple[str, str], ...]:
    """Return what a file says of its picture in words, XMP among them.

    Args:
        info: What Pillow has found in the file.

    Example:
        >>> text_of({"Title": "A cat", "comment": b"asleep", "gamma": 0.45})
        (('Title', 'A cat'), ('Comment', 'asleep'))
    """
    found = {}
    for name, value in info.items():
        if isinstance(value, str) and is_own_name(str(name)):
            found[str(name)] = value
    comment = info.get("comment")
    if comment:
        found["Comment"] = as_text(comment, "latin-1")
    xmp = info.get("xmp") or info.get(XMP)
    if xmp:
        found[XMP] = upright_xmp(as_text(xmp, "utf-8"))
    return tuple(found.items())


def is_own_name(name: str) -> bool:
    """Whether a text of this name is what somebody has written, and stays under this name."""
    return name not in (XMP, "comment") and not name.startswith("Raw profile type")


def as_text(value: bytes | str, encoding: str) -> str:
    """Return a text that may be in bytes."""
    return value.decode(encoding, "replace") if isinstance(value, bytes) else str(value)


def upright_xmp(text: str) -> str:
    """Return XMP that says that the picture is upright, since it has been turned.

    Example:
        >>> upright_xmp('<rdf:Description tiff:Orientation="6"/>')
        '<rdf:Description tiff:Orientation="1"/>'
    """
    text = re.sub(r'tiff:Orientation="[1-8]"', 'tiff:Orientation="1"', text.rstrip("\0"))
    return re.sub(r"(<tiff:Orientation>)[1-8]", r"\g<1>1", text)


def descriptive(exif: Image.Exif) -> Image.Exif:
    """Return of the tags of a TIFF what is said of the picture."""
    found = Image.Exif()
    for tag in set(DESCRIPTIVE) & set(exif):
        value = exif.get_ifd(tag) if tag in (34665, 34853) else exif[tag]
        is_of_layout = tag == 270 and LAYOUTS.match(str(value))
        if value and not is_of_layout:
            found[tag] = value
    return found


def exif_bytes(exif: Image.Exif) -> bytes | None:
    """Return EXIF as bytes, upright; None where nothing is said, or it cannot be written."""
    try:
        if not exif:
            return None
        if ORIENTATION in exif:
            exif[ORIENTATION] = 1
        return exif.tobytes()
    # What cameras write is not always what the standard says, and Pillow stumbles over it.
    except Exception:
        return None


def sized(exif: bytes, height: int, width: int) -> bytes:
    """Return EXIF that says another size of the picture, where it says one.

    Args:
        exif: The EXIF, as bytes.
        height: The new height, in pixels.
        width: The new width, in pixels.
    """
    tags = Image.Exif()
    tags.load(exif)
    inner = tags.get_ifd(ExifTags.IFD.Exif)
    sides = dict.fromkeys(WIDTHS, width) | dict.fromkeys(HEIGHTS, height)
    for tag in sides.keys() & tags.keys():
        tags[tag] = sides[tag]
    for tag in sides.keys() & inner.keys():
        inner[tag] = sides[tag]
    return tags.tobytes()


def colour_chunks(file: BinaryIO) -> tuple[tuple[bytes, bytes], ...]:
    """Return the chunks of a PNG that decide how its numbers look, beside its profile."""
    file.seek(0)
    chunks = png.Reader(file=file).chunks()
    head = takewhile(lambda chunk: chunk[0] != b"IDAT", chunks)
    return tuple((bytes(kind), bytes(content)) for kind, content in head if kind in COLOUR_CHUNKS)
