"""The curves of a run: one row a measured step, in `metrics.csv`."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from untrained.record.file import replacing

Row = dict[str, float]

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


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as a csv file; nothing where there is none."""
    if not rows:
        return
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.DictWriter(file, names_of(rows), restval=math.nan)
        table.writeheader()
        table.writerows(rows)


def columns(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Turn rows into columns; nan where a row has no such number."""
    return {name: [row.get(name, math.nan) for row in rows] for name in names_of(rows)}


def names_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of all columns: a run that is resumed may have others than before."""
    return list(dict.fromkeys(name for row in rows for name in row))


def best_row(rows: Sequence[Row], name: str) -> Row | None:
    """Return the row with the greatest finite value of a column; None where there is none."""
    known = [row for row in rows if math.isfinite(row.get(name, math.nan))]
    return max(known, key=lambda row: row[name]) if known else None
