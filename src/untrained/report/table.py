"""The table of runs, for other tools."""

from collections.abc import Sequence
from pathlib import Path

from untrained.record.file import write_csv
from untrained.record.run import Record, numbers
from untrained.record.tree import names_of


def write_table(path: Path, records: Sequence[Record]) -> None:
    """Write `results.csv`: one row a run, with the words that were typed and every number.

    Its columns are

    - `folder`, `status` and `error`,
    - each word that was typed of any run,
    - each number of `summary.json` by its path: `psnr.last`, and `summary.steps`, since `steps` is
      a word,
    - `overfitting_drop`, the PSNR in dB that was lost from the best step to the last.
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
