"""The table of runs, for other tools."""

from collections.abc import Sequence
from pathlib import Path

from untrained.record.file import write_csv
from untrained.record.run import Record, numbers
from untrained.record.tree import names_of


def write_table(path: Path, records: Sequence[Record]) -> None:
    """Write `results.csv`: one row a run, with the words that were typed and every number.

    Its columns: `folder`, `status`, `error`, each word that was typed of any run, and each number
    of `summary.json` by its path (`psnr.last`; `summary.steps`, since `steps` is a word), with
    `overfitting_drop`, dB from the best to the last.
    """
    words = names_of(record.words for record in records)
    names = names_of(map(numbers, records))
    titles = [f"summary.{name}" if name in words else name for name in names]
    rows: list[list[object]] = [["folder", "status", "error", *words, *titles]]
    for record in records:
        ending = [record.folder.name, record.status, record.error]
        measured = numbers(record)
        values = [measured.get(name, "") for name in names]
        rows.append([*ending, *map(record.value, words), *values])
    write_csv(path, rows)
