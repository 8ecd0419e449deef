"""PNG and PPM of 16 bits, which Pillow would cut to 8."""

from typing import BinaryIO

import numpy as np
import png
from PIL import Image, ImageFile

from untrained.image.arrange import without_alpha
from untrained.image.scale import Array


def is_deep_png(file: BinaryIO) -> bool:
    """Whether a file is a PNG of 16 bits: the 25th byte of a PNG is its depth."""
    start = peeked(file, 25)
    return start.startswith(b"\x89PNG") and start[24] == 16


def peeked(file: BinaryIO, count: int) -> bytes:
    """Return the first bytes of a file, and leave it where it is."""
    place = file.tell()
    file.seek(0)
    start = file.read(count)
    file.seek(place)
    return start


def significant_bits(file: BinaryIO) -> int:
    """Return how many bits of a PNG of 16 bits are significant, by its chunk sBIT."""
    place = file.tell()
    file.seek(0)
    reader = png.Reader(file=file)
    reader.preamble()
    file.seek(place)
    return max(reader.sbit or [16])


def read_png(file: BinaryIO) -> Array:
    """Read a PNG of 16-bit colours."""
    file.seek(0)
    width, height, rows, info = png.Reader(file=file).read()
    array = np.vstack([np.asarray(row, np.uint16) for row in rows])
    return without_alpha(array.reshape(height, width, info["planes"]))


def deep_ppm(picture: ImageFile.ImageFile) -> int:
    """Return the white of a PPM of deep colours, which Pillow would cut to 8 bits; else 0."""
    match picture.mode, picture.tile:
        # The last argument of Pillow's decoder is the white.
        case "RGB", [("ppm", _, _, (*_, int(white))), *_] if white > 255:
            return white
    return 0


def read_ppm(file: BinaryIO, picture: ImageFile.ImageFile) -> Array:
    """Read a PPM of deep colours."""
    file.seek(picture.tile[0].offset)
    size = picture.height * picture.width * 3
    array = np.frombuffer(file.read(2 * size), ">u2", size)
    return array.reshape(picture.height, picture.width, 3).astype(np.uint16)


def deep_grey(picture: Image.Image) -> Array:
    """Return the numbers of a grey picture of over 8 bits, `h w 1`."""
    array = np.asarray(picture)
    if picture.mode.startswith("I;"):  # In the order of the file's bytes.
        array = array.astype(np.uint16)
    return array[..., None]
