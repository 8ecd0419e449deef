"""Which swept word makes the panels of the comparison, and which the lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from untrained.figure import Band, Panel
from untrained.figure.series import best, main_column, until
from untrained.record.curve import STEP, column
from untrained.record.run import Record
from untrained.report.difference import SEEDS, follows, short, swept
from untrained.report.series import series_of
from untrained.report.target import level_of, view_of

OBSERVATION = ("noise", "image", "degradation")  # they change the target


class Layout(NamedTuple):
    """The words of a comparison; empty where none is needed.

    Args:
        rows: One row of panels for each of its values.
        columns: One column of panels for each of its values.
        colour: One line for each of its values.
        over: The words over whose values the mean and the range are taken.
    """

    rows: str
    columns: str
    colour: str
    over: list[str]


def layout(
    records: Sequence[Record], rows: str = "", columns: str = "", colour: str = ""
) -> Layout:
    """Choose the words of a comparison from what was swept; those that are given stay.

    Lines are coloured by the model where it was swept, columns are what changes the target, rows
    what is left; the seeds, and all for which there is no room, are averaged over.

    Raises:
        ValueError: If a word that is given does not differ between the runs.
    """
    words = swept(records)
    for option, word in (("rows", rows), ("columns", columns), ("colour", colour)):
        if word and word not in words:
            known = ", ".join(words) or "none"
            raise ValueError(f"--{option} {word} does not differ between the runs; {known} do")
    chosen = (rows, columns, colour)
    words = [word for word in words if word in chosen or not has_leader(word, words, records)]
    free = [word for word in words if word not in (*SEEDS, *chosen)]

    def take(wanted: Callable[[str], bool]) -> str:
        found = next((word for word in free if wanted(word)), "")
        if found:
            free.remove(found)
        return found

    def observes(word: str) -> bool:
        return word.partition(".")[0] in OBSERVATION

    # The model's own words before any other, the target's last.
    colour = colour or take(lambda w: w == "model") or take(lambda w: not observes(w))
    columns = columns or take(observes) or take(lambda _: True)
    rows = rows or take(observes) or take(lambda _: True)
    colour = colour or take(lambda _: True)
    return Layout(rows, columns, colour, [w for w in words if w not in (rows, columns, colour)])


def has_leader(word: str, words: Sequence[str], records: Sequence[Record]) -> bool:
    """Whether a word follows another one of the words, which says all that it does."""
    return any(other != word and follows(word, other, records) for other in words)


def panels(records: Sequence[Record], chosen: Layout) -> list[list[Panel]]:
    """Return the panels of the comparison, row by row."""
    known = [record for record in records if record.curve[STEP]]
    lines = values(known, chosen.colour)
    found = []
    for row in values(known, chosen.rows):
        place = []
        for column_value in values(known, chosen.columns):
            words = {chosen.rows: row, chosen.columns: column_value}
            words.pop("", None)
            within = [each for each in known if matches(each, words)]
            title = ", ".join(short(word, value) for word, value in words.items() if value)
            place.append(panel(within, chosen.colour, lines, title))
        found.append(place)
    return found


def values(records: Sequence[Record], word: str) -> list[str]:
    """Return the values of a word, numbers by size; one empty value where there is no word."""
    found = list(dict.fromkeys(record.value(word) if word else "" for record in records))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def matches(record: Record, words: Mapping[str, str]) -> bool:
    """Whether a run has these values of words."""
    return all(record.value(word) == value for word, value in words.items())


def panel(records: Sequence[Record], colour: str, lines: Sequence[str], title: str) -> Panel:
    """Return one panel: a line for each value of a word, in the same colours everywhere."""
    bands = [
        band(
            [record for record in records if not colour or record.value(colour) == value],
            short(colour, value) if colour else "",
        )
        for value in lines
    ]
    levels = [level for record in records if (level := level_of(record)) is not None]
    views = {view_of(record) for record in records}
    if len(views) > 1 or not levels:  # One level says nothing of targets of several kinds.
        return Panel(title, bands, None)
    return Panel(title, bands, float(np.mean(levels)), views.pop())


def band(records: Sequence[Record], name: str) -> Band:
    """Return the mean and the range of runs, at every step that any of them has."""
    runs = [series_of(record) for record in records]
    main = column("psnr", main_column(runs))
    points: dict[float, list[float]] = {}
    for run in runs:
        for step, value in zip(*until(run, main, np.inf), strict=True):
            points.setdefault(float(step), []).append(float(value))
    steps = sorted(points)
    table = [(np.mean(points[s]), np.min(points[s]), np.max(points[s])) for s in steps]
    mean, low, high = np.array(table).T if table else np.empty((3, 0))
    peaks = [peak for run in runs if (peak := best(run))]
    stops = [stop for record in records if (stop := default_stop(record))]
    return Band(name, np.array(steps), mean, low, high, peaks, stops, len(runs))


def default_stop(record: Record) -> tuple[float, float] | None:
    """Return the step and the PSNR in dB of the default stopping rule's image, where known."""
    _, rule = record.default_rule() or ("", {})
    step, psnr = rule.get("step"), rule.get("psnr")
    if isinstance(step, int) and isinstance(psnr, int | float):
        return float(step), float(psnr)
    return None
