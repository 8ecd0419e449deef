"""The pictures of runs side by side: clean, target, and of each method what it gave."""

from collections.abc import Sequence
from pathlib import Path

from untrained.figure import Tile, caption
from untrained.figure.series import by_step
from untrained.image import viewed
from untrained.record.curve import LAST, column
from untrained.record.frame import latest_frame
from untrained.record.name import RECONSTRUCTION
from untrained.record.run import Record
from untrained.report.difference import run_name, swept
from untrained.report.series import series_of
from untrained.report.target import is_readable, observed, of_one_target, picture_path

OVERFITTED = 1.0  # dB below the best; less is the jitter of the steps
MANY = 8  # runs, over which one of each method stands for it


def tiles(records: Sequence[Record]) -> list[Tile]:
    """Return the clean image, the target, and each method's, all of one target.

    With many runs the first of each method is shown, all else at its first value. No run is chosen
    by how good it is.
    """
    shown = of_one_target(records)
    if len(shown) > MANY:
        shown = first_of_each_method(shown)[:MANY]
    words = swept(shown) or swept(records)
    found = list(observed(shown))
    for run in shown:
        found += tiles_of(run, run_name(run, words))
    return found


def first_of_each_method(records: Sequence[Record]) -> list[Record]:
    """Return the first run of each method."""
    first: dict[str, Record] = {}
    for record in records:
        first.setdefault(record.value("model") or record.folder.name, record)
    return list(first.values())


def tiles_of(record: Record, title: str) -> list[Tile]:
    """Return the last image of a run, and before it the one at which to stop.

    The image at which to stop is the one that the run recommends, if `recommended` has one. Else
    the default stopping rule chooses the step. Where no rule looked and the run overfits, the step
    is the best by the clean image, and is called so. A run overfits if it ends more than
    `OVERFITTED` dB below its best. For a step the latest image that was kept until then is shown.
    """
    psnr = by_step(series_of(record), column("psnr", LAST))
    frames = {step: path for step, path in record.frames.items() if is_readable(path)}
    if not frames:
        return []
    found = recommended(record, title)
    shown = {} if found else chosen(record, frames, psnr)
    ssim = by_step(series_of(record), column("ssim", LAST))
    for step, why in (shown | {max(frames): ""}).items():
        said = caption(psnr.get(step), ssim.get(step))
        image = viewed(frames[step])
        found.append(Tile(f"{title}, {why}step {step}", said, image))
    return found


def recommended(record: Record, title: str) -> list[Tile]:
    """Return the image that a run recommends, if a rule has chosen it, or pixels are put in place.

    A rule's figures are those of the network's own image. So with what is known in place,
    and where the image is refined, the figures are those of `reconstruction` in the summary.
    """
    path = picture_path(record, RECONSTRUCTION)
    rule = record.value("stopping.choose")
    seen = record.rules().get(rule, {})
    words = f"{rule} step {seen.get('step')}"
    answer = record.figures("reconstruction")
    if answer.get("refined") and seen:
        seen, words = answer, f"{words}, refined"
    if answer.get("merged"):
        seen = answer
        words = "known values in place"
    if path is None or not seen:
        return []
    said = caption(seen.get("psnr"), seen.get("ssim"))
    return [Tile(f"{title}, {words}", said, viewed(path))]


def chosen(record: Record, frames: dict[int, Path], psnr: dict[int, float]) -> dict[int, str]:
    """Return the step to show beside the last one, if any, with the words whose choice it is.

    Args:
        record: The run.
        frames: The pictures of its steps that can be read.
        psnr: The PSNR in dB of each step of its curve.
    """
    rule, found = record.default_rule()
    step = found.get("step")
    if isinstance(step, int):
        return {latest_frame(frames, step): f"{rule} "}
    last = max(frames)
    if last not in psnr:
        return {}
    best = max(frames.keys() & psnr.keys(), key=lambda step: (psnr[step], step))
    return {best: "best: "} if psnr[best] - psnr[last] > OVERFITTED else {}
