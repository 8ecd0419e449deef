"""The images of single steps, which the film and the report show."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

from untrained.record.file import path_in
from untrained.record.name import FRAMES


def is_log_spaced(step: int) -> bool:
    """Whether `step` is 0 or a rounded power of 2^(1/4): four steps an octave.

    Example:
        >>> [step for step in range(24) if is_log_spaced(step)]
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23]
    """
    return step == 0 or step == round(2 ** (round(4 * math.log2(step)) / 4))


def is_power_of_4(step: int) -> bool:
    """Whether `step` is 0 or a power of 4: one step in two octaves.

    Example:
        >>> [step for step in range(300) if is_power_of_4(step)]
        [0, 1, 4, 16, 64, 256]
    """
    return step == 0 or (step.bit_count() == 1 and step.bit_length() % 2 == 1)


def frame_path(folder: Path, step: int) -> Path:
    """Return where the image of a step stands in a run's folder."""
    return folder / FRAMES / f"{step:08d}.jpg"


def frames_of(folder: Path) -> dict[int, Path]:
    """Return the images that a run has kept in its folder, by step."""
    found = sorted(path_in(folder, FRAMES).glob("[0-9]*.*"))  # PNG in one of an older version.
    return {int(path.stem): path for path in found if path.stem.isdigit()}


def latest_frame(frames: Iterable[int], step: int) -> int:
    """Return the last of the steps that have an image until `step`; else the first of them."""
    kept = sorted(frames)
    return kept[max(bisect_right(kept, step) - 1, 0)]


def remove_frames(folder: Path, begins: int) -> None:
    """Remove the images of the steps from `begins` on, which are to be done anew."""
    for step, path in frames_of(folder).items():
        if step >= begins:
            path.unlink()
