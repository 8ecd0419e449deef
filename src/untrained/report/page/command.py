"""The commands that run it again."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from untrained.record.name import SWEEP_WORDS
from untrained.record.run import Record
from untrained.record.tree import Tree, read_tree

# What was typed of these says how a sweep ran, and not what it was.
UNSPOKEN = ("hydra.mode", "hydra.sweep.", "hydra.run.", "resume=")


def typed_words(record: Record) -> list[str]:
    """Return the words of a run as they were typed."""
    return list(record.result.get("words", map("=".join, record.words.items())))


def commands(records: Sequence[Record]) -> list[str]:
    """Return the command of each sweep, and of each run that is of none."""
    runs: dict[Path, list[Record]] = {}
    for record in records:
        runs.setdefault(record.folder.parent, []).append(record)
    found: list[str] = []
    for folder, inside in runs.items():
        hydra = read_tree(folder / SWEEP_WORDS, []).get("hydra")
        if hydra:
            found.append(sweep_command(hydra))
        else:
            found += map(command, map(typed_words, inside))
    return found


def sweep_command(hydra: Tree) -> str:
    """Return the command of a sweep, by Hydra's own config of it."""
    overrides = hydra.get("overrides", {})
    words = map(str, [*overrides.get("hydra", []), *overrides.get("task", [])])
    return command(["-m", *(word for word in words if not word.startswith(UNSPOKEN))])


def command(words: Sequence[str]) -> str:
    """Return words as a shell takes them, after the program's name."""
    return shlex.join(["python", "train.py", *words])
