"""The files of a table: `table.csv`, `table.md`, `table.png`."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from untrained import figure
from untrained.record.file import write_csv, write_whole
from untrained.report.paired import paired
from untrained.reproduce.drawing import drawing
from untrained.reproduce.folder import CSV, DRAWING, MARKDOWN
from untrained.reproduce.result import Line, measures
from untrained.reproduce.table import Table


def write_files(out: Path, table: Table, found: Sequence[Line], words: Sequence[str]) -> None:
    """Write what the fits of a table gave beside what was published.

    `table.csv` has a row for each image that has a finished fit. Its columns are

    - `image` and `published`,
    - each number of the table, the mean over the seeds,
    - `difference`, ours less the published one; empty where the two are of different measures,
    - `seeds`, how many there are, and the `lowest` and the `highest` of them.

    `table.png` is drawn where there is a difference.
    """
    write_csv(out / CSV, [titles(table), *(cells(table, each) for each in found)])
    write_whole(out / MARKDOWN, "\n".join(markdown(table, found, words)) + "\n")
    if any(each.difference is not None for each in found):
        figure.save(drawing(table, found), out / DRAWING)


def titles(table: Table) -> list[str]:
    """Return the titles of the columns."""
    return ["image", "published", *measures(table), "difference", "seeds", "lowest", "highest"]


def cells(table: Table, line: Line) -> list[object]:
    """Return the row of an image in `table.csv`."""
    figures = [line.figures.get(name, "") for name in measures(table)]
    spread = [len(line.compared), min(line.compared), max(line.compared)]
    return [line.row.image, line.row.published, *figures, line.difference, *spread]


def markdown(table: Table, found: Sequence[Line], words: Sequence[str]) -> list[str]:
    """Return the lines of `table.md`."""
    titled = titles(table)
    rows = [[in_markdown(cell) for cell in cells(table, each)] for each in found]
    return [
        f"# {table.title}",
        "",
        f"{table.paper}. Published is {table.published_is}.",
        f"PSNR in dB, the mean over seeds; {table.compare} is beside the published number.",
        *spoken_words(words),
        "",
        f"| {' | '.join(titled)} |",
        f"|{'---|' * len(titled)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        f"| {' | '.join(mean_cells(table, found))} |",
        "",
        *conclusions(table, found),
        *(f"- {note}" for note in table.notes),
    ]


def in_markdown(cell: object) -> str:
    """Return a cell as a person reads it."""
    match cell:
        case None:
            return ""
        case float():
            return f"{cell:.2f}"
    return str(cell)


def spoken_words(words: Sequence[str]) -> list[str]:
    """Return the line on words that were typed: they may change what the paper set."""
    if not words:
        return []
    return [f"Settings that were typed besides those of the table: `{' '.join(words)}`."]


def mean_cells(table: Table, found: Sequence[Line]) -> list[str]:
    """Return the last row: the means over the images that are here, not over the whole table."""
    both = [each for each in found if each.difference is not None]
    shown = both or found
    figures = [mean_of([each.figures.get(name) for each in shown]) for name in measures(table)]
    published = mean_of([each.row.published for each in both])
    difference = mean_of([each.difference for each in both])
    return [f"mean of {len(shown)}", published, *figures, difference, "", "", ""]


def mean_of(values: Sequence[float | None]) -> str:
    """Return the mean of numbers as a person reads it; empty where one is not known, or all are.

    Example:
        >>> mean_of([1.0, 2.0]), mean_of([1.0, None]), mean_of([])
        ('1.50', '', '')
    """
    known = [value for value in values if value is not None]
    return f"{fmean(known):.2f}" if known and len(known) == len(values) else ""


def conclusions(table: Table, found: Sequence[Line]) -> list[str]:
    """Return what the table says as a whole."""
    every = len(table.images)
    said = [f"- {len(found)} of the table's {every} rows are here."]
    differences = [each.difference for each in found if each.difference is not None]
    if differences:
        said.append(f"- Ours minus published: {spoken_difference(table, differences)}.")
    for name, mean in table.means.items():
        said.append(f"- Published mean of {name} over all {every}: {mean:.2f} dB.")
    for each in found:
        if each.row.unlike:
            said.append(f"- The published number of {each.row.image} is {each.row.unlike}.")
    return said


def spoken_difference(table: Table, differences: Sequence[float]) -> str:
    """Return the mean difference in words, with its interval where the rows are several images."""
    if "{image}" in table.files["image.path"]:
        return paired(differences).spoken()
    return f"{fmean(differences):+.2f} dB in the mean over {len(differences)} rows of one image"
