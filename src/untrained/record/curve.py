"""The curves of a run: one row a measured step, in `metrics.csv`."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path

from untrained.record.file import read_text, write_csv
from untrained.record.tree import names_of

Row = dict[str, float]
Columns = dict[str, list[float]]

STEP = "step"
LOSS = "loss"
PENALTY = "penalty"
LAST = "last"
"""The reconstruction of a step against the clean image."""
AVERAGE = "average"
"""The average of the reconstructions against the clean image."""
AGAINST_TARGET = "against_target"
"""The measurement of the reconstruction against the target."""
DEVIATION = "deviation"
PSNR_OF_FITS = "psnr/fits"
STOPPING = "stopping"


def column(metric: str, kind: str) -> str:
    """Return the name of a column: `psnr/last`."""
    return f"{metric}/{kind}"


def rule_column(rule: str, part: str = "") -> str:
    """Return the column of a stopping rule's statistic, or of one of its parts.

    Example:
        >>> rule_column("blind"), rule_column("bands", "1")
        ('stopping/blind', 'stopping/bands/1')
    """
    return f"{STOPPING}/{rule}/{part}".rstrip("/")


def parts_of(names: Iterable[str], rule: str) -> list[str]:
    """Return the columns, of those with the given names, that are parts of a rule's statistic."""
    return [name for name in names if name.startswith(f"{rule_column(rule)}/")]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as a csv file; nothing where there is none."""
    if rows:
        by_name = columns(rows)
        write_csv(path, [list(by_name), *zip(*by_name.values(), strict=True)])


def columns(rows: Sequence[Row]) -> Columns:
    """Return rows as columns; nan where a row has no such number.

    A run that is resumed may have other columns than before.
    """
    return {name: [row.get(name, math.nan) for row in rows] for name in names_of(rows)}


def best_row(rows: Sequence[Row], name: str) -> Row | None:
    """Return the row with the greatest finite value of a column; None where there is none."""
    measured = [row for row in rows if math.isfinite(row.get(name, math.nan))]
    return max(measured, key=itemgetter(name), default=None)


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold and a figure can draw; None where there is none.

    Example:
        >>> finite(20.5), finite(math.inf), finite(None)
        (20.5, None, None)
    """
    return value if value is not None and math.isfinite(value) else None


def finite_points(curve: Mapping[str, Sequence[float]], name: str) -> list[tuple[int, float]]:
    """Return the step of each finite value of a column, and the value."""
    points = zip(curve[STEP], curve.get(name, ()), strict=False)
    return [(int(step), float(value)) for step, value in points if math.isfinite(value)]


def best_point(curve: Mapping[str, Sequence[float]], name: str) -> tuple[int, float] | None:
    """Return the step of the greatest finite value of a column, and the value; None without one."""
    return max(finite_points(curve, name), key=itemgetter(1), default=None)


def last_value(curve: Mapping[str, Sequence[float]], name: str) -> float | None:
    """Return the last finite value of a column; None without one."""
    points = finite_points(curve, name)
    return points[-1][1] if points else None


def spaced(steps: Sequence[float], ratio: float) -> list[int]:
    """Return the places of the steps for which a logarithmic axis has room.

    Args:
        steps: The steps in order; the first and the last are always kept.
        ratio: How many times as large as the one before it a step has to be, half a step aside.

    Example:
        >>> spaced([0, 1, 2, 3, 4, 5, 6], ratio=1.5)
        [0, 1, 2, 4, 6]
    """
    kept = []
    least = -math.inf
    for index, step in enumerate(steps):
        if step >= least:
            kept.append(index)
            least = ratio * step + 0.5
    return sorted({*kept, *range(len(steps))[-1:]})


def read_curve(path: Path, notes: list[str]) -> Columns:
    """Read the columns of `metrics.csv`, as far as its rows are whole; what is not is noted.

    Returns:
        The columns by name, nan where a number is missing; `step` is always one of them.
    """
    text = read_text(path, notes)
    if text is None:
        return {STEP: []}
    # What follows the last end of a line may be half a number.
    names, *lines = list(csv.reader(text.rpartition("\n")[0].splitlines())) or [[]]
    rows = list(whole_rows(lines, len(names)))
    if len(rows) < len(lines) or not text.endswith("\n"):
        notes.append(f"{path.name} is cut off")
    if STEP not in names:
        return {STEP: []}
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def whole_rows(lines: Iterable[Sequence[str]], count: int) -> Iterator[list[float]]:
    """Yield the rows of numbers up to the first that is not whole; nan where one is missing."""
    with suppress(ValueError):
        for line in lines:
            if len(line) != count:
                return
            yield [float(value or math.nan) for value in line]
