"""The curves of a run: one row a measured step, in `metrics.csv`."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from untrained.record.file import replacing

Row = dict[str, float]
Columns = dict[str, list[float]]

STEP = "step"
LOSS = "loss"
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
    if not rows:
        return
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.DictWriter(file, names_of(rows), restval=math.nan)
        table.writeheader()
        table.writerows(rows)


def columns(rows: Sequence[Row]) -> Columns:
    """Turn rows into columns; nan where a row has no such number."""
    return {name: [row.get(name, math.nan) for row in rows] for name in names_of(rows)}


def names_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of all columns: a run that is resumed may have others than before."""
    return list(dict.fromkeys(name for row in rows for name in row))


def best_row(rows: Sequence[Row], name: str) -> Row | None:
    """Return the row with the greatest finite value of a column; None where there is none."""
    known = [row for row in rows if math.isfinite(row.get(name, math.nan))]
    return max(known, key=lambda row: row[name]) if known else None


def best_point(curve: Mapping[str, Sequence[float]], name: str) -> tuple[int, float] | None:
    """Return the step of the greatest finite value of a column, and the value; None without one."""
    points = zip(curve[STEP], curve.get(name, ()), strict=False)
    known = [(int(step), float(value)) for step, value in points if math.isfinite(value)]
    return max(known, key=lambda point: point[1]) if known else None


def last_value(curve: Mapping[str, Sequence[float]], name: str) -> float | None:
    """Return the last finite value of a column; None without one."""
    return next((float(v) for v in reversed(curve.get(name, ())) if math.isfinite(v)), None)


def read_curve(path: Path, notes: list[str]) -> Columns:
    """Read the columns of `metrics.csv`, as far as its rows are whole; what is not is noted.

    Returns:
        The columns by name, nan where a number is missing; `step` is always one of them.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        notes.append(f"no {path.name}")
        return {STEP: []}
    except (OSError, ValueError):
        notes.append(f"{path.name} cannot be read")
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
    for line in lines:
        try:
            row = [float(value) if value else math.nan for value in line]
        except ValueError:
            return
        if len(row) != count:
            return
        yield row
