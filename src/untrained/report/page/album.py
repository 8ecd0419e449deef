"""The pictures of a page: which are kept, how well, and where."""

import hashlib
import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from PIL import Image

from untrained.image import viewed
from untrained.record.file import write_whole
from untrained.record.run import Record

# How much of the pictures is kept: each n-th step, the quality of the JPEG, and the most pixels
# for which that is done. Measured on photographs with noise of sigma 12, a byte holds 3.6, 5 and
# 6.6 pixels, and a data URI takes 4/3: none comes to more than 18 MB. More pictures than that lie
# beside the page.
LEVELS = ((1, 75, 48e6), (2, 60, 66e6), (2, 40, 88e6), (1, 75, inf))
LARGEST = 18e6  # bytes of pictures in the page, over which they lie beside it
STILL = {"quality": 90, "subsampling": 0}


class Album:
    """The pictures of a page, each once, in it or beside it.

    Args:
        quality: Of the JPEG, 1 to 95.
    """

    def __init__(self, quality: int) -> None:
        self.quality = quality
        self.pictures: list[bytes] = []
        self.numbers: dict[bytes, int] = {}

    def add(self, path: Path, still: bool = False) -> int | None:
        """Take a picture in and return its number, or None where it cannot be read.

        Args:
            path: The picture.
            still: Whether it is no image of a step. There are few of those, so that they are kept
                as `STILL` says, with the colours of single pixels.
        """
        words = STILL if still else {"quality": self.quality}
        try:
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in self.numbers:
                self.pictures.append(jpeg(path, words))
                self.numbers[digest] = len(self.pictures) - 1
        except (OSError, ValueError, SyntaxError):
            return None
        return self.numbers[digest]

    def addresses(self, folder: Path) -> list[str]:
        """Return where each picture is: in the page, or beside it if they are too many."""
        if sum(map(len, self.pictures)) * 4 / 3 <= LARGEST:
            start = "data:image/jpeg;base64,"
            return [start + b64encode(each).decode() for each in self.pictures]
        return [write_beside(folder, each) for each in self.pictures]


def jpeg(path: Path, words: Mapping[str, Any]) -> bytes:
    """Return a picture as JPEG, saved with some of Pillow's words."""
    buffer = io.BytesIO()
    Image.fromarray(viewed(path)).save(buffer, "JPEG", **words)
    return buffer.getvalue()


def write_beside(folder: Path, picture: bytes) -> str:
    """Write a JPEG into a folder beside the page, and return its address."""
    name = f"{hashlib.sha256(picture).hexdigest()[:16]}.jpg"
    write_whole(folder / name, picture)
    return f"{folder.name}/{name}"


def thinning(records: Sequence[Record]) -> tuple[int, int]:
    """Return which steps to keep (each n-th) and the quality, by how many pixels there are."""
    frames = [list(record.frames.values()) for record in records]
    pixels = sum(len(paths) * area(paths[0]) for paths in frames if paths)
    return next((every, quality) for every, quality, most in LEVELS if pixels / every <= most)


def area(path: Path) -> int:
    """Return the pixels of a picture, 0 where it cannot be read."""
    try:
        with Image.open(path) as picture:
            return picture.width * picture.height
    except (OSError, SyntaxError):
        return 0
