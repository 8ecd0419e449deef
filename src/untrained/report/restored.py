"""The pictures that a sweep over pictures has restored, side by side, each by its own name."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from untrained.record.name import RECONSTRUCTION
from untrained.record.run import Record

RESTORED = "restored"
"""The folder of them in a sweep's folder."""
WORDS = ("target.path", "image.path")


def write_restored(out: Path, found: Sequence[Record]) -> None:
    """Copy what each run recommends to `restored/`, where the runs are of several pictures.

    A copy has the name of the picture: `beach.jpg` becomes `restored/beach.png`. Where several runs
    restored one picture, the name of the run's folder follows. Of a run that wrote its result in
    the depth of a TIFF or of an array too, it is this one that is copied.
    """
    word = next((each for each in WORDS if len({run.value(each) for run in found}) > 1), None)
    if word is None:
        return
    # Not as it was typed: a name with a space is in quotes there.
    stems = [Path(str(run.config.get(word) or run.value(word))).stem for run in found]
    count = Counter(stems)
    for run, stem in zip(found, stems, strict=True):
        results = sorted(run.folder.glob(f"{Path(RECONSTRUCTION).stem}.*"))
        if not results:
            continue
        deepest = min(results, key=lambda path: path.name == RECONSTRUCTION)
        name = stem if count[stem] == 1 else f"{stem}, {run.folder.name}"
        (out / RESTORED).mkdir(exist_ok=True)
        shutil.copyfile(deepest, out / RESTORED / f"{name}{deepest.suffix}")
