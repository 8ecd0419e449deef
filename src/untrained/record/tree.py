"""Trees of words and values, in files of JSON or YAML."""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from untrained.record.file import read_text, write_whole

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 500 runs in seconds

Tree = Mapping[str, Any]


def read_tree(path: Path, notes: list[str], is_optional: bool = False) -> dict[str, Any]:
    """Read a JSON or YAML file of words; empty, with a note, where that cannot be.

    Args:
        path: The file.
        notes: The notes, to which one may be added.
        is_optional: Whether a file that is not there is worth no note.
    """
    text = read_text(path, notes, is_optional)
    if text is None:
        return {}
    try:
        found = json.loads(text) if path.suffix == ".json" else yaml.load(text, LOADER)
    except (ValueError, yaml.YAMLError):
        found = None
    if not isinstance(found, dict):
        notes.append(f"{path.name} cannot be read")
        return {}
    return found


def write_tree(path: Path, tree: Tree, **words: Any) -> None:  # noqa: ANN401 - json's own
    """Write a tree as JSON, whole or not at all."""
    write_whole(path, json.dumps(tree, indent=2, **words) + "\n")


def names_of(trees: Iterable[Tree]) -> list[str]:
    """Return the words of some trees, each once, in the order in which they come.

    Example:
        >>> names_of([{"model": "dip"}, {"seed": 1, "model": "dd"}])
        ['model', 'seed']
    """
    return list(dict.fromkeys(chain.from_iterable(trees)))


def leaves(tree: Tree, group: str = "") -> dict[str, Any]:
    """Return each value of a tree by its path of words and dots.

    Args:
        tree: The tree.
        group: What stands before each word: the path of the tree, and a dot.

    Example:
        >>> leaves({"model": {"width": 8}, "steps": 5})
        {'model.width': 8, 'steps': 5}
    """
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= leaves(value, f"{group}{key}.")
        else:
            found[f"{group}{key}"] = value
    return found
