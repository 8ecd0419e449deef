"""Convert runs to the series that figures show."""

from collections.abc import Sequence

from untrained.figure import Series
from untrained.record.run import Record
from untrained.report.difference import run_name, swept
from untrained.report.target import of_one_target


def series_of(record: Record, title: str = "") -> Series:
    """Return what the figures need of a run; its name is that of its folder, if none is given."""
    return Series(title or record.folder.name, record.curve, record.frames)


def drawn(records: Sequence[Record]) -> list[Series]:
    """Return the runs of one target that have images, each named by what it differs in."""
    shown = of_one_target(records)
    words = swept(shown) or swept(records)
    return [series_of(run, run_name(run, words)) for run in shown]
