"""A sweep: what it will take, how far it is, and the report that it leaves."""

import atexit
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from untrained.command.complaint import one_line_errors
from untrained.command.folder import is_ours, remove_empty
from untrained.command.word import typed
from untrained.record.name import HYDRA, RESULT, SWEEP_WORDS, TAKEN
from untrained.record.result import read_result

Words = frozenset[str]

# What a run takes depends on the words that begin so.
WORK = (
    "model",
    "image",
    "steps=",
    "fits=",
    "recipe=",
    "experiment=",
    "optimizer=",
    "stopping",
    "accelerator",
    "twin",
)


class Sweep(Callback):
    """Count the runs of a sweep, tell the time left, and gather them at its end.

    The report is written whatever became of the runs, and also when the sweep is interrupted.

    Args:
        film: Whether to draw the runs' curves and film side by side too, for a few long runs.
    """

    def __init__(self, film: bool = False) -> None:
        self.film = film
        self.jobs: list[Words] = []
        self.count = 0

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Say how many runs there will be, how long they may take, and how to go on with them."""
        self.folder = Path(config.hydra.sweep.dir)
        self.is_new = not is_ours(self.folder, SWEEP_WORDS)
        self.jobs = jobs_of(config)
        self.count = len(self.jobs) or int(config.hydra.sweeper.n_trials)
        self.started = time.time()
        self.before = finished(self.folder)
        known = sum(job in self.before for job in self.jobs)
        already = f", {known} of them finished" if known else ""
        atexit.register(self.gather)
        left = self.left() or estimate(self.jobs, earlier(self.folder.parent))
        say(f"sweep of {self.count} runs{already}; {left}")
        say(f"""in {self.folder}; if it is cut short, add "resume='{self.folder}'\"""")

    def on_job_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Say which run begins, and how long it and those after it may take."""
        if self.count:
            words = " ".join(spoken_words(typed(config.hydra)))
            left = self.left()
            say(f"run {config.hydra.job.num + 1} of {self.count}: {words}{left and f'; {left}'}")

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Gather the runs; with code 1 if any failed."""
        atexit.unregister(self.gather)
        taken = (self.folder / TAKEN).exists()
        (self.folder / TAKEN).unlink(missing_ok=True)  # First, so that a folder without runs goes.
        self.gather()
        if taken or any(has_failed(path, self.started) for path in folders(self.folder)):
            sys.exit(1)

    def gather(self) -> None:
        """Write the report into the sweep's folder, if any run has begun."""
        if not folders(self.folder):
            self.forget()
            return
        from untrained.report import report

        # Hydra turns what a callback raises into a warning; an exit it lets through.
        with one_line_errors():
            say(str(report([self.folder], self.folder, film=self.film)))

    def forget(self) -> None:
        """Take back the folder of a sweep of which no run has begun."""
        if self.is_new:
            (self.folder / SWEEP_WORDS).unlink(missing_ok=True)
            remove_empty()

    def left(self) -> str:
        """Return the time left in words; empty where no run has finished yet."""
        known = finished(self.folder)
        fresh = sum(seconds for job, seconds in known.items() if job not in self.before)
        ahead = [job for job in self.jobs if job not in known]
        unknown = [frozenset[str]()] * (self.count - len(known) - len(ahead))
        seconds = sum(likely(job, known) for job in [*ahead, *unknown]) if known else 0
        # Runs side by side, and what a run does besides its steps.
        pace = (time.time() - self.started) / fresh if fresh else 1
        return f"about {spoken_time(pace * seconds)} left" if known else ""


def has_failed(folder: Path, since: float) -> bool:
    """Whether a run could not be done since then; older sweeps may stand in the folder."""
    found = read_result(folder)
    said = found.get("status") == "failed" or found.get("refused")
    return bool(said) and (folder / RESULT).stat().st_mtime >= since


def jobs_of(config: DictConfig) -> list[Words]:
    """Return the words of each run; none where the sweeper chooses them as it goes."""
    sweeper = config.hydra.sweeper
    if "n_trials" in sweeper:
        return []
    params = [f"{word}={value}" for word, value in (sweeper.get("params") or {}).items()]
    overrides = OverridesParser.create().parse_overrides([*params, *typed(config.hydra)])
    batches = BasicSweeper.split_arguments(overrides, None)
    return [frozenset(spoken_words(words)) for words in batches[0]]


def spoken_words(words: Sequence[str]) -> list[str]:
    """Return the words that tell a run from another one."""
    return [word for word in words if not word.startswith(("resume=", "hydra."))]


def folders(sweep: Path) -> list[Path]:
    """Return the folders of the runs that have begun."""
    return sorted(path.parent for path in sweep.glob(f"*/{HYDRA}"))


def finished(sweep: Path) -> dict[Words, float]:
    """Return the seconds of each run that has finished, by its words."""
    results = [read_result(path) for path in folders(sweep)]
    return {
        frozenset(each["words"]): each["seconds"]
        for each in results
        if each.get("status") == "finished"
    }


def earlier(outputs: Path) -> dict[Words, float]:
    """Return the seconds of each finished run, alone or of a sweep, in a folder of outputs."""
    paths = [path for depth in ("*", "*/*") for path in outputs.glob(f"{depth}/{RESULT}")]
    found = [read_result(path.parent) for path in paths]
    return {
        frozenset(each["words"]): each["seconds"]
        for each in found
        if each.get("status") == "finished" and "words" in each and "seconds" in each
    }


def estimate(jobs: Sequence[Words], known: Mapping[Words, float]) -> str:
    """Return how long a sweep may take that has not begun, by earlier runs that are as much work.

    They are those of the same `WORK`. Where a run has none nothing is guessed, nor of one whose
    words a sweeper chooses as it goes.

    Example:
        >>> known = {frozenset({"model=dd", "steps=300", "seed=0"}): 60.0}
        >>> estimate([frozenset({"model=dd", "steps=300", f"seed={n}"}) for n in range(3)], known)
        'about 3 min one after the other, judged by earlier runs'
        >>> estimate([frozenset({"model=dip", "steps=300"})], known)
        'how long it takes is known after the first'
    """
    alike = [{each: known[each] for each in known if work(each) == work(job)} for job in jobs]
    if not jobs or not all(alike):
        return "how long it takes is known after the first"
    seconds = sum(likely(job, those) for job, those in zip(jobs, alike, strict=True))
    return f"about {spoken_time(seconds)} one after the other, judged by earlier runs"


def work(job: Words) -> Words:
    """Return the words of a run that make it more work or less."""
    return frozenset(word for word in job if word.startswith(WORK))


def likely(job: Words, known: Mapping[Words, float]) -> float:
    """Return the seconds that a run may take: the mean of the runs that share most words with it.

    Example:
        >>> known = {frozenset({"dip", "seed=0"}): 90.0, frozenset({"dd", "seed=0"}): 30.0}
        >>> likely(frozenset({"dip", "seed=1"}), known)
        90.0
    """
    shared = {each: len(job & each) for each in known}
    nearest = [known[each] for each in known if shared[each] == max(shared.values())]
    return sum(nearest) / len(nearest)


def spoken_time(seconds: float) -> str:
    """Return a time as a person says it.

    Example:
        >>> [spoken_time(each) for each in (40, 400, 40000)]
        ['40 s', '7 min', '11.1 h']
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def say(line: str) -> None:
    """Say one line, beside the bar of the steps."""
    sys.stderr.write(f"{line}\n")
