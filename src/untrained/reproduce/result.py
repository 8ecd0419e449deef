"""The results of the fits of a table, beside the published results."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from untrained.command.sweep import spelled_in_sweep
from untrained.record.run import Record, numbers, records, words_of
from untrained.report.seeds import ensembles
from untrained.reproduce.folder import FITS
from untrained.reproduce.table import Row, Table

DONE = ("finished", "stopped")
SWEPT = ("experiment", "seed")
MEAN_IMAGE = "psnr.mean_image"
"""The PSNR of the mean of the results of several seeds."""


class Line(NamedTuple):
    """The fits of one row.

    Args:
        row: The row.
        compared: Of each seed, the number that stands beside the published one.
        figures: Each number of the table, the mean over the seeds. What is not known is left out.
    """

    row: Row
    compared: Sequence[float]
    figures: Mapping[str, float]

    @property
    def difference(self) -> float | None:
        """Ours minus published, in dB; None if the two are measured in different ways."""
        if self.row.published is None or self.row.unlike:
            return None
        return fmean(self.compared) - self.row.published


def measures(table: Table) -> list[str]:
    """Return the numbers of a table: the one that is compared first."""
    return list(dict.fromkeys([table.compare, *table.means]))


def lines(table: Table, out: Path, words: Sequence[str]) -> list[Line]:
    """Return what was found for each row that has a finished fit, in the order of the table.

    Args:
        table: The table.
        out: Its folder.
        words: The words that were typed for all fits. A fit of other words is left out.
    """
    if not (out / FITS).is_dir():
        return []
    typed = words_of(spelled_in_sweep(words))
    runs: dict[str, list[Record]] = {}
    for run in records([out / FITS]):
        group, _, image = run.words.get("experiment", "").rpartition("/")
        if group == table.name and is_finished_fit(run, typed):
            runs.setdefault(image, []).append(run)
    found = [line(table, row, runs.get(name, [])) for name, row in table.images.items()]
    return [each for each in found if each.compared]


def is_finished_fit(run: Record, typed: Mapping[str, str]) -> bool:
    """Whether a run has come to its end with these words, beside those that the table sweeps."""
    own = {word: value for word, value in run.words.items() if word not in SWEPT}
    return own == typed and run.status in DONE


def line(table: Table, row: Row, runs: Sequence[Record]) -> Line:
    """Return what some fits of a row gave."""
    figures = {}
    for name in measures(table):
        values = list(values_of(runs, name))
        if values:
            figures[name] = fmean(values)
    return Line(row, list(values_of(runs, table.compare)), figures)


def values_of(runs: Sequence[Record], name: str) -> Iterator[float]:
    """Yield a number of each run that has it."""
    if name == MEAN_IMAGE:
        found = [each.qualities() for each in ensembles(runs)]
    else:
        found = [numbers(run) for run in runs]
    yield from (each[name] for each in found if name in each)
