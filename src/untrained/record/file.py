"""Files that are whole or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def remove_parts(folder: Path, *places: str) -> None:
    """Remove what writers that were killed have left in some places of a folder."""
    for place in places:
        for stale in (folder / place).glob(f"{PART}*"):
            stale.unlink()
