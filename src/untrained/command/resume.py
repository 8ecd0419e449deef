"""Whether a run may go on in its folder, and from where."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from untrained.command.folder import has_begun, is_older
from untrained.command.pointed import PICTURES
from untrained.command.result import FREE_WORDS, fitted
from untrained.command.typed import typed_names
from untrained.record.name import CHECKPOINT, TILES_WORDS
from untrained.record.result import read_result
from untrained.record.tree import leaves, read_tree
from untrained.seed import DRAWS

log = logging.getLogger(__name__)

OLDER = "was made by an older version, and only that version can continue it"


class CompleteError(ValueError):
    """The run has all of its steps, or all that a rule gave it."""


class RefusedError(ValueError):
    """The folder holds a run that these words do not go on with."""


class Known(NamedTuple):
    """An earlier run in the same folder.

    Args:
        config: The words that its fit depends on.
        done: Steps that are done.
        halted: The rule that ended it, or None.
        is_drawn: Whether all files of the run are written.
    """

    config: Mapping[str, Any]
    done: int
    halted: str | None
    is_drawn: bool


def in_sweep() -> bool:
    """Whether this run is one of a sweep."""
    return HydraConfig.get().mode is RunMode.MULTIRUN


def resumable(folder: Path, words: dict[str, Any]) -> Path | None:
    """Return the checkpoint to go on from; None where there is none, so that all steps are done.

    A finished run may have kept none, see `checkpoint.keep`.

    Raises:
        RefusedError: If the folder holds a run that is not resumed, has other words, or began
            with other files.
        CompleteError: If it is finished.
    """
    path = folder / CHECKPOINT
    if not in_sweep():  # In a sweep each run has the folder of its words.
        check_resume(words["resume"], folder)
    resume = f"resume={folder if in_sweep() else words['resume']}"
    if is_older(folder):
        raise RefusedError(f"{resume} {OLDER}")
    if (folder / TILES_WORDS).exists():
        check_tiles(folder, words, resume)
        return None
    known = by_checkpoint(folder) if path.exists() else by_result(folder)
    if known is None:
        return None
    free = {"steps", *FREE_WORDS}
    if not in_sweep():  # A sweep takes a run for finished by just its words.
        free |= {"stopping.halt", "stopping.choose"}
    check_begun(known.config, words, free, resume)
    check_steps(known, words, resume)
    if path.exists():
        return path
    log.warning(
        "%s took less than checkpoint.keep seconds and kept no checkpoint: its %d steps are "
        "repeated",
        resume,
        known.done,
    )
    return None


def by_checkpoint(folder: Path) -> Known:
    """Return what the checkpoint knows of its run.

    Raises:
        RefusedError: If it is damaged.
    """
    from untrained.record.weights import read_saved  # Late: it imports PyTorch.

    try:
        saved = read_saved(folder / CHECKPOINT)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    halted = saved["callbacks"]["Watch"]["watchers"].get("stopping", {}).get("halted")
    # A run that was killed while it was drawn has all of its steps, and goes on to be drawn.
    is_drawn = read_result(folder).get("status") == "finished" or not saved.get("images")
    return Known(saved["config"], saved["global_step"], halted, is_drawn)


def check_tiles(folder: Path, words: dict[str, Any], resume: str) -> None:
    """Refuse to go on with a photo in tiles that has other words, or has all of its tiles.

    The tiles that are there stay as they are. So no word on the fit may change, not even `steps`.

    Raises:
        RefusedError: If the words differ, or a word points at another picture than before.
        CompleteError: If the run is finished.
    """
    known = read_tree(folder / TILES_WORDS, [])
    check_begun(known, words, set(FREE_WORDS), resume)
    if read_result(folder).get("status") == "finished":
        raise CompleteError(f"{resume} has all of its tiles")


def check_begun(
    known: Mapping[str, Any], words: dict[str, Any], free: set[str], resume: str
) -> None:
    """Refuse to go on with a run that began with other words, other files or other random draws.

    Args:
        known: The config that the run began with.
        words: The words that it is resumed with.
        free: The words and groups that may differ.
        resume: What the message calls the run: the word that was typed.

    Raises:
        RefusedError: If it did.
    """
    check_draws(known, resume)
    differing = differences(known, fitted(words), free | {"files"})
    if differing:
        raise RefusedError(f"{resume} has other settings: {'; '.join(differing)}")
    check_files(known, words)


def check_draws(known: Mapping[str, Any], resume: str) -> None:
    """Refuse to go on where the same words drew other numbers.

    Raises:
        RefusedError: If they did.
    """
    if known.get("draws") != DRAWS:
        raise RefusedError(f"{resume} {OLDER}")


def by_result(folder: Path) -> Known | None:
    """Return what `result.json` knows of a finished run; None of any other."""
    found = read_result(folder)
    if found.get("status") != "finished" or found.get("steps") is None:
        return None
    config = {group: value for group, value in found["config"].items() if group != "metric"}
    return Known(config, found["steps"], found["halted"], is_drawn=True)


def check_steps(known: Known, words: Mapping[str, Any], resume: str) -> None:
    """Refuse to go on where no step is left to do.

    Args:
        known: What is known of the run.
        words: The words of the run.
        resume: What the message calls the run: the word that was typed.

    Raises:
        RefusedError: If the run has more steps than are asked for.
        CompleteError: If it has just these steps, or a rule ended it, and all of it is drawn.
    """
    done, steps, halted = known.done, words["steps"], known.halted
    is_halted = halted and halted == words["stopping"]["halt"]
    if known.is_drawn and is_halted:
        raise CompleteError(
            f"{resume} was ended by stopping.halt={halted} after {done} steps; "
            "stopping.halt=null continues it"
        )
    line = f"{resume} has all of its {done} steps; type more by steps=..."
    if done > steps:
        raise RefusedError(line)
    if known.is_drawn and done == steps:
        raise CompleteError(line)


def differences(known: Mapping[str, Any], here: dict[str, Any], free: set[str]) -> list[str]:
    """Return what differs between two configs of words that a resumed run may not change.

    Args:
        known: The config that the run began with. An older version may have kept fewer groups:
            nothing is known of the others.
        here: The config it is resumed with.
        free: The words and groups that may differ.
    """
    before = leaves(known)
    now = leaves({group: value for group, value in here.items() if group in known})
    found = []
    for word in before | now:
        is_free = not free.isdisjoint((word, word.partition(".")[0]))
        there, value = before.get(word), now.get(word)
        # A setting of today that is off: the older version had it not.
        is_off = word not in before and value is False and word not in typed_names()
        if there == value or is_free or is_off:
            continue
        line = f"{word} was {there} and is now {value}"
        if there == known.get("steps") and value == here.get("steps"):
            line += f", as it follows steps ({word}={there} keeps it as it was)"
        found.append(line)
    return found


def check_files(known: Mapping[str, Any], words: dict[str, Any]) -> None:
    """Refuse to go on where a word points at another picture, or another class, than before.

    Raises:
        RefusedError: If it does.
    """
    before, values = known.get("files", {}), leaves(words)
    for word, digest in words["files"].items():
        if before.get(word, digest) != digest:
            kind = "picture" if word in PICTURES else "file"
            raise RefusedError(
                f"{word}={values[word]} is not the {kind} that the run began with: a new run "
                "needs another folder"
            )


def check_resume(resume: object, folder: Path) -> None:
    """Refuse to go on with a run that was not asked for.

    Raises:
        RefusedError: If the folder holds a run that is not resumed, or is not the one that is.
    """
    if resume is None:
        if has_begun(folder):
            raise RefusedError(f"resume={folder} is needed to continue the run in this folder")
        return
    place = Path(HydraConfig.get().runtime.cwd, Path(str(resume)).expanduser())
    if place.resolve() != folder.resolve():
        raise RefusedError(f"resume={resume} and hydra.run.dir are different folders")
