"""The pictures that a sweep over pictures has restored, side by side, each by its own name."""

import math
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from untrained.record.file import file_name
from untrained.record.name import RECONSTRUCTION
from untrained.record.run import Record

RESTORED = "restored"
"""The folder of them in a sweep's folder."""
WORDS = ("target.path", "image.path")


def write_restored(out: Path, found: Sequence[Record]) -> None:
    """Copy what each run recommends to `restored/`, where the runs are of the user's pictures.

    A copy has the name of the picture: `beach.jpg` becomes `restored/beach.png`. Beside a
    `beach.tif` it becomes `beach.jpg.png`. Where several runs restored one picture, or pictures of
    one name from several folders, the name of the run's folder follows. A run may have written its
    result as a TIFF or as an array too, in its whole depth. Then that file is copied.
    """
    word = next((each for each in WORDS if is_of_pictures(found, each)), None)
    if word is None:
        return
    # Not as it was typed: a name with a space is in quotes there.
    pictures = [Path(str(run.config.get(word) or run.value(word))) for run in found]
    runs_of = Counter(pictures)
    stems = Counter(picture.stem for picture in runs_of)
    names = Counter(picture.name for picture in runs_of)
    for run, picture in zip(found, pictures, strict=True):
        name = picture.stem if stems[picture.stem] == 1 else picture.name
        if runs_of[picture] > 1 or names[picture.name] > 1:
            name = f"{name}, {run.folder.name}"
        copy_result(run.folder, out / RESTORED, file_name(name))


def is_of_pictures(found: Sequence[Record], word: str) -> bool:
    """Whether runs are of several pictures, or of a sweep for which a picture was typed.

    A folder may hold one picture alone.
    """
    is_typed = all(word in run.words and math.isfinite(run.number) for run in found)
    # A run that failed before it began tells no picture.
    pictures = {run.value(word) for run in found} - {"", None}
    return is_typed or len(pictures) > 1


def copy_result(run: Path, out: Path, name: str) -> None:
    """Copy the result of a run, if it has one, under another name."""
    results = sorted(run.glob(f"{Path(RECONSTRUCTION).stem}.*"))
    if not results:
        return
    deepest = min(results, key=lambda path: path.name == RECONSTRUCTION)
    out.mkdir(exist_ok=True)
    shutil.copyfile(deepest, out / f"{name}{deepest.suffix}")
