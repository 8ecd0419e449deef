"""The pictures of runs side by side: clean, target, and of each method what it gave."""

from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from untrained.figure import Tile, caption
from untrained.figure.series import by_step
from untrained.record.curve import LAST, column
from untrained.record.name import RECONSTRUCTION
from untrained.record.run import Record
from untrained.report.difference import name, swept
from untrained.report.series import series_of
from untrained.report.target import is_readable, observed, of_one_target, picture

OVERFITTED = 1.0  # dB below the best; less is the jitter of the steps
MANY = 8  # runs, over which one of each method stands for it


def tiles(records: Sequence[Record]) -> list[Tile]:
    """Return the clean image, the target, and each method's, all of one target.

    Of many runs the first of each method is shown, all else at its first value: none
    is chosen by how good it is.
    """
    shown = of_one_target(records)
    if len(shown) > MANY:
        methods = {run.value("model") or run.folder.name: run for run in reversed(shown)}
        shown = [run for run in shown if run in methods.values()][:MANY]
    words = swept(shown) or swept(records)
    found = [tile for run in shown for tile in tiles_of(run, name(run, words))]
    return [*observed(shown), *found] if shown else []


def tiles_of(record: Record, title: str) -> list[Tile]:
    """Return the last image of a run, and before it the one at which to stop.

    That is what the run recommends, where a rule has chosen it, or where known pixels are put in
    place of the network's. Else it is the default stopping rule's; where no rule looked, and the
    run overfits, the best by the clean image, called so. To overfit is to end more than
    `OVERFITTED` dB below the best. Of a step the latest image that was kept until then is shown.
    """
    psnr = by_step(series_of(record), column("psnr", LAST))
    frames = {step: path for step, path in record.frames.items() if is_readable(path)}
    if not frames:
        return []
    last, result = max(frames), recommended(record, title)
    choice, why = (None, "") if result else chosen(record, frames, psnr)
    shown = {last: ""} if choice is None or choice == last else {choice: why, last: ""}
    ssim = by_step(series_of(record), column("ssim", LAST))
    return [*result] + [
        Tile(
            f"{title}, {why}step {step}",
            caption(psnr.get(step), ssim.get(step)),
            np.asarray(iio.imread(frames[step])),
        )
        for step, why in shown.items()
    ]


def recommended(record: Record, title: str) -> list[Tile]:
    """Return the image that a run recommends, if a rule has chosen it, or pixels are put in place.

    A rule's figures are those of the network's own image. So with known pixels in place the
    figures are those of `reconstruction` in the summary.
    """
    rule = record.value("stopping.choose")
    found, path = record.rules().get(rule), picture(record, RECONSTRUCTION)
    answer = record.summary.get("reconstruction") or {}
    if not path:
        return []
    if answer.get("merged"):
        words, seen = "known pixels in place", answer
    elif found:
        words, seen = f"{rule} step {found.get('step')}", found
    else:
        return []
    said = caption(seen.get("psnr"), seen.get("ssim"))
    return [Tile(f"{title}, {words}", said, np.asarray(iio.imread(path)))]


def chosen(
    record: Record, frames: dict[int, Path], psnr: dict[int, float]
) -> tuple[int | None, str]:
    """Return the step to show beside the last one, and whose choice it is."""
    rule, found = record.default_rule() or ("", {})
    if isinstance(step := found.get("step"), int):
        return max((each for each in frames if each <= step), default=min(frames)), f"{rule} "
    known = [step for step in frames if step in psnr]
    if not known or max(frames) not in psnr:
        return None, ""
    best = max(known, key=lambda step: (psnr[step], step))
    return (best, "best: ") if psnr[best] - psnr[max(frames)] > OVERFITTED else (None, "")
