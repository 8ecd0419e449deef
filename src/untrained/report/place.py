"""Write a report to its folder. It replaces the files of an earlier report, and no others."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from untrained.record.file import sha256

PAGE = Path("report.html")
# The page ends with a comment that lists the other files of the report by their SHA-256.
START, END = b"\n<!-- the files of this report: ", b" -->\n"

Files = dict[str, list[str]]


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """Lend an empty folder, and move its files to `out` once the body has ended well.

    A file there that no report lists, or that was changed since, is somebody's own.

    Raises:
        OSError: If nothing can be written there.
        ValueError: If a file of the report has the name of one that is somebody's own.
    """
    is_new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        made = TemporaryDirectory(prefix=".report-", dir=out)
    except OSError as error:  # It names a folder that nobody has heard of.
        raise OSError(error.errno, error.strerror, str(out)) from None
    try:
        with made as temporary:
            yield Path(temporary)
            move(Path(temporary), out)
    except BaseException:
        if is_new:
            with suppress(OSError):  # Something else is in it by now.
                out.rmdir()
        raise


def move(folder: Path, out: Path) -> None:
    """Move a report to another folder, and remove what only the report before it had there."""
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    old = left_by_report(out)
    for path in paths:
        if os.path.lexists(out / path) and path not in old:
            raise ValueError(
                f"{out / path} was edited or is your own: move it away, or name another "
                "folder for the report (python -m untrained.report ... --out FOLDER)"
            )
    old.pop(PAGE, None)
    new = {path: sha256(folder / path) for path in paths if path != PAGE}
    with (folder / PAGE).open("ab") as page:
        page.write(START + listing(old, new) + END)
    # The page goes first. It lists the old files too, should this be killed before the last.
    for path in [PAGE, *new]:
        (out / path).parent.mkdir(exist_ok=True)
        (folder / path).replace(out / path)
    for path in old.keys() - new.keys():
        (out / path).unlink()
        with suppress(OSError):  # It holds other files: those of the user, or the page.
            (out / path.parent).rmdir()


def listing(*reports: dict[Path, str]) -> bytes:
    """Return the files of some reports as JSON that may stand in a comment."""
    files: Files = {}
    for report in reports:
        for path, digest in report.items():
            files.setdefault(path.as_posix(), []).append(digest)
    return json.dumps(files).replace(">", "\\u003e").encode()


def left_by_report(out: Path) -> dict[Path, str]:
    """Return the files that a report left in a folder, as they are still, with their SHA-256.

    The page is one of them, without a SHA-256.
    """
    try:
        files: Files = json.loads((out / PAGE).read_bytes().rpartition(START)[2].removesuffix(END))
    except (OSError, ValueError):
        return {}
    found = {PAGE: ""}
    for name, digests in files.items():
        path = Path(name)
        if (out / path).is_file() and sha256(out / path) in digests:
            found[path] = sha256(out / path)
    return found
