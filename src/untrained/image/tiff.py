"""TIFF files: which of their pictures is meant, and what its numbers mean."""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import tifffile
from PIL import Image

from untrained.image.channels import is_composite
from untrained.image.kind import ARRAY, RAW, UnusableError
from untrained.image.npy import axes_of, from_axes, without_batch
from untrained.image.scale import Array

NEW_SUBFILE_TYPE = 254
DESCRIPTION = 270
MAX_SAMPLE_VALUE = 281
WHITE_LEVEL = 50717
# Photometric interpretations of sensors: a mosaic of colour filters, and one that was resolved.
SENSOR = (32803, 34892)
# Bits of NewSubfileType: a smaller copy of another page, a mask of its transparency.
REDUCED, MASK = 1, 4
# Uses of an extra sample of a pixel: transparency, multiplied into the colours or not.
ALPHA = (1, 2)
NUMBERS = ("bool", "uint8", "uint16", "float16", "float32", "float64")


class Layout(NamedTuple):
    """Where the numbers of a picture are in a TIFF.

    Args:
        pages: The page of the picture, or several pages of one channel, which are an array.
        axes: The axes of the numbers of the one page, or of the array of pages: `yx`, `yxc`, `cyx`.
        is_array: Whether tifffile wrote the pages from an array, as the file says.
    """

    pages: list[tifffile.TiffPage]
    axes: str
    is_array: bool = False

    @property
    def page(self) -> tifffile.TiffPage:
        """The first page, whose tags are those of the picture."""
        return self.pages[0]

    @property
    def is_stack(self) -> bool:
        """Whether the picture is several pages."""
        return len(self.pages) > 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture, in pixels."""
        sides = dict(zip("yx", (self.page.imagelength, self.page.imagewidth), strict=True))
        if self.is_stack:
            shape = (len(self.pages), self.page.imagelength, self.page.imagewidth)
            sides = dict(zip(self.axes, shape, strict=True))
        return sides["y"], sides["x"]

    @property
    def is_of_pillow(self) -> bool:
        """Whether Pillow reads the numbers: 8 bits and what is grey, in colours or grey."""
        page = self.page
        if self.is_stack or has_bands(page):
            return False
        return page.bitspersample <= 8 or (page.axes == "YX" and page.dtype in ("u2", "f4"))


def layout_of(tiff: tifffile.TiffFile, channel_axis: int | None) -> Layout:
    """Return where the picture of a TIFF is.

    Previews, smaller copies and masks of transparency are passed over. Several pages of one
    channel, of one size and type, are frames or bands: each page is a channel. But tifffile writes
    an array of three axes as pages too, whichever axis is that of the channels, and says so in the
    file. Such pages are read like the array (`axes_of`).

    Args:
        tiff: The file.
        channel_axis: The axis of the channels of several pages, as the user says.

    Raises:
        UnusableError: If there are several pictures or a camera's raw one, or if the axis of the
            channels is not known.
    """
    pages = whole_pages(tiff)
    page = pages[0]
    if len(pages) == 1:
        if channel_axis is not None:
            raise UnusableError(f"is one page, and channel_axis={channel_axis} is for several")
        if (tiff.is_imagej or tiff.is_shaped) and tiff.series[0].is_truncated:
            raise UnusableError(f"is a stack that only its own program reads: {ARRAY}")
        return Layout(pages, {"YX": "yx", "SYX": "cyx"}.get(page.axes, "yxc"))
    if not all(is_of_stack(each, page) for each in pages):
        raise UnusableError("has several pages; save the one you mean")
    shape = (len(pages), page.imagelength, page.imagewidth)
    is_array = shape in shapes_said(tiff)
    if channel_axis is None and not is_array:
        channel_axis = 0
    return Layout(pages, axes_of(shape, channel_axis), is_array)


def whole_pages(tiff: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    """Return the pages that are pictures: neither a preview, nor a smaller copy, nor a mask.

    Cameras and microscopes put a preview first and the picture into a directory below it. If all
    are smaller copies, the largest is the picture.

    Raises:
        UnusableError: If one is a camera's raw picture.
    """
    pages = list(every_page(tiff.pages))
    if any(page.photometric in SENSOR for page in pages):
        raise UnusableError(RAW)
    whole = [page for page in pages if not kind_of(page) & (REDUCED | MASK)]
    return whole or [max(pages, key=lambda page: page.imagelength * page.imagewidth)]


def is_of_stack(page: tifffile.TiffPage, first: tifffile.TiffPage) -> bool:
    """Whether a page may be one channel of a picture: grey, of whole bytes, and like the first."""
    is_grey = page.axes == "YX" and page.photometric == 1 and page.bitspersample >= 8
    is_alike = (page.shape, page.dtype) == (first.shape, first.dtype)
    return is_grey and is_alike and len(page.treeindex) == 1


def shapes_said(tiff: tifffile.TiffFile) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays that a file was written from, as tifffile notes them."""
    said = tiff.shaped_metadata or ()
    return [without_batch(tuple(each.get("shape", ()))) for each in said]


def alpha_of(page: tifffile.TiffPage) -> list[int]:
    """Return which samples of a grey or colour page are its transparency.

    A page says what its extra samples are. A sample of no said use is a channel, such as near
    infrared. If it does not say it, the last of 2 or 4 samples is taken for transparency.
    """
    if page.photometric not in (1, 2):
        return []
    extra = page.extrasamples
    if not extra:
        return [page.samplesperpixel - 1] if page.samplesperpixel in (2, 4) else []
    first = page.samplesperpixel - len(extra)
    return [first + number for number, use in enumerate(extra) if use in ALPHA]


def without_alpha(array: Array, layout: Layout) -> Array:
    """Return the numbers of a picture as `h w c`, without its transparency."""
    alpha = [] if layout.is_stack else alpha_of(layout.page)
    return np.delete(from_axes(array, layout.axes), alpha, axis=2)


def has_bands(page: tifffile.TiffPage) -> bool:
    """Whether a page has other channels than a grey or colour picture."""
    if page.samplesperpixel > 4:
        return True
    channels = page.samplesperpixel - len(alpha_of(page))
    return page.photometric in (1, 2) and is_composite(channels)


def every_page(pages: tifffile.TiffPages) -> Iterator[tifffile.TiffPage]:
    """Yield the pages of a file in their order, each with those below it."""
    for index in range(len(pages)):
        page = pages.get(index)
        assert isinstance(page, tifffile.TiffPage)  # A whole one is what `get` is asked for.
        yield page
        if page.pages is not None:
            yield from every_page(page.pages)


def kind_of(page: tifffile.TiffPage) -> int:
    """Return what a page says that it is, by the bits of NewSubfileType; 0 for a picture."""
    value = page.tags.valueof(NEW_SUBFILE_TYPE, default=0)
    return value if isinstance(value, int) else 0


def pillow_page(file: BinaryIO, page: tifffile.TiffPage) -> Image.Image:
    """Open a page by Pillow, be it in the chain of pages or below one of them."""
    file.seek(0)
    picture = Image.open(file)
    number, *below = page.treeindex
    picture.seek(number)
    if not below:
        return picture
    size = (page.imagewidth, page.imagelength)
    return next(child for child in picture.get_child_images() if child.size == size)


def check_page(page: tifffile.TiffPage, is_typed: bool) -> None:
    """Refuse a page of a TIFF by its header, before it is decoded.

    Args:
        page: The page.
        is_typed: Whether the user says what is white.

    Raises:
        UnusableError: If it is not one picture of `h w` or `h w c`, or of an uncommon kind.
    """
    if page.axes not in ("YX", "YXS", "SYX"):
        raise UnusableError("is not one picture of height, width and channels")
    number, bits = str(page.dtype), page.bitspersample
    colour = getattr(page.photometric, "name", page.photometric)
    kind = f"is of an uncommon kind ({number}, {bits} bits, {colour})"
    if is_packed_grey(page):
        return
    if not is_plain(page):
        raise UnusableError(f"{kind}; save it as RGB of 8 or 16 bits")
    if number not in NUMBERS and not is_typed:  # 32-bit integers have no usual white.
        advice = "white=... says which value is white, or save it as 8 or 16 bits"
        raise UnusableError(f"{kind}; {advice}")


def is_packed_grey(page: tifffile.TiffPage) -> bool:
    """Whether a page is grey of 12 bits a pixel, which Pillow unpacks."""
    return (page.bitspersample, page.axes, page.photometric) == (12, "YX", 1)


def is_plain(page: tifffile.TiffPage) -> bool:
    """Whether a page is read: deep CMYK, deep inverted grey and packed bits are read by nobody."""
    if page.bitspersample <= 8 and not has_bands(page):
        return True
    fills_its_type = str(page.dtype).endswith(str(page.bitspersample))
    return page.photometric in (1, 2) and fills_its_type


def said_white(page: tifffile.TiffPage) -> int | None:
    """Return the value that is white, as a page says; None where it says nothing.

    `MaxSampleValue` is the greatest value that is there, or that there could be. So it tells the
    depth: 4074 and 4095 both are 12 bits. OME has the depth itself.
    """
    bits = said_bits(page)
    return 2**bits - 1 if bits else None


def said_bits(page: tifffile.TiffPage) -> int:
    """Return the depth that a page of whole numbers of over 8 bits says; 0 where it says none."""
    if np.dtype(page.dtype).kind != "u" or page.bitspersample <= 8:
        return 0
    if page.bitspersample == 12:
        return 12
    described = re.search(r'SignificantBits="(\d+)"', str(page.tags.valueof(DESCRIPTION)))
    if described:
        return int(described[1])
    value = page.tags.valueof(MAX_SAMPLE_VALUE)
    greatest = max(value) if isinstance(value, tuple) else value
    return max(greatest, 0).bit_length() if isinstance(greatest, int) else 0
