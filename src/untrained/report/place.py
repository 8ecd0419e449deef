"""Write a report to its folder. It replaces the files of an earlier report, and no others."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from untrained.record.file import sha256

PAGE = Path("report.html")
# The page ends with a comment that lists the files of the report by their SHA-256. That of the page
# itself is of what stands before the comment.
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
    # The page goes first. It lists the old files too, should this be killed before the last. And
    # where the page was edited, it lists nothing: the message must name the page.
    paths.sort(key=lambda path: path != PAGE)
    old = left_by_report(out)
    for path in paths:
        if os.path.lexists(out / path) and path not in old:
            raise ValueError(
                f"{out / path} was edited or is your own: move it away, or name another "
                "folder for the report (python -m untrained.report ... --out FOLDER)"
            )
    new = {path: sha256(folder / path) for path in paths}
    with (folder / PAGE).open("ab") as page:
        page.write(START + listing(old, new) + END)
    for path in new:
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

    The page of an older version does not list itself, and is taken for unchanged.
    """
    try:
        page, _, listed = (out / PAGE).read_bytes().rpartition(START)
        files: Files = json.loads(listed.removesuffix(END))
    except (OSError, ValueError):
        return {}
    here = {PAGE: hashlib.sha256(page).hexdigest()}
    files.setdefault(PAGE.as_posix(), [here[PAGE]])
    for path in map(Path, files):
        if path != PAGE and (out / path).is_file():
            here[path] = sha256(out / path)
    return {path: digest for path, digest in here.items() if digest in files[path.as_posix()]}
