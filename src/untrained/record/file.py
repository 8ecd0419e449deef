"""Files that are whole or absent."""

import csv
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from untrained.record.name import RECORD

PART = ".part-"
"""How the name of a file begins that is not whole yet."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary name beside `path`, and rename it to `path` once the body has ended well.

    A reader, or a run that was killed, never finds half a file under the final name.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with replacing(Path(folder, "file")) as temporary:
        ...         _ = temporary.write_text("whole")
        ...     Path(folder, "file").read_text()
        'whole'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{PART}{os.getpid()}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def final_path(path: Path) -> Path:
    """Return the name of a file once it is whole.

    Example:
        >>> final_path(Path("run", f"{PART}123-last.ckpt")).name
        'last.ckpt'
    """
    return path.with_name(re.sub(rf"^{re.escape(PART)}\d+-", "", path.name))


def write_whole(path: Path, content: bytes | memoryview | str) -> None:
    """Write a file, whole or not at all; a text in UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def path_in(folder: Path, name: str) -> Path:
    """Return where a file of a run stands; an older version put all of them at the top.

    Args:
        folder: The folder of the run.
        name: A name of `record/name.py`.
    """
    older = folder / name.removeprefix(f"{RECORD}/")
    return older if older.exists() else folder / name


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows as a csv file, whole or not at all."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def read_text(path: Path, notes: list[str], is_optional: bool = False) -> str | None:
    """Return the text of a file; None, with a note, where it cannot be read.

    Args:
        path: The file.
        notes: The notes, to which one may be added.
        is_optional: Whether a file that is not there is worth no note.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if not is_optional:
            notes.append(f"no {path.name}")
    except (OSError, ValueError):
        notes.append(f"{path.name} cannot be read")
    return None


def storable(text: str, system: str = os.name) -> str:
    """Return a text without the signs that the name of a folder may not have.

    A line break would be one in what is said of the run. Windows takes fewer signs than others.

    Example:
        >>> storable("target.path=photos/a.png")
        'target.path=photos_a.png'
        >>> storable("target.path=C:/photos/a.png", system="nt")
        'target.path=C__photos_a.png'
    """
    return re.sub(r'[/\\:*?"<>|\n]' if system == "nt" else r"[/\n]", "_", text)


def cut(text: str, most: int) -> str:
    """Return the beginning of a text, of so many bytes at most.

    Example:
        >>> cut("photos", 3), cut("äää", 3)
        ('pho', 'ä')
    """
    return text.encode()[:most].decode(errors="ignore")


def file_name(text: str) -> str:
    """Return a text as the name of a file, without its ending; a file system takes 255 bytes.

    What is too long is cut, and ends with a digest of all of it.

    Example:
        >>> file_name("target.path=photos/a.png"), len(file_name(300 * "a"))
        ('target.path=photos_a.png', 161)
    """
    name = storable(text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return name if len(name.encode()) < 230 else f"{cut(name, 150)}...{digest}"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_parts(folder: Path, *places: str) -> None:
    """Remove what writers that were killed have left in some places of a folder."""
    for place in places:
        for stale in (folder / place).glob(f"{PART}*"):
            stale.unlink()
