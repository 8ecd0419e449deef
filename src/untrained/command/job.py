"""One run, or one of a sweep: alone in its folder, and with its result written down."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from untrained.command import result
from untrained.command.complaint import complaint
from untrained.command.error import in_one_line
from untrained.command.fit import Ended, fit
from untrained.command.folder import (
    ForeignError,
    InUseError,
    alone,
    forget,
    is_ours,
    remove_empty,
    write_words,
)
from untrained.command.own import look_beside
from untrained.command.ready import make_ready
from untrained.command.resume import CompleteError, RefusedError, in_sweep
from untrained.command.score import score
from untrained.kernel.thread import wait_briefly
from untrained.record.name import CHECKPOINT, TAKEN, WORDS
from untrained.record.result import read_result

log = logging.getLogger(__name__)


def run(config: DictConfig) -> float | None:
    """Run one experiment in Hydra's output folder, and leave `result.json` there.

    A run of a sweep that cannot be done says so in a line and lets the others go on.

    Returns:
        The number of the run that `score` names, nan where the run has none, None where
        `score` is null.

    Raises:
        ValueError: If a word is bad; the message begins with it. Not in a sweep.
        SystemExit: If a signal cut the run short, once all is saved; with code 128 + signal.
    """
    wait_briefly()  # Before a class of the user's own is looked up, whose file may import torch.
    look_beside(HydraConfig.get().runtime.cwd)
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        with alone(folder, named(folder)), taken_back(folder):
            attempt(config, folder)
    except Exception as error:
        if not in_sweep():
            raise
        if isinstance(error, ForeignError):
            Path(HydraConfig.get().sweep.dir, TAKEN).touch()
        fate = f"failed: {one_line(error, config)}"
        if isinstance(error, InUseError):
            fate = "is left to the process that runs it"
        sys.stderr.write(f"{folder.name} {fate}\n")
    finally:
        if not in_sweep():
            remove_empty()
    return score(config, folder)


def named(folder: Path) -> str:
    """Return the word by which the folder of the run was typed, or else the folder."""
    words = HydraConfig.get().overrides
    # Not resolved: a word may refer to what is not there.
    for typed in (words.task, words.hydra):
        for word in OmegaConf.to_container(typed) or ():
            if str(word).startswith(("resume=", "hydra.run.dir=")):
                return str(word)
    return str(folder)


@contextmanager
def taken_back(folder: Path) -> Iterator[None]:
    """Take back a new run that is interrupted before it begins; else say how to go on with it."""
    is_new = not is_ours(folder, WORDS)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if is_new and not in_sweep():
            forget(folder)
        if is_ours(folder, WORDS) and not read_result(folder):
            sys.stderr.write(f"continue with {way_on(folder)}\n")
        raise


def attempt(config: DictConfig, folder: Path) -> None:
    """Run one experiment, unless it is finished, and write down what became of it."""
    words: dict[str, Any] = {}
    started = time.time()
    is_new = not is_ours(folder, WORDS)
    try:
        make_ready(config, HydraConfig.get().runtime.cwd)
        words = result.resolved(config)
        if in_sweep() and result.is_finished(folder, words):
            sys.stderr.write(f"{folder.name} is finished\n")
            write_words(config, folder)
            result.refuse(folder, None)
            return
        ended = fit(config, words, folder)
    except CompleteError:
        if not in_sweep():
            raise
        result.record(folder, words, started, "finished")
        return
    except Exception as error:
        if is_new:
            give_up(config, folder)
        fail(config, words, folder, started, error)
        raise
    status: result.Status = "interrupted" if ended.is_cut_short else "finished"
    result.record(folder, words, started, status, steps=ended.done, halted=ended.halted)
    if not ended.is_cut_short and ended.seconds < words["checkpoint"]["keep"]:
        (folder / CHECKPOINT).unlink(missing_ok=True)  # It costs more to keep than to do again.
    if ended.unit == "tiles" and not ended.is_cut_short:
        from untrained.command.tile.piece import remove_pieces

        remove_pieces(folder)
    say_results(folder, ended)


def say_results(folder: Path, ended: Ended) -> None:
    """Print the results, now that all is saved, and how to go on with what was cut short.

    Raises:
        SystemExit: If a signal cut the run short.
    """
    from untrained.callback.table import print_results

    print_results(folder)
    if ended.is_cut_short:
        steps = f"{ended.done} of its {ended.steps} {ended.unit}"
        sys.stderr.write(f"{folder.name} has {steps}; continue with {way_on(folder)}\n")
    if ended.signal:
        sys.exit(128 + ended.signal)


def give_up(config: DictConfig, folder: Path) -> None:
    """Take back a new run that did not begin; in a sweep its words are written down instead."""
    if not in_sweep():
        forget(folder)
    elif not is_ours(folder, WORDS):
        write_words(config, folder)


def fail(
    config: DictConfig, words: dict[str, Any], folder: Path, started: float, error: Exception
) -> None:
    """Write down why a run failed, where it has begun.

    Args:
        config: The config.
        words: The words with their values; empty where they were not known yet.
        folder: The folder of the run.
        started: When this process began, in seconds.
        error: What was raised.
    """
    if not is_ours(folder, WORDS):
        return
    line = one_line(error, config)
    log.info("%s", line, exc_info=error)
    # Nothing of an ended run in this folder is taken back; a run that goes on has no result.
    known = read_result(folder).get("status")
    if known in ("finished", "interrupted"):
        result.refuse(folder, line)
    elif in_sweep() or not isinstance(error, RefusedError):
        result.record(folder, words, started, "failed", line)


def one_line(error: Exception, config: DictConfig) -> str:
    """Say in one line what went wrong, also of what is a defect of ours."""
    return complaint(error, config) or in_one_line(f"{type(error).__name__}: {error}")


def way_on(folder: Path) -> str:
    """Return the word by which the run, or its sweep, is resumed."""
    place = folder.parent if in_sweep() else folder
    return f"""\"resume='{place}'\""""
