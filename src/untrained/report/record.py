"""What the folder of a run tells, also of one that was killed, has failed, or is older."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from untrained.figure.series import Series, best, until
from untrained.record.frame import frames_of

MARKS = (".hydra", "result.json", "summary.json")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 500 runs in seconds
SEEDS = ("seed", "noise.seed", "latent.seed", "degradation.seed")

Tree = Mapping[str, Any]


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
        frames: The PNG of the reconstruction at a step.
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
    curve: dict[str, list[float]]
    frames: dict[int, Path]
    notes: list[str]

    @property
    def run(self) -> Series:
        """What the figures need of it."""
        return Series(self.folder.name, self.curve, self.frames)

    @property
    def target(self) -> str:
        """The fingerprint of its target; runs of one target can be shown side by side."""
        return str(self.summary.get("target_sha256", ""))

    def value(self, word: str) -> str:
        """Give the value of a word, be it typed or not; empty where it has none."""
        known = self.words.get(word, self.choices.get(word, self.config.get(word)))
        return "" if known is None else str(known)

    @property
    def halted(self) -> str | None:
        """The stopping rule that ended it."""
        return next((name for name, rule in self.rules().items() if rule.get("halted")), None)

    def rules(self) -> dict[str, Tree]:
        """Give what each stopping rule chose, the default one first."""
        rules = self.summary.get("stopping")
        known = rules.items() if isinstance(rules, Mapping) else ()
        return {name: rule for name, rule in known if isinstance(rule, Mapping)}


def records(folders: Iterable[Path]) -> list[Record]:
    """Read every run in some folders, at any depth, in the order of their sweeps.

    Raises:
        ValueError: If a folder is not there, or none holds a run.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder")
        marks = {path.parent.resolve() for mark in MARKS for path in folder.rglob(mark)}
        found |= dict.fromkeys(sorted(marks, key=str))
    read = [record(folder) for folder in found]
    if not read:
        raise ValueError(f"no run is found in {', '.join(map(str, folders))}")
    return sorted(read, key=lambda each: (str(each.folder.parent), each.number))


def record(folder: Path) -> Record:
    """Read one run; what cannot be read is noted, and taken as missing."""
    notes: list[str] = []
    summary = tree(folder / "summary.json", notes)
    result = tree(folder / "result.json", notes)
    hydra = tree(folder / ".hydra" / "hydra.yaml", notes).get("hydra", {})
    config = result.get("config") or tree(folder / ".hydra" / "config.yaml", notes)
    typed = result.get("words") or hydra.get("overrides", {}).get("task", [])
    number = hydra.get("job", {}).get("num")
    frames = frames_of(folder)
    if not frames:
        notes.append("no images of its steps")
    if refused := result.get("refused"):
        notes.append(f"a later run was refused this folder: {refused}")
    return Record(
        folder=folder,
        words=words_of(typed),
        status=status_of(result, summary),
        error=result.get("error") or "",
        summary=summary,
        result=result,
        choices={k: str(v) for k, v in hydra.get("runtime", {}).get("choices", {}).items()},
        config=dict(leaves(config)),
        number=number if isinstance(number, int) else np.inf,  # lost by a run resumed on its own
        curve=curve_of(folder / "metrics.csv", notes),
        frames=frames,
        notes=notes,
    )


def status_of(result: Tree, summary: Tree) -> str:
    """Say how a run ended; to `result.json` one that a rule stopped is finished as well."""
    said = [each.get("status") for each in (result, summary)]
    if said == ["finished", "stopped"]:
        return "stopped"
    return said[0] or said[1] or "interrupted"


def words_of(typed: Iterable[str]) -> dict[str, str]:
    """Take words apart: `model=dip` is `model` and `dip`; `~callbacks.video` is taken away."""
    pairs = [str(word).partition("=") for word in typed]
    return {
        name.lstrip("+~"): "taken away" if name.startswith("~") else value
        for name, _, value in pairs
        if name != "resume" and not name.startswith("hydra")
    }


def tree(path: Path, notes: list[str]) -> dict[str, Any]:
    """Read a JSON or YAML file of words; empty, with a note, where that cannot be."""
    try:
        text = path.read_text()
        found = json.loads(text) if path.suffix == ".json" else yaml.load(text, LOADER)
        if isinstance(found, dict):
            return found
    except FileNotFoundError:
        if path.name == "result.json":  # Runs of older versions have none.
            return {}
        notes.append(f"no {path.name}")
        return {}
    except (OSError, ValueError, yaml.YAMLError):
        pass
    notes.append(f"{path.name} cannot be read")
    return {}


def curve_of(path: Path, notes: list[str]) -> dict[str, list[float]]:
    """Read the columns of `metrics.csv`, as far as its rows are whole."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        notes.append("no metrics.csv")
        return {"step": []}
    except (OSError, ValueError):
        notes.append("metrics.csv cannot be read")
        return {"step": []}
    # What follows the last end of a line may be half a number.
    names, *lines = list(csv.reader(text.rpartition("\n")[0].splitlines())) or [[]]
    rows = list(whole(lines, len(names)))
    if len(rows) < len(lines) or not text.endswith("\n"):
        notes.append("metrics.csv is cut off")
    if "step" not in names:
        return {"step": []}
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def whole(lines: Iterable[Sequence[str]], count: int) -> Iterator[list[float]]:
    """Give the rows of numbers up to the first that is not whole; nan where a number is missing."""
    for line in lines:
        try:
            row = [float(value) if value else np.nan for value in line]
        except ValueError:
            return
        if len(row) != count:
            return
        yield row


def leaves(node: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give each value of a tree by its path of words and dots."""
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def numbers(record: Record) -> dict[str, float]:
    """Give every number of a run: those of `summary.json`, and how far it fell from its best."""
    found = {
        name: value
        for name, value in leaves(record.summary)
        if isinstance(value, int | float) and not name.startswith("versions.")
    }
    drop = overfitting(record)
    return found if drop is None else found | {"overfitting_drop": drop}


def overfitting(record: Record) -> float | None:
    """Give the PSNR in dB that was lost from the best step to the last, where it is known."""
    peak = best(record.run)
    if peak is None:
        return None
    return round(peak[1] - float(until(record.run, "psnr/last", np.inf)[1][-1]), 6)


def swept(records: Iterable[Record]) -> list[str]:
    """Name the words in which runs differ, in the order in which they were typed."""
    runs = list(records)
    typed = list(dict.fromkeys(word for run in runs for word in run.words))
    return [word for word in typed if len({run.value(word) for run in runs}) > 1]


def name(record: Record, words: Iterable[str]) -> str:
    """Name a run by the words in which it differs: `DIP lr=0.1` of model and optimizer.lr."""
    parts = [(word, record.value(word)) for word in words if record.value(word)]
    return " ".join(short(word, value) for word, value in parts) or record.folder.name


def short(word: str, value: str) -> str:
    """Shorten one word for a figure.

    Example:
        >>> short("model", "dip"), short("optimizer.lr", "0.1"), short("noise.seed", "1")
        ('DIP', 'lr=0.1', 'noise.seed=1')
    """
    if word == "model":
        return value.upper()
    return f"{word if word in SEEDS else word.rpartition('.')[2]}={value}"
