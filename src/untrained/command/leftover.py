"""What an earlier start has left in a run's folder, and what a start leaves that fails at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from untrained.command.folder import take_back_first
from untrained.command.resume import in_sweep
from untrained.record.file import remove_parts, write_whole
from untrained.record.name import EVENTS, FRAMES, HPARAMS, HYDRA, RECORD, RESULT, SUMMARY, TILES


@contextmanager
def leftovers_removed(folder: Path, has_stepped: Callable[[], bool]) -> Iterator[None]:
    """Remove what an earlier start has left, which the run will write anew.

    Half a file is of no use. The curves and the words are logged anew. But results stay if this
    start fails before it takes a step: they are still those of the images beside them.

    Args:
        folder: The folder of the run.
        has_stepped: Whether this start has taken a step.
    """
    remove_parts(folder, ".", HYDRA, RECORD, FRAMES, TILES)
    kept = {path: path.read_bytes() for path in results(folder)}
    remove_results(folder)
    try:
        yield
    except BaseException:
        if not has_stepped():
            remove_results(folder)
            for path, content in kept.items():
                write_whole(path, content)
        raise


def results(folder: Path) -> list[Path]:
    """Return the files that a start writes anew."""
    return [path for name in (EVENTS, HPARAMS, SUMMARY, RESULT) for path in folder.glob(name)]


def remove_results(folder: Path) -> None:
    """Remove the files that a start writes anew."""
    for path in results(folder):
        path.unlink()


@contextmanager
def nothing_left(folder: Path, is_first: Callable[[], bool]) -> Iterator[None]:
    """Take back what a run has written that fails or is ended in its first step.

    In a sweep it stays, beside the line that says why the run failed.

    Args:
        folder: The folder of the run.
        is_first: Whether the run is new, and has come to its first step at most.
    """
    try:
        yield
    except BaseException:
        if is_first() and not in_sweep():
            take_back_first(folder)
        raise
