"""What is read of a JPEG file: its tables, its header, and the planes that Pillow decodes."""

import logging
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from PIL import ExifTags, Image
from torch import Tensor

log = logging.getLogger(__name__)

SIDE = 8  # of a block


def tables_of(file: BinaryIO) -> Tensor:
    """Return the tables of a file for luma and chroma, `2 8 8`, float64."""
    file.seek(0)
    with Image.open(file) as picture:
        tables = picture.quantization  # type: ignore[attr-defined]
        layers = picture.layer  # type: ignore[attr-defined]
    first, last = tables[layers[0][3]], tables[layers[-1][3]]
    return torch.tensor([first, last], dtype=torch.float64).reshape(2, SIDE, SIDE)


def check_file(path: str, file: BinaryIO) -> bool:
    """Return whether the chromas of a JPEG file have half the size (4:2:0).

    Args:
        path: The name of the file, for the message.
        file: The file.

    Raises:
        ValueError: If it is not a JPEG file in grey or colour. If it is turned by its EXIF, is
            smaller than 16 x 16 pixels, has colour subsampling other than 4:4:4 and 4:2:0, or has
            two tables for colour. The message is one line and begins with `path`.
    """
    header = header_of(file)
    flaw = flaw_of(header)
    if header is None or flaw is not None:
        raise ValueError(f"path {path!r} {flaw}")
    step = 2 * SIDE if header.halved else SIDE
    if any(side % step for side in header.size):
        log.warning("target: the JPEG file is cropped to whole blocks of %d pixels", step)
    return header.halved


class Header(NamedTuple):
    """The header of a JPEG file in grey or in luma and chromas.

    Args:
        size: Width and height, in pixels.
        layers: Of the luma and the chromas: name, sampling in both directions, number of the table.
        orientation: As EXIF has it; 1 is upright.
    """

    size: tuple[int, int]
    layers: list[tuple[Any, ...]]
    orientation: int

    @property
    def samplings(self) -> list[tuple[int, int]]:
        """The sampling of each layer, across and down."""
        return [(layer[1], layer[2]) for layer in self.layers]

    @property
    def halved(self) -> bool:
        """Whether the chromas have half the size of the luma, as in 4:2:0."""
        return self.samplings == [(2, 2), (1, 1), (1, 1)]


def header_of(file: BinaryIO) -> Header | None:
    """Return the header of a JPEG file in grey or colour; None of any other file."""
    try:
        with Image.open(file) as picture:
            is_rgb = picture.mode == "RGB" and picture.info.get("adobe_transform") == 0
            if picture.format != "JPEG" or picture.mode not in ("L", "RGB") or is_rgb:
                return None
            layers = picture.layer  # type: ignore[attr-defined]
            orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
            return Header(picture.size, layers, orientation)
    except Exception:  # Decoders meet damage with exceptions of every kind.
        return None


def flaw_of(header: Header | None) -> str | None:
    """Return why the whole numbers of a file cannot be found; None if they can."""
    if header is None:
        return "is not a JPEG file in grey or colour, which is needed here"
    if header.orientation != 1:
        return "is turned by its EXIF; turn it without loss (jpegtran)"
    if not header.halved and len(set(header.samplings)) > 1:
        return "has colour subsampling other than 4:4:4 or 4:2:0"
    if len({layer[3] for layer in header.layers[1:]}) > 1:
        return "has two tables for colour, and only one is read"
    width, height = header.size
    if min(width, height) < 2 * SIDE:
        return f"is {height} x {width} pixels; 16 x 16 are needed"
    return None


def decoded_planes(file: BinaryIO, halved: bool) -> list[Tensor]:
    """Return the luma and the chromas of a file, each `1 1 h w` in its own size, from 0 to 255.

    A decoder smooths a chroma of half the size when it enlarges it. So the chromas are taken from a
    picture that is decoded at half size, where they are as the file holds them.
    """
    whole = decoded_plane(file, 1)
    if whole.shape[1] == 1:
        return [whole]
    chroma = decoded_plane(file, 2) if halved else whole
    return [whole[:, :1], chroma[:, 1:2], chroma[:, 2:3]]


def decoded_plane(file: BinaryIO, shrink: int) -> Tensor:
    """Return the luma and the chromas that Pillow decodes, `1 c h w`, float64.

    Args:
        file: The file.
        shrink: 1 for the full size, 2 for half the size.
    """
    file.seek(0)
    with Image.open(file) as picture:
        mode = "L" if picture.mode == "L" else "YCbCr"
        picture.draft(mode, (picture.width // shrink, picture.height // shrink))
        array = np.atleast_3d(np.array(picture))
    return torch.from_numpy(array).permute(2, 0, 1)[None].double()
