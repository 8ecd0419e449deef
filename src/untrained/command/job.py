"""One run, or one of a sweep: alone in its folder, and with its result written down."""

import logging
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

try:
    import fcntl
except ImportError:  # Windows has no such module.
    fcntl = None  # type: ignore[assignment]

from untrained.command import result
from untrained.command.complaint import complaint
from untrained.command.fit import CompleteError, fit, in_sweep
from untrained.command.score import score

if TYPE_CHECKING:
    from untrained.callback.ending import Ending

log = logging.getLogger(__name__)


class InUseError(ValueError):
    """Another process is at work in the folder."""


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
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        with alone(folder):
            attempt(config, folder)
    except Exception as error:
        if not in_sweep():
            raise
        line = one_line(error, config)
        log.info("%s", line, exc_info=error)
        verb = "is left to its process" if isinstance(error, InUseError) else "failed"
        sys.stderr.write(f"{folder.name} {verb}: {line}\n")
    return score(config, folder)


def attempt(config: DictConfig, folder: Path) -> None:
    """Run one experiment, unless it is finished, and write down what became of it."""
    words: dict[str, Any] = {}
    started = time.time()
    try:
        words = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
        if in_sweep() and result.is_finished(folder, words):
            sys.stderr.write(f"{folder.name} is finished\n")
            result.refuse(folder, None)
            return
        ended = fit(config, folder)
    except CompleteError:
        if not in_sweep():
            raise
        result.record(folder, words, started, "finished")
        return
    except Exception as error:
        fail(config, words, folder, started, error)
        raise
    is_cut_short = ended.status == "interrupted"
    result.record(folder, words, started, "interrupted" if is_cut_short else "finished")
    tell(folder, ended)


def tell(folder: Path, ended: "Ending") -> None:
    """Print the results, now that all is saved, and how to go on with what was cut short.

    Raises:
        SystemExit: If a signal cut the run short.
    """
    from untrained.callback.table import print_results

    print_results(folder)
    if ended.status == "interrupted":
        sys.stderr.write(
            f"{folder.name} has {ended.done} of its {ended.steps} steps; go on with the same words "
            f"""and "resume='{resumed(folder)}'"\n"""
        )
    if ended.signal:
        sys.exit(128 + ended.signal)


def fail(
    config: DictConfig, words: dict[str, Any], folder: Path, started: float, error: Exception
) -> None:
    """Write down why a run failed; of one that did not begin only a sweep keeps the folder."""
    if not in_sweep():
        forget(folder)
    if not folder.exists():
        return
    line = one_line(error, config)
    # Of the finished run that stands in this folder nothing is taken back.
    if result.read(folder).get("status") == "finished":
        result.refuse(folder, line)
    else:
        result.record(folder, words, started, "failed", line)


def one_line(error: Exception, config: DictConfig) -> str:
    """Say in one line what went wrong, also of what is a defect of ours."""
    return complaint(error, config) or " ".join(f"{type(error).__name__}: {error}".split())


def resumed(folder: Path) -> Path:
    """Give the folder by which the run, or its sweep, is resumed."""
    return folder.parent if in_sweep() else folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run's folder; the system lets go of it however we end.

    Raises:
        InUseError: If another process is at work in it.
    """
    if fcntl is None:
        yield
        return
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(f"resume={folder} is in use by another process") from None
        yield
    (folder / ".lock").unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Remove what Hydra has written of a run that did not begin, lest it is taken for a result."""
    if {path.name for path in folder.iterdir()} <= {".hydra", ".lock", "train.log"}:
        shutil.rmtree(folder)
