"""Read the folder of a run, also of one that was killed, has failed, or is older."""

import math
from collections import ChainMap
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from untrained.record.curve import LAST, Columns, best_point, column, last_value, read_curve
from untrained.record.file import path_in
from untrained.record.frame import frames_of
from untrained.record.name import HYDRA, HYDRA_WORDS, RESULT, ROWS, SUMMARY, WORDS
from untrained.record.tree import Tree, leaves, read_tree

MARKS = (HYDRA, SUMMARY, RESULT)


class Record(NamedTuple):
    """One run, as its folder tells.

    Args:
        folder: Its folder.
        words: What was typed of it, by word.
        status: 'finished', 'stopped' (by a stopping rule), 'failed', 'interrupted' (killed, or
            ended by a signal).
        error: Why it failed, in a line.
        summary: `summary.json`, empty where there is none.
        result: `result.json`, alike.
        choices: The option of each group.
        config: Each word of its config with its value.
        number: Its place in its sweep.
        curve: The columns of `metrics.csv`.
        frames: The picture of the reconstruction at a step.
        notes: What is missing or cannot be read, in words.
    """

    folder: Path
    words: dict[str, str]
    status: str
    error: str
    summary: Tree
    result: Tree
    choices: dict[str, str]
    config: dict[str, Any]
    number: float
    curve: Columns
    frames: dict[int, Path]
    notes: list[str]

    @property
    def target(self) -> str:
        """The fingerprint of its target; runs of one target can be shown side by side."""
        return str(self.summary.get("target_sha256", ""))

    def value(self, word: str) -> str:
        """Return the value of a word, be it typed or not; empty where it has none."""
        value = ChainMap[str, Any](self.words, self.choices, self.config).get(word)
        return "" if value is None else str(value)

    def figures(self, name: str) -> Tree:
        """Return what `summary.json` has under a name; empty where there is none."""
        found = self.summary.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def halted(self) -> str | None:
        """The stopping rule that ended it."""
        return next((name for name, rule in self.rules().items() if rule.get("halted")), None)

    def rules(self) -> dict[str, Tree]:
        """Return what each stopping rule chose, the default one first."""
        return trees(self.figures("stopping"))

    def baselines(self) -> dict[str, Tree]:
        """Return what each baseline took, and how good its image is where that is known."""
        return trees(self.figures("baselines"))

    def default_rule(self) -> tuple[str, Tree]:
        """Return the default stopping rule and what it chose; both are empty where it was left out.

        A run without noise has no rule that is right for it, and what the others watched is not
        where it is to stop.
        """
        rules, default = self.rules(), self.value("stopping.choose")
        if not rules or (default and default not in rules):
            return "", {}
        return next(iter(rules.items()))


def trees(tree: Tree) -> dict[str, Tree]:
    """Return what of a tree is a tree itself."""
    return {name: each for name, each in tree.items() if isinstance(each, Mapping)}


def records(folders: Iterable[Path]) -> list[Record]:
    """Read every run in some folders, at any depth, in the order of their sweeps.

    Raises:
        ValueError: If a folder is not there, or none holds a run.
    """
    found = list(dict.fromkeys(chain.from_iterable(map(run_folders, folders))))
    if not found:
        raise ValueError(f"no run is found in {', '.join(map(str, folders))}")
    return sorted(map(record, found), key=lambda run: (str(run.folder.parent), run.number))


def run_folders(folder: Path) -> list[Path]:
    """Return the folders of the runs in a folder, at any depth.

    Raises:
        ValueError: If the folder is not there.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    found: set[Path] = set()
    for name in MARKS:
        depth = name.count("/")
        found |= {mark.parents[depth].resolve() for mark in folder.rglob(name)}
    return sorted(found, key=str)


def record(folder: Path) -> Record:
    """Read one run; what cannot be read is noted, and taken as missing."""
    notes: list[str] = []
    summary = read_tree(folder / SUMMARY, notes)
    # Older versions wrote none.
    result = read_tree(path_in(folder, RESULT), notes, is_optional=True)
    hydra = read_tree(folder / HYDRA_WORDS, notes).get("hydra", {})
    config = result.get("config") or read_tree(folder / WORDS, notes)
    typed = result.get("words") or hydra.get("overrides", {}).get("task", [])
    number = hydra.get("job", {}).get("num")
    frames = frames_of(folder)
    if not frames:
        notes.append("no images of its steps")
    refused = result.get("refused")
    if refused:
        notes.append(f"a later run was refused this folder: {refused}")
    choices = hydra.get("runtime", {}).get("choices", {})
    return Record(
        folder=folder,
        words=words_of(typed),
        status=status_of(result, summary),
        error=result.get("error") or "",
        summary=summary,
        result=result,
        choices={group: str(choice) for group, choice in choices.items()},
        config=leaves(config),
        number=number if isinstance(number, int) else math.inf,  # lost by a run resumed on its own
        curve=read_curve(folder / ROWS, notes),
        frames=frames,
        notes=notes,
    )


def status_of(result: Tree, summary: Tree) -> str:
    """Return how a run ended; to `result.json` one that a rule stopped is finished as well."""
    of_result, of_summary = result.get("status"), summary.get("status")
    if (of_result, of_summary) == ("finished", "stopped"):
        return "stopped"
    return of_result or of_summary or "interrupted"


def words_of(typed: Iterable[str]) -> dict[str, str]:
    """Return the values of typed words by name; `~callbacks.video` is taken away."""
    words = {}
    for word in map(str, typed):
        name, _, value = word.partition("=")
        if not word.startswith(("resume=", "hydra")):
            words[name.lstrip("+~")] = "taken away" if name.startswith("~") else value
    return words


def numbers(record: Record) -> dict[str, float]:
    """Return every number of a run: those of `summary.json`, and how far it fell from its best."""
    found = {
        name: value
        for name, value in leaves(record.summary).items()
        if isinstance(value, int | float) and not name.startswith("versions.")
    }
    drop = overfitting(record)
    return found if drop is None else found | {"overfitting_drop": drop}


def overfitting(record: Record) -> float | None:
    """Return the PSNR in dB that was lost from the best step to the last, where it is known."""
    name = column("psnr", LAST)
    peak, last = best_point(record.curve, name), last_value(record.curve, name)
    return None if peak is None or last is None else round(peak[1] - last, 6)
