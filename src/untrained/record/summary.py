"""`summary.json`: the figures of a run."""

from pathlib import Path
from typing import Any

from untrained.record.name import SUMMARY
from untrained.record.tree import Tree, read_tree, write_tree


def read_summary(folder: Path) -> dict[str, Any]:
    """Read `summary.json`; nothing where there is none, or none that can be read."""
    return read_tree(folder / SUMMARY, [])


def write_summary(folder: Path, summary: Tree) -> None:
    """Write `summary.json`, whole or not at all.

    Raises:
        ValueError: If a number in it is nan or infinite, for which JSON has no sign.
    """
    write_tree(folder / SUMMARY, summary, allow_nan=False)
