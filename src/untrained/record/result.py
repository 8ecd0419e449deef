"""`result.json`: what became of a run."""

from pathlib import Path
from typing import Any

from untrained.record.file import path_in
from untrained.record.name import RESULT
from untrained.record.tree import Tree, read_tree, write_tree


def read_result(folder: Path) -> dict[str, Any]:
    """Read `result.json`; nothing where there is none, or none that can be read."""
    return read_tree(path_in(folder, RESULT), [])


def write_result(folder: Path, result: Tree) -> None:
    """Write `result.json`, whole or not at all."""
    write_tree(path_in(folder, RESULT), result, default=str)
