"""The fits of a table: one sweep of `train.py` over its images and the seeds."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from untrained.command.complaint import FULL_ERROR
from untrained.command.compose import spelled
from untrained.command.sweep import with_several_values
from untrained.command.typed import name_of
from untrained.command.worker import noted_signals
from untrained.record.file import write_whole
from untrained.reproduce.folder import FITS, OPTIONS, PICTURES
from untrained.reproduce.picture import cropped, pictures_of
from untrained.reproduce.table import Row, Table

TRAIN = Path(__file__).parents[3] / "train.py"
# What the table itself says.
OWN = ("experiment", "image", "image.path", "target.path", "seed", "resume")
OWN_OF_HYDRA = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.searchpath")
HEADER = "# @package _global_\n# Written by untrained.reproduce, and replaced by the next call.\n"


def check_words(table: Table, words: Sequence[str]) -> None:
    """Refuse words that the table itself says, and several values of a word.

    Raises:
        ValueError: If there is one.
    """
    for word in words:
        name = name_of(word)
        if name in (*OWN, *OWN_OF_HYDRA, *table.files):
            instead = {"seed": "--seeds", "image": "--images"}.get(name, "--data and --out")
            raise ValueError(f"{word}: the table sets {name}; see {instead}")
    for word in with_several_values(words):
        raise ValueError(f"{word}: type one value; run each value with its own --out")


def words_of_fits(words: Sequence[str]) -> list[str]:
    """Return the words that a fit may depend on: a launcher's are left out."""
    return [word for word in words if not name_of(word).startswith("hydra")]


def steps_of(table: Table, row: Row, words: Sequence[str]) -> int:
    """Return the steps of the fit of a row, by the words that were typed or the table's own."""
    steps = int(row.words.get("steps", table.fit["steps"]))
    for word in words:
        name, _, value = word.partition("=")
        if name == "steps" and value.isdigit():
            steps = int(value)
    return steps


def seconds_foreseen(table: Table, row: Row, size: tuple[int, int], words: Sequence[str]) -> float:
    """Return about how long a fit takes on two CPU cores: pixels x steps x a measured rate."""
    height, width = size
    return height * width * steps_of(table, row, words) * table.microseconds / 1e6


def write_options(table: Table, rows: Sequence[Row], data: Path, out: Path) -> None:
    """Write the words of each row as an option of `experiment`, in a folder of our own."""
    for row in rows:
        pictures = pictures_of(table, row, data)
        pictures = cropped(pictures, table.crop, out.resolve() / PICTURES)
        path = out / OPTIONS / "experiment" / table.name / f"{row.image}.yaml"
        text = yaml.safe_dump(option(table, row, pictures), sort_keys=False)
        write_whole(path, HEADER + text)


def option(table: Table, row: Row, pictures: Mapping[str, Path]) -> dict[str, Any]:
    """Return the words of the fit of a row as a tree."""
    tree = joined(table.fit, row.words)
    for word, path in pictures.items():
        group, _, name = word.rpartition(".")
        # A sign $ before a brace would begin an interpolation.
        tree = joined(tree, {group: {name: str(path).replace("${", "\\${")}})
    return tree


def joined(tree: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return two trees as one; where both say a word, the second wins.

    Example:
        >>> joined({"noise": {"sigma": 25, "seed": 0}}, {"noise": {"sigma": 60}})
        {'noise': {'sigma': 60, 'seed': 0}}
    """
    found = dict(tree)
    for name, value in other.items():
        both = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = joined(found[name], value) if both else value
    return found


def command(
    table: Table, rows: Sequence[Row], seeds: Sequence[int], words: Sequence[str], out: Path
) -> list[str]:
    """Return the command of the sweep; the same command goes on with it."""
    options = ",".join(f"{table.name}/{row.image}" for row in rows)
    place = f"file://{(out / OPTIONS).resolve()}"
    return [
        sys.executable,
        str(TRAIN),
        "-m",
        spelled("hydra.searchpath", [place]),
        spelled("hydra.sweep.dir", str((out / FITS).resolve())),
        f"experiment={options}",
        f"seed={','.join(map(str, seeds))}",
        *words,
    ]


def run(line: Sequence[str]) -> int:
    """Run a command to its end, and return its exit code; a signal to this process goes to it.

    Raises:
        ValueError: If there is no `train.py` beside the package.
    """
    if not TRAIN.is_file():
        raise ValueError(f"{TRAIN} is not there: reproduce needs a checkout (pip install -e .)")
    told = 0
    # We ask Hydra for whole errors to make one line of them: the command does that by itself.
    env = os.environ | {"HYDRA_FULL_ERROR": str(int(FULL_ERROR))}
    # In a session of its own a terminal's Ctrl-C reaches it once, through us.
    with (
        noted_signals() as arrived,
        subprocess.Popen(line, start_new_session=True, env=env) as process,
    ):
        while process.poll() is None:
            try:
                process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                for number in arrived[told:]:
                    with suppress(ValueError):  # Windows sends no Ctrl-C: it goes to both itself.
                        process.send_signal(signal.Signals(number))
                told = len(arrived)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode
