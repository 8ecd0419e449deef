"""The target of a run: its name, its picture, its level, and the runs that share it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from untrained.figure import Tile, caption
from untrained.figure.page import Pixels
from untrained.image import viewed
from untrained.record.file import path_in
from untrained.record.name import CLEAN, TARGET
from untrained.record.run import Record

MASKED = "Masked"


def view_of(record: Record) -> str | None:
    """Return what the target of a run is called: 'Noisy', 'Masked', 'Low resolution'.

    Returns:
        None of a target that is no picture. A run that wrote no summary, or an older one, has the
        name where its degradation is none.
    """
    if "view" in record.summary:
        return record.summary["view"]
    return "Noisy" if record.value("degradation") in ("", "identity") else None


def level_of(record: Record) -> float | None:
    """Return the PSNR in dB of the target, which a curve can be held against; None where it cannot.

    The PSNR of a masked target is that of its black pixels.
    """
    return None if view_of(record) == MASKED else record.figures("psnr").get("target")


def of_one_target(records: Sequence[Record]) -> list[Record]:
    """Return the runs with images that were given the same target as the first of them."""
    whole = [run for run in records if run.frames and run.summary]
    return [run for run in whole if run.target == whole[0].target]


def observed(records: Sequence[Record]) -> Iterator[Tile]:
    """Yield the clean image of runs that share a target, and the target, where each has a picture.

    A small target is enlarged to the size of the runs' images, each pixel to a square.
    """
    clean = first_picture(records, CLEAN)
    if clean is not None:
        yield Tile("Original", "", viewed(clean))
    target = first_picture(records, TARGET)
    if target is not None:
        first = records[0]
        said = caption(first.figures("psnr").get("target"), first.figures("ssim").get("target"))
        drawn = enlarged(viewed(target), size_of(first))
        yield Tile(view_of(first) or "Target", said, drawn)


def first_picture(records: Sequence[Record], name: str) -> Path | None:
    """Return the path of the first picture of a name that can be read, of any of the runs."""
    for record in records:
        path = picture_path(record, name)
        if path is not None:
            return path
    return None


def size_of(record: Record) -> tuple[int, int] | None:
    """Return height and width of the images of a run, where one can be read."""
    path = next(filter(is_readable, record.frames.values()), None)
    if path is None:
        return None
    height, width = iio.imread(path).shape[:2]
    return height, width


def enlarged(image: Pixels, size: tuple[int, int] | None) -> Pixels:
    """Return an image whose pixels are repeated to a size that is a whole multiple of its own.

    An image of which `size` is no multiple, or None, stays as it is.
    """
    height, width = image.shape[:2]
    factor = size[0] // height if size else 1
    if size != (factor * height, factor * width):
        return image
    return np.asarray(image).repeat(factor, 0).repeat(factor, 1)


def picture_path(record: Record, name: str) -> Path | None:
    """Return the path of a picture of a run, if it is there and can be read."""
    path = path_in(record.folder, name)
    return path if is_readable(path) else None


def is_readable(path: Path) -> bool:
    """Whether a file holds a picture."""
    try:
        iio.imread(path, plugin="pillow")  # Else each other one is asked about a damaged file.
    except (OSError, ValueError, SyntaxError):  # The last is Pillow's word for a damaged PNG.
        return False
    return True
