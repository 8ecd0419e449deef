"""`python -m untrained.report outputs/a_sweep outputs/another_one`."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from untrained.console import steady_output
from untrained.record.name import HYDRA
from untrained.report import report


def main() -> None:
    """Gather the runs in the folders that are typed."""
    parser = argparse.ArgumentParser(
        prog="python -m untrained.report",
        description="Gather runs into results.csv, comparison.png, panel.jpg and report.html.",
    )
    parser.add_argument("folders", nargs="+", type=Path, help="sweeps, runs, or folders of them")
    parser.add_argument(
        "--out",
        type=Path,
        help="folder of the report; by default the first folder, or report/ in a run's folder",
    )
    for option in ("rows", "columns", "colour"):
        helped = f"the setting that makes the {option} of comparison.png; chosen by default"
        parser.add_argument(f"--{option}", default="", metavar="SETTING", help=helped)
    parser.add_argument("--film", action="store_true", help="also curves.png and training.gif")
    typed = parser.parse_args()
    out = typed.out or place_of(typed.folders[0])
    try:
        page = report(typed.folders, out, typed.rows, typed.columns, typed.colour, typed.film)
    except OSError as error:
        place, reason = error.filename or out, error.strerror or error
        sys.exit(f"{place}: {reason}; --out FOLDER writes the report elsewhere")
    except ValueError as error:
        sys.exit(str(error))
    with steady_output():
        sys.stdout.write(f"{page}\n")


def place_of(first: Path) -> Path:
    """Return the folder of the report: the first one that was typed; a run has pictures itself."""
    return first / "report" if (first / HYDRA).exists() else first


def end(number: int, frame: FrameType | None) -> None:
    """End the process, with what is half done of the report removed."""
    sys.stderr.write("interrupted\n")
    sys.exit(128 + number)


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    main()
