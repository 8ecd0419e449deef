"""The table of runs, for other tools."""

import csv
from collections.abc import Sequence
from pathlib import Path

from untrained.record.file import replacing
from untrained.record.run import Record, numbers


def write_table(path: Path, records: Sequence[Record]) -> None:
    """Write `results.csv`: one row a run, with the words that were typed and every number.

    Its columns: `folder`, `status`, `error`, each word that was typed of any run, and each number
    of `summary.json` by its path (`psnr.last`; `summary.steps`, since `steps` is a word), with
    `overfitting_drop`, dB from the best to the last.
    """
    words = list(dict.fromkeys(word for record in records for word in record.words))
    found = [numbers(record) for record in records]
    names = list(dict.fromkeys(name for row in found for name in row))
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.writer(file)
        titles = [f"summary.{name}" if name in words else name for name in names]
        table.writerow(["folder", "status", "error", *words, *titles])
        for record, row in zip(records, found, strict=True):
            known = [record.folder.name, record.status, record.error]
            values = [record.value(word) for word in words]
            table.writerow([*known, *values, *(row.get(name, "") for name in names)])
