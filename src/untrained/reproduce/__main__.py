"""`python -m untrained.reproduce dip-denoising --images F16,peppers --data folder --seeds 0,1`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from untrained.check import whole
from untrained.command.complaint import one_line_errors
from untrained.command.sweep import spoken_time
from untrained.console import steady_output
from untrained.reproduce import fits, folder
from untrained.reproduce.picture import check_pictures, pictures_of, size_of
from untrained.reproduce.table import Row, Table, chosen, names, read_table


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        raise ValueError(f"{message}; python -m untrained.reproduce --help")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what is typed."""
    with steady_output(), one_line_errors():
        typed = parser().parse_intermixed_args(arguments)
        if typed.list or not typed.table:
            say(listing())
            return
        table = read_table(typed.table)
        rows = chosen(table, typed.images)
        if typed.data is None:
            raise ValueError(f"--data is missing: the folder of the pictures, from {table.source}")
        if typed.score:
            from untrained.reproduce.score import scored  # Late: it imports PyTorch.

            say(scored(table, rows, typed.data))
            return
        out = (typed.out or Path("outputs", "reproduce", table.name)).expanduser()
        sys.exit(reproduced(table, rows, seeds_of(typed.seeds), typed.words, typed.data, out))


def parser() -> Parser:
    """Return what reads the command line."""
    found = Parser(
        prog="python -m untrained.reproduce",
        description="Fit the images of a published table and compare the results with it. "
        "The same command continues what was interrupted.",
    )
    found.add_argument("table", nargs="?", help="name of the table; --list shows all")
    found.add_argument("words", nargs="*", help="settings of train.py for all fits: steps=100, ...")
    found.add_argument("--list", action="store_true", help="show the tables with their images")
    found.add_argument(
        "--images", default="", metavar="A,B", help="only these images; by default all"
    )
    found.add_argument("--data", type=Path, help="folder of the authors' pictures")
    found.add_argument(
        "--seeds", default="0", metavar="0,1", help="seeds of the weights; default 0"
    )
    found.add_argument("--out", type=Path, help="default outputs/reproduce/<table>")
    scores = "measure the authors' result pictures in --data, without a fit"
    found.add_argument("--score", action="store_true", help=scores)
    return found


def listing() -> list[str]:
    """Return a few lines for each table."""
    said = []
    for table in map(read_table, names()):
        means = ", ".join(f"{mean:.2f} dB ({name})" for name, mean in table.means.items())
        rows = list(table.images.values())
        seconds = sum(fits.seconds_foreseen(table, row, row.size, []) for row in rows)
        said += [
            f"{table.name}: {table.title}",
            f"  published mean: {means or 'none'}",
            f"  images: {', '.join(table.images)}",
            f"  pictures: {table.source}",
            f"  time: about {spoken_time(seconds)} for one seed of all images on two CPU cores",
        ]
    return said


def seeds_of(typed: str) -> list[int]:
    """Return the seeds that were typed, each once.

    Raises:
        ValueError: If one is no seed.
    """
    try:
        found = [int(each) for each in typed.split(",")]
    except ValueError:
        raise ValueError(f"--seeds must be whole numbers with commas, got {typed!r}") from None
    return list(dict.fromkeys(whole("--seeds", each, least=0) for each in found))


def reproduced(
    table: Table,
    rows: Sequence[Row],
    seeds: Sequence[int],
    words: Sequence[str],
    data: Path,
    out: Path,
) -> int:
    """Fit the rows of a table, write its files, and return the exit code of the sweep."""
    fits.check_words(table, words)
    check_pictures(table, rows, data)
    kept = fits.words_of_fits(words)
    folder.check_folder(out, table.name, kept)
    say_time(table, rows, len(seeds), words, data)
    with folder.begun(out, table.name, kept):
        fits.write_options(table, rows, data, out)
        code = fits.run(fits.command(table, rows, seeds, words, out))
    if (out / folder.FITS).exists():
        write_table(table, kept, out)
    return code


def say_time(
    table: Table, rows: Sequence[Row], seeds: int, words: Sequence[str], data: Path
) -> None:
    """Say how long all fits take, before they begin."""
    seconds = 0.0
    for row in rows:
        size = size_of(pictures_of(table, row, data)["image.path"])
        seconds += seeds * fits.seconds_foreseen(table, row, size, words)
    count = len(rows) * seeds
    fits_of = f"{count} fits" if count > 1 else "1 fit"
    sys.stderr.write(
        f"{table.name}: {fits_of}, in all about {spoken_time(seconds)} on two CPU cores with "
        "the table's network; the same command continues it\n"
    )


def write_table(table: Table, words: Sequence[str], out: Path) -> None:
    """Write the files of a table, and say where they are."""
    from untrained.reproduce.result import lines  # Late: it imports PyTorch.
    from untrained.reproduce.writing import markdown, write_files

    found = lines(table, out, words)
    if not found:
        sys.stderr.write(f"{out}: no fit of {table.name} has finished yet\n")
        return
    write_files(out, table, found, words)
    folder.write_mark(out, table.name, words)
    say([*markdown(table, found, words), "", str(out / folder.MARKDOWN)])


def say(said: Sequence[str]) -> None:
    """Write lines to standard output."""
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    main()
