"""A sweep: what it will take, how far it is, and the report that it leaves."""

import atexit
import concurrent.futures.thread  # noqa: F401 - the report needs it, and at exit it is too late
import shlex
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, open_dict, read_write

from untrained.command.complaint import FULL_ERROR, complaint
from untrained.command.compose import spelled
from untrained.command.error import in_one_line
from untrained.command.folder import is_ours, remove_empty
from untrained.command.typed import name_of, typed
from untrained.record.file import path_in, storable
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
SWEPT, ALIKE = "hydra.callbacks.sweep.swept", "hydra.callbacks.sweep.alike"
UNKNOWN_TIME = "the time is known after the first run"


class Sweep(Callback):
    """Count the runs of a sweep, say how long is left, and gather them at its end.

    The report is written whatever became of the runs, and also when the sweep is interrupted.

    Args:
        film: Whether to draw the runs' curves and film side by side too, for a few long runs.
        swept: The settings with several values; `folder_name` of `command/word.py` reads them.
        alike: Those of which two values look the same in the name of a folder, alike.
    """

    def __init__(
        self, film: bool = False, swept: Sequence[str] = (), alike: Sequence[str] = ()
    ) -> None:
        self.film = film
        self.jobs: list[Words] = []
        self.count = 0

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Write how many runs there will be, how long they may take, and how to go on with them."""
        self.folder = Path(config.hydra.sweep.dir)
        self.is_new = not is_ours(self.folder, SWEEP_WORDS)
        swept = list(map(name_of, with_several_values(words_of(config))))
        self.jobs = jobs_of(config)
        with open_dict(config), read_write(config):  # Each run composes its config of these words.
            own = [spelled(SWEPT, swept), spelled(ALIKE, names_alike(self.jobs))]
            config.hydra.overrides.hydra.extend(own)
        self.count = len(self.jobs) or int(config.hydra.sweeper.n_trials)
        self.started = time.time()
        self.before = finished(self.folder)
        known = sum(job in self.before for job in self.jobs)
        already = f", {known} of them finished" if known else ""
        atexit.register(self.gather)
        left = self.left() or estimate(self.jobs, earlier(self.folder.parent))
        say(f"sweep of {self.count} runs{already}; {left}")
        say(f"""in {self.folder}; if it is interrupted, continue with "resume='{self.folder}'\"""")

    def on_job_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Write which run begins, and how long it and those after it may take."""
        if self.count:
            words = " ".join(spoken_words(typed(config.hydra)))
            line = f"run {config.hydra.job.num + 1} of {self.count}: {words}"
            say("; ".join(filter(None, [line, self.left()])))

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Gather the runs; with code 1 if any failed."""
        atexit.unregister(self.gather)
        taken = (self.folder / TAKEN).exists()
        (self.folder / TAKEN).unlink(missing_ok=True)  # First, so that a folder without runs goes.
        failed = sum(has_failed(path, self.started) for path in folders(self.folder))
        if failed:
            say(f"{failed} of {self.count} runs failed; a line of each is above")
        self.gather()
        if taken or failed:
            sys.exit(1)

    def gather(self) -> None:
        """Write the report into the sweep's folder, if any run has begun."""
        if not folders(self.folder):
            self.forget()
            return
        from untrained.report import report

        # Hydra turns what a callback raises into a warning; an exit it lets through.
        try:
            say(str(report([self.folder], self.folder, film=self.film)))
        except Exception as error:
            if FULL_ERROR:
                traceback.print_exc()
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(self.folder)
            line = complaint(error, None) or in_one_line(f"{type(error).__name__}: {error}")
            again = f"python -m untrained.report {shlex.quote(str(self.folder))}"
            say(f"{line}; no report was written, but the runs are kept: {again} writes it later")
            sys.exit(1)

    def forget(self) -> None:
        """Take back the folder of a sweep of which no run has begun."""
        if not self.is_new:
            return
        with suppress(OSError):  # Where no file can be written, none can be removed.
            (self.folder / SWEEP_WORDS).unlink(missing_ok=True)
        remove_empty()

    def left(self) -> str:
        """Return the time left in words; empty where no run has finished yet."""
        known = finished(self.folder)
        if not known:
            return ""
        ahead = [job for job in self.jobs if job not in known]
        unknown = self.count - len(known) - len(ahead)
        ahead += [frozenset()] * unknown  # The sweeper chooses their words as it goes.
        seconds = sum(likely(job, known) for job in ahead)
        return f"about {spoken_time(self.pace(known) * seconds)} left"

    def pace(self, known: Mapping[Words, float]) -> float:
        """Return how much longer the sweep takes than its runs say, by those of this process.

        Runs may be side by side, and a run does more than its steps.
        """
        fresh = sum(known[job] for job in known.keys() - self.before.keys())
        return (time.time() - self.started) / fresh if fresh else 1


def has_failed(folder: Path, since: float) -> bool:
    """Whether a run could not be done since then; older sweeps may stand in the folder."""
    found = read_result(folder)
    could_not = found.get("status") == "failed" or found.get("refused")
    return bool(could_not) and path_in(folder, RESULT).stat().st_mtime >= since


def jobs_of(config: DictConfig) -> list[Words]:
    """Return the words of each run; none where the sweeper chooses them as it goes."""
    if "n_trials" in config.hydra.sweeper:
        return []
    loader = GlobalHydra.instance().config_loader()  # It knows the options that `glob` means.
    overrides = OverridesParser.create(loader).parse_overrides(words_of(config))
    batches = BasicSweeper.split_arguments(overrides, None)
    return [frozenset(spoken_words(words)) for words in batches[0]]


def words_of(config: DictConfig) -> list[str]:
    """Return the words of a sweep: those of its file, and those that were typed."""
    params = config.hydra.sweeper.get("params") or {}
    return [*(f"{word}={value}" for word, value in params.items()), *typed(config.hydra)]


def with_several_values(words: Sequence[str]) -> list[str]:
    """Return the words that make a sweep.

    Example:
        >>> with_several_values(["steps=10,20", "model.width=[8,16]", "seed=range(3)"])
        ['steps=10,20', 'seed=range(3)']
    """
    overrides = OverridesParser.create().parse_overrides(list(words))
    return [each.input_line for each in overrides if each.is_sweep_override() and each.input_line]


def names_alike(jobs: Iterable[Words]) -> list[str]:
    """Return the settings of which two values look the same in the name of a folder.

    Example:
        >>> names_alike([frozenset({"target.path=a/b.png"}), frozenset({"target.path=a_b.png"})])
        ['target.path']
    """
    words = frozenset().union(*jobs)
    counts = Counter(map(storable, words))
    return sorted({name_of(word) for word in words if counts[storable(word)] > 1})


def spelled_in_sweep(words: Sequence[str]) -> list[str]:
    """Return the words of a run as they are spelled in a sweep, of which each has one value.

    Example:
        >>> spelled_in_sweep(["optimizer.lr=1e-3", "~callbacks.video"])
        ['optimizer.lr=0.001', '~callbacks.video=null']
    """
    overrides = OverridesParser.create().parse_overrides(list(words))
    return list(BasicSweeper.split_arguments(overrides, None)[0][0])


def spoken_words(words: Sequence[str]) -> list[str]:
    """Return the words that tell a run from another one."""
    return [word for word in words if not word.startswith(("resume=", "hydra."))]


def folders(sweep: Path) -> list[Path]:
    """Return the folders of the runs that have begun."""
    return sorted(path.parent for path in sweep.glob(f"*/{HYDRA}"))


def finished(sweep: Path) -> dict[Words, float]:
    """Return the seconds of each run of a sweep that has finished, by its words."""
    return seconds_of(folders(sweep))


def earlier(outputs: Path) -> dict[Words, float]:
    """Return the seconds of each finished run, alone or of a sweep, in a folder of outputs."""
    begun = [*outputs.glob(f"*/{HYDRA}"), *outputs.glob(f"*/*/{HYDRA}")]
    return seconds_of(path.parent for path in sorted(begun))


def seconds_of(runs: Iterable[Path]) -> dict[Words, float]:
    """Return the seconds of each run that has finished, by its words.

    Args:
        runs: The folders of the runs. Another program's is passed over.
    """
    seconds = {}
    for folder in runs:
        found = read_result(folder)
        if found.get("status") == "finished" and {"words", "seconds"} <= found.keys():
            seconds[frozenset(found["words"])] = found["seconds"]
    return seconds


def estimate(jobs: Sequence[Words], known: Mapping[Words, float]) -> str:
    """Return how long a sweep may take that has not begun, by earlier runs that are as much work.

    Runs are as much work if they have the same `WORK`; the last of them counts. Nothing is guessed
    where a run has no such earlier run, nor where the sweeper chooses the words as it goes.

    Example:
        >>> known = {frozenset({"model=dd", "steps=300", "seed=0"}): 60.0}
        >>> estimate([frozenset({"model=dd", "steps=300", f"seed={n}"}) for n in range(3)], known)
        'about 3 min one after the other, as earlier runs took'
        >>> estimate([frozenset({"model=dip", "steps=300"})], known)
        'the time is known after the first run'
    """
    seconds = {work(words): taken for words, taken in known.items()}
    works = list(map(work, jobs))
    if not works or not seconds.keys() >= set(works):
        return UNKNOWN_TIME
    total = sum(seconds[each] for each in works)
    return f"about {spoken_time(total)} one after the other, as earlier runs took"


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
    most = max(len(job & words) for words in known)
    return fmean(seconds for words, seconds in known.items() if len(job & words) == most)


def spoken_time(seconds: float) -> str:
    """Return a time as a person says it.

    Example:
        >>> [spoken_time(each) for each in (40, 400, 40000)]
        ['40 s', '7 min', '11.1 h']
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def say(line: str) -> None:
    """Write one line, beside the bar of the steps."""
    sys.stderr.write(f"{line}\n")
