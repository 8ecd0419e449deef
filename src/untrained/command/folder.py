"""The folder of a run or of a sweep: whose it is, who works in it, and what is taken back."""

import atexit
import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from untrained.record.file import replacing
from untrained.record.frame import frame_path
from untrained.record.name import (
    CLEAN,
    EVENTS,
    FRAMES,
    HPARAMS,
    HYDRA,
    LOCK,
    RECORD,
    RESULT,
    ROWS,
    SWEEP_WORDS,
    TARGET,
    TILES_WORDS,
    WORDS,
    bands_path,
)

# What is begun where the words are in a file of this name.
KINDS = {WORDS: "run", SWEEP_WORDS: "sweep"}
# What a run has written when it comes to its first step, with the loggers of conf/logger.
FIRST = (
    *(TARGET, CLEAN, EVENTS, HPARAMS, ROWS, TILES_WORDS),
    *(str(bands_path(Path(name))) for name in (TARGET, CLEAN)),
    str(frame_path(Path(), 0)),
    *(f"{RECORD}/{place}" for place in ("csv/*", "wandb/**/*", "mlflow.db*", "mlartifacts/**/*")),
)
# The folders that this process made for its run, the outermost first.
made: list[Path] = []


class ForeignError(ValueError):
    """The folder holds files that no run has made."""


class InUseError(ValueError):
    """Another process is at work in the folder."""


def is_older(folder: Path) -> bool:
    """Whether a run of an older version stands in the folder: it put all files at the top."""
    names = [name.removeprefix(f"{RECORD}/") for name in (FRAMES, RESULT, TARGET)]
    return any((folder / name).exists() for name in ("checkpoints", *names))


def is_ours(folder: Path, mark: str) -> bool:
    """Whether a run or a sweep of this program has begun in the folder.

    Other programs that know Hydra leave files of the same names. Only ours name our classes.

    Args:
        folder: The folder.
        mark: The file that holds the words: `WORDS` of a run, `SWEEP_WORDS` of a sweep.
    """
    try:
        words = (folder / mark).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return re.search(r"_target_: untrained\.", words) is not None


def check_owner(folder: Path, mark: str, named: str) -> None:
    """Refuse a folder that is neither new, nor empty, nor of a run or sweep of this program.

    Args:
        folder: The folder.
        mark: `WORDS` or `SWEEP_WORDS`.
        named: What the message calls the folder: the word that was typed.

    Raises:
        ForeignError: If it holds somebody else's files.
    """
    if not folder.is_dir() or is_ours(folder, mark):
        return
    foreign = sorted({path.name for path in folder.iterdir()} - {LOCK})
    if foreign:
        names = ", ".join(foreign[:2]) + (", ..." if foreign[2:] else "")
        raise ForeignError(
            f"{named} holds files that are not a {KINDS[mark]}'s ({names}): "
            "name an empty or a new folder"
        )


def claim(folder: Path, dated: bool) -> Path:
    """Make the folder of a run or of a sweep, and return it.

    Args:
        folder: The folder; parents that are missing are made too.
        dated: Whether its name is a time. Where that name is taken, the next free one is
            returned: `15-11-30`, `15-11-30_2`, ... Two processes never share one.
    """
    atexit.register(remove_empty)  # Hydra has work to do before it calls us.
    place = folder.absolute()  # Hydra may change the working directory.
    made[:] = [path for path in reversed(place.parents) if not path.exists()]
    place.parent.mkdir(parents=True, exist_ok=True)
    free = folder
    for number in count(2):
        with suppress(FileExistsError):
            free.mkdir()
            made.append(free.absolute())
            break
        if not dated:
            break
        free = folder.with_name(f"{folder.name}_{number}")
    return free


@contextmanager
def alone(folder: Path, named: str) -> Iterator[None]:
    """Keep other processes out of a run's folder; the system lets go of it however we end.

    Args:
        folder: The folder.
        named: What the message calls the folder: the word that was typed.

    Raises:
        ForeignError: If the folder holds files that are not a run's.
        InUseError: If another process is at work in it.
    """
    # Somebody else's folder gets no lock. One with a lock may be that of a run that just begins.
    if not os.path.lexists(folder / LOCK):
        check_owner(folder, WORDS, str(folder))
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InUseError(f"{named} is in use by another process") from None
    try:
        check_owner(folder, WORDS, str(folder))
        yield
    finally:
        lock.release()


def write_words(config: DictConfig, folder: Path) -> None:
    """Write `.hydra/`, as Hydra would have done before anybody asked whose folder it is.

    The folder of what is for machines is made too: some loggers need it there.
    """
    known: Any = HydraConfig.instance().cfg
    trees = {"config": config, "hydra": known, "overrides": known.hydra.overrides.task}
    for name, tree in trees.items():
        with replacing(folder / HYDRA / f"{name}.yaml") as temporary:
            OmegaConf.save(tree, temporary)
    (folder / RECORD).mkdir(exist_ok=True)


def has_begun(folder: Path) -> bool:
    """Whether a run has written more than its words and what it said."""
    kept = {HYDRA, LOCK, RECORD}
    said = folder / RECORD / f"{HydraConfig.get().job.name}.log"
    found = [path for path in folder.iterdir() if path.name not in kept]
    return bool(found) or any(path != said for path in (folder / RECORD).glob("*"))


def forget(folder: Path) -> None:
    """Take back what a run wrote that did not begin, lest it is taken for a result."""
    if has_begun(folder):
        return
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, logging.FileHandler):
            handler.close()  # Windows removes no file that is open.
            root.removeHandler(handler)  # PyTorch logs as it exits, which would open it again.
    for name in (HYDRA, RECORD):
        shutil.rmtree(folder / name, ignore_errors=True)
    with suppress(PermissionError):  # Windows removes the lock when it is let go.
        (folder / LOCK).unlink(missing_ok=True)


def take_back_first(folder: Path) -> None:
    """Remove what a run has written by its first step, where nothing else stands in its folder."""
    first = {path for pattern in FIRST for path in folder.glob(pattern)}
    said = folder / RECORD / f"{HydraConfig.get().job.name}.log"
    known = first | {folder / LOCK, said, *(folder / HYDRA).glob("*")}
    files = {path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    if files - known:
        return
    for path in files & first:
        with suppress(PermissionError):  # Windows removes no file that is open.
            path.unlink()
    for place in sorted((folder / RECORD).rglob("*"), reverse=True):
        with suppress(OSError):
            place.rmdir()


def remove_empty() -> None:
    """Remove the folders that this process made, where nothing is in them."""
    with suppress(OSError):
        for folder in reversed(made):
            folder.rmdir()
    made.clear()
