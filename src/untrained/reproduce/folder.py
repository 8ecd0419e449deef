"""The folder that a table is reproduced in: whose it is, and what was begun in it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from untrained.record.file import sha256
from untrained.record.tree import Tree, read_tree, write_tree

MARK = "reproduce.json"
"""The table of the folder, its settings, and the SHA-256 of the files that were written."""
FITS = "fits"
"""The folder of the sweep."""
OPTIONS = "options"
"""The folder of the options of `experiment`, one for each image."""
PICTURES = "pictures"
"""The folder of the pictures that had to be cropped."""
CSV, MARKDOWN, DRAWING = "table.csv", "table.md", "table.png"


def check_folder(out: Path, table: str, words: Sequence[str]) -> None:
    """Refuse a folder that holds other files, another table, or fits of other words.

    Raises:
        ValueError: If it does, or if a file of the table was edited since it was written.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise ValueError(f"--out {out} is a file; name a folder")
    if not any(out.iterdir()):
        return
    begun = read_tree(out / MARK, [], is_optional=True)
    if begun.get("table") is None:
        raise ValueError(f"--out {out} holds other files: name an empty or a new folder")
    if begun["table"] != table:
        raise ValueError(f"--out {out} holds {begun['table']}: name another folder")
    if sorted(begun.get("words", [])) != sorted(words):
        before = " ".join(begun.get("words", [])) or "no other settings"
        raise ValueError(
            f"--out {out} holds fits with {before}: type the same, or name another folder"
        )
    check_unedited(out, begun)


def check_unedited(out: Path, begun: Tree) -> None:
    """Refuse to replace a file of the table that somebody has edited.

    Raises:
        ValueError: If there is one.
    """
    known = begun.get("files", {})
    for name in (CSV, MARKDOWN, DRAWING):
        path = out / name
        if path.exists() and sha256(path) != known.get(name):
            raise ValueError(f"{path} was edited: move it away")


def write_mark(out: Path, table: str, words: Sequence[str]) -> None:
    """Note what is begun in a folder, and which of its files are ours."""
    written = [name for name in (CSV, MARKDOWN, DRAWING) if (out / name).exists()]
    files = {name: sha256(out / name) for name in written}
    write_tree(out / MARK, {"table": table, "words": list(words), "files": files})


@contextmanager
def begun(out: Path, table: str, words: Sequence[str]) -> Iterator[None]:
    """Mark a folder as ours while fits run in it, and take a new one back if none has begun."""
    is_new = not (out / MARK).exists()
    made = [place for place in (out, *out.parents) if not place.exists()]
    write_mark(out, table, words)
    try:
        yield
    finally:
        if is_new and not (out / FITS).exists():
            for name in (OPTIONS, PICTURES):
                shutil.rmtree(out / name, ignore_errors=True)
            (out / MARK).unlink()
            for place in made:
                place.rmdir()
