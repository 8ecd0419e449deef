"""Whether a run may go on in its folder, and from where."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from untrained.command.folder import has_begun
from untrained.command.result import FREE_WORDS, fitted
from untrained.record.name import CHECKPOINT
from untrained.record.result import read_result
from untrained.record.tree import leaves

PICTURES = ("image.path", "target.path", "degradation.mask")


class CompleteError(ValueError):
    """The run has all of its steps, or all that a rule gave it."""


class RefusedError(ValueError):
    """The folder holds a run that these words do not go on with."""


def in_sweep() -> bool:
    """Whether this run is one of a sweep."""
    return HydraConfig.get().mode is RunMode.MULTIRUN


def resumable(folder: Path, words: dict[str, Any]) -> Path | None:
    """Return the checkpoint to go on from, or None where there is none yet.

    Raises:
        RefusedError: If the folder holds a run that is not resumed, has other words, or began
            with other files.
        CompleteError: If it is finished.
    """
    path = folder / CHECKPOINT
    if not in_sweep():  # Of whose runs each has the folder of its words.
        check_resume(words["resume"], folder)
    if not path.exists():
        return None
    import torch

    saved = torch.load(path, map_location="cpu", weights_only=True)
    watch = saved["callbacks"].get("Watch")
    if watch is None:
        raise RefusedError(f"resume={folder} was left by an older version, which alone can go on")
    done, known = saved["global_step"], saved["config"]
    resume = folder if in_sweep() else words["resume"]
    differing = differences(known, fitted(words))
    if differing:
        raise RefusedError(f"resume={resume} is of other words: {'; '.join(differing)}")
    check_files(known, words)
    # A run that was killed while it was drawn has all of its steps, and goes on to be drawn.
    drawn = read_result(folder).get("status") == "finished" or not saved.get("images")
    halted = watch["watchers"].get("stopping", {}).get("halted")
    if drawn and halted and halted == words["stopping"]["halt"]:
        raise CompleteError(
            f"resume={resume} was ended by stopping.halt={halted} after {done} steps; "
            "stopping.halt=null goes on"
        )
    if done > words["steps"] or (drawn and done == words["steps"]):
        error = CompleteError if done == words["steps"] else RefusedError
        raise error(f"resume={resume} has all of its {done} steps; steps=... adds to them")
    return path


def differences(known: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Say in which words two configs differ that a run may not change when it is resumed."""
    free = {"steps", "files", *FREE_WORDS}
    if not in_sweep():  # Whose finished runs are those of just its words.
        free |= {"stopping.halt", "stopping.choose"}
    # Of a group that an older version did not keep nothing is known.
    here = {group: value for group, value in here.items() if group in known}
    before, now = dict(leaves(known)), dict(leaves(here))
    return [
        f"{word} {before.get(word)} there and {now.get(word)} here"
        for word in before | now
        if not {word, word.partition(".")[0]} & free and before.get(word) != now.get(word)
    ]


def check_files(known: Mapping[str, Any], words: dict[str, Any]) -> None:
    """Refuse to go on where a word points at another picture, or another class, than before.

    Raises:
        RefusedError: If it does.
    """
    before, values = known.get("files", {}), dict(leaves(words))
    for word, digest in words["files"].items():
        if before.get(word, digest) != digest:
            kind = "picture" if word in PICTURES else "file"
            raise RefusedError(
                f"{word}={values[word]} is another {kind} than the run began with: a new run needs "
                "another folder"
            )


def check_resume(resume: object, folder: Path) -> None:
    """Refuse to go on with a run that was not asked for.

    Raises:
        RefusedError: If the folder holds a run that is not resumed, or is not the one that is.
    """
    if resume is None and has_begun(folder):
        raise RefusedError(f"resume={folder} is needed to go on with the run in that folder")
    if resume is not None and Path(str(resume)).expanduser().resolve() != folder.resolve():
        raise RefusedError(f"resume={resume} is one folder and hydra.run.dir another")
