"""The pictures of a table in the user's folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from untrained.record.file import replacing
from untrained.reproduce.table import Row, Table


def pictures_of(table: Table, row: Row, folder: Path) -> dict[str, Path]:
    """Return the picture of each word in `Table.files`, as it should be named in a folder."""
    place = folder.expanduser().resolve()
    return {word: place / name.format(image=row.image) for word, name in table.files.items()}


def check_pictures(table: Table, rows: Sequence[Row], folder: Path) -> None:
    """Refuse to begin where a picture is missing.

    Raises:
        ValueError: If one is; where it is to be had is said.
    """
    every = [path for row in rows for path in pictures_of(table, row, folder).values()]
    check_files(table, every, folder)


def check_files(table: Table, paths: Sequence[Path], folder: Path) -> None:
    """Refuse files of a table that are not in the folder of `--data`.

    Raises:
        ValueError: If one is missing; where it is to be had is said.
    """
    missing = list(dict.fromkeys(path.name for path in paths if not path.is_file()))
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise ValueError(
            f"--data {folder} has no {missing[0]}{more}, which {table.name} needs; "
            f"to be had from {table.source}"
        )


def size_of(path: Path) -> tuple[int, int]:
    """Return height and width of a picture, of which the header alone is read.

    Raises:
        ValueError: If it is not a picture that can be read.
    """
    try:
        with Image.open(path) as picture:
            return picture.height, picture.width
    except OSError:
        raise ValueError(f"{path} is not a picture that can be read") from None


def cropped(pictures: Mapping[str, Path], multiple: int, folder: Path) -> dict[str, Path]:
    """Crop pictures from the centre to a multiple of some pixels, as copies in a folder.

    Where nothing is to be cropped, the user's own file is returned.

    Args:
        pictures: The picture of each word.
        multiple: What the sides are to be multiples of, in pixels.
        folder: The folder of the copies.

    Raises:
        ValueError: If a picture is smaller than that.
    """
    found = {}
    for word, path in pictures.items():
        height, width = size_of(path)
        if min(height, width) < multiple:
            raise ValueError(f"{path} has {height} x {width} pixels, less than {multiple}")
        if height % multiple == 0 and width % multiple == 0:
            found[word] = path
            continue
        found[word] = folder / f"{path.stem}.png"
        with Image.open(path) as picture, replacing(found[word]) as temporary:
            picture.crop(centre_box(height, width, multiple)).save(temporary, format="PNG")
    return found


def centre_box(height: int, width: int, multiple: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the largest box of such sides at the centre.

    Example:
        >>> centre_box(344, 228, multiple=32)
        (2, 12, 226, 332)
    """
    left, top = width % multiple // 2, height % multiple // 2
    return left, top, left + width - width % multiple, top + height - height % multiple
