"""TIFF files: which of their pictures is meant, and what its numbers mean."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import tifffile
from PIL import Image

from untrained.image.kind import RAW, UnusableError

NEW_SUBFILE_TYPE = 254
DESCRIPTION = 270
MAX_SAMPLE_VALUE = 281
WHITE_LEVEL = 50717
# Photometric interpretations of sensors: a mosaic of colour filters, and one that was resolved.
SENSOR = (32803, 34892)
# Bits of NewSubfileType: a smaller copy of another page, a mask of its transparency.
REDUCED, MASK = 1, 4
NUMBERS = ("bool", "uint8", "uint16", "float16", "float32", "float64")


def single_page(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    """Return the one page that is the picture: neither a preview, nor a smaller copy, nor a mask.

    Cameras and microscopes put a preview first and the picture into a directory below it.

    Raises:
        UnusableError: If there are several pictures, or a camera's raw one.
    """
    pages = list(every_page(tiff.pages))
    if any(page.photometric in SENSOR for page in pages):
        raise UnusableError(RAW)
    whole = [page for page in pages if not kind_of(page) & (REDUCED | MASK)]
    if len(whole) > 1:
        raise UnusableError("has several pages; save the one you mean")
    return max(whole or pages, key=lambda page: page.imagelength * page.imagewidth)


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
    if page.samplesperpixel > 4:
        raise UnusableError(f"has {page.samplesperpixel} channels; a picture has 1 to 4")
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
    if page.bitspersample <= 8:
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
