"""Which swept word makes the panels of the comparison, and which the lines."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from untrained.figure import Band, Panel
from untrained.figure.series import best, main_column, until
from untrained.report.record import SEEDS, Record, short, swept

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
    free = [word for word in words if word not in (*SEEDS, rows, columns, colour)]

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


def panels(records: Sequence[Record], chosen: Layout) -> list[list[Panel]]:
    """Give the panels of the comparison, row by row."""
    known = [record for record in records if record.curve["step"]]
    lines = values(known, chosen.colour)
    return [
        [
            panel(
                [r for r in known if matches(r, chosen.rows, row, chosen.columns, column)],
                chosen.colour,
                lines,
                ", ".join(
                    short(w, v) for w, v in ((chosen.rows, row), (chosen.columns, column)) if w
                ),
            )
            for column in values(known, chosen.columns)
        ]
        for row in values(known, chosen.rows)
    ]


def values(records: Sequence[Record], word: str) -> list[str]:
    """Give the values of a word, numbers by their size; one empty value where there is no word."""
    found = list(dict.fromkeys(record.value(word) if word else "" for record in records))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def matches(record: Record, row: str, row_value: str, column: str, column_value: str) -> bool:
    """Tell whether a run belongs in a panel."""
    pairs = ((row, row_value), (column, column_value))
    return all(not word or record.value(word) == value for word, value in pairs)


def panel(records: Sequence[Record], colour: str, lines: Sequence[str], title: str) -> Panel:
    """Give one panel: a line for each value of a word, in the same colours everywhere."""
    bands = [
        band(
            [record for record in records if not colour or record.value(colour) == value],
            short(colour, value) if colour else "",
        )
        for value in lines
    ]
    levels = [level for r in records if (level := r.summary.get("psnr", {}).get("target"))]
    return Panel(title, bands, float(np.mean(levels)) if levels else None)


def band(records: Sequence[Record], name: str) -> Band:
    """Give the mean and the range of runs, at every step that any of them has."""
    runs = [record.run for record in records]
    column = f"psnr/{main_column(runs)}"
    points: dict[float, list[float]] = {}
    for run in runs:
        for step, value in zip(*until(run, column, np.inf), strict=True):
            points.setdefault(float(step), []).append(float(value))
    steps = sorted(points)
    table = [(np.mean(points[s]), np.min(points[s]), np.max(points[s])) for s in steps]
    mean, low, high = np.array(table).T if table else np.empty((3, 0))
    peaks = [peak for run in runs if (peak := best(run))]
    stops = [
        (float(rule["step"]), float(rule["psnr"]))
        for record in records
        for rule in list(record.rules().values())[:1]
        if isinstance(rule.get("step"), int) and isinstance(rule.get("psnr"), int | float)
    ]
    return Band(name, np.array(steps), mean, low, high, peaks, stops, len(runs))
