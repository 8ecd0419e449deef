"""The report of a sweep: a table, figures, and a page to explore."""

from collections.abc import Sequence
from pathlib import Path

from untrained import figure, video
from untrained.figure import Series
from untrained.record.file import replacing
from untrained.record.name import CURVES, FILM, PANEL
from untrained.record.run import Record, records
from untrained.report.layout import Layout, layout, panels
from untrained.report.method import write_methods
from untrained.report.page.write import write_page
from untrained.report.place import PAGE, placed
from untrained.report.restored import write_restored
from untrained.report.seeds import write_means
from untrained.report.series import drawn
from untrained.report.table import write_table
from untrained.report.target import level_of, observed, of_one_target, view_of
from untrained.report.tile import tiles


def report(
    folders: Sequence[Path],
    out: Path,
    rows: str = "",
    columns: str = "",
    colour: str = "",
    film: bool = False,
) -> Path:
    """Gather the runs in some folders into `out`, and return the page.

    `results.csv` and `report.html` are always written. A picture is written where there is
    something to show:

    - `comparison.png` has the curves, `panel.jpg` the images.
    - Runs of several seeds have their means, in `seeds.png`, `seeds.csv` and `seeds/`.
    - Runs of several images have `restored/`, `images.csv` and `comparison.csv`.

    Args:
        folders: Folders with runs in them at any depth: sweeps, single runs, outputs as a whole.
        out: Where the report goes.
        rows: The word that makes the rows of the comparison; chosen from what was swept if empty.
        columns: The word that makes its columns, alike.
        colour: The word that makes its lines, alike.
        film: Whether to draw `curves.png` and `training.gif` of the runs side by side too.

    Raises:
        ValueError: If no run is found, a word does not differ between them, or `out` holds
            somebody's own file of such a name.
    """
    found = records(folders)
    chosen = layout(found, rows, columns, colour)
    with placed(out) as folder:
        write_all(folder, found, chosen, film, title=out.resolve().name)
    return out / PAGE


def write_all(out: Path, found: Sequence[Record], chosen: Layout, film: bool, title: str) -> None:
    """Write the files of a report of some runs into an empty folder."""
    write_table(out / "results.csv", found)
    draw_comparison(out / "comparison.png", found, chosen)
    shown = tiles(found)
    if shown:
        figure.save(figure.panel(shown), out / PANEL)
    runs = drawn(found)
    if film and runs:
        draw_film(out, found, runs)
    write_means(out, found)
    write_methods(out, found)
    write_restored(out, found)
    write_page(out / PAGE, found, title)


def draw_comparison(path: Path, found: Sequence[Record], chosen: Layout) -> None:
    """Draw `comparison.png`, if any run has a curve."""
    drawn = panels(found, chosen)
    if drawn and drawn[0]:
        over = ", ".join(chosen.over)
        note = f"mean and range over {over}" if over else ""
        figure.save(figure.comparison(drawn, note), path)


def draw_film(out: Path, found: Sequence[Record], runs: Sequence[Series]) -> None:
    """Draw `curves.png` and `training.gif` of the runs that share a target."""
    shown = of_one_target(found)
    level, name = level_of(shown[0]), view_of(shown[0])
    figure.save(figure.curves(runs, level, name), out / CURVES)
    with replacing(out / f"{FILM}.gif") as temporary:
        film = figure.film(runs, list(observed(shown)), level, name)
        video.write(temporary, film, "gif")
