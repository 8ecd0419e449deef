"""The pictures of runs side by side: clean, noisy, and of each method what it gave."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from untrained.figure import Series, Tile, caption
from untrained.figure.series import by_step
from untrained.report.record import Record, name, swept

OVERFITTED = 1.0  # dB below the best; less is the jitter of the steps
MANY = 8  # runs, over which one of each method stands for it


def tiles(records: Sequence[Record]) -> list[Tile]:
    """Give the clean image, the noisy one, and each method's, all of one target.

    Of many runs the first of each method is shown, all else at its first value: none
    is chosen by how good it is.
    """
    shown = of_one_target(records)
    if len(shown) > MANY:
        methods = {run.value("model") or run.folder.name: run for run in reversed(shown)}
        shown = [run for run in shown if run in methods.values()][:MANY]
    words = swept(shown)
    found = [tile for run in shown for tile in tiles_of(run, name(run, words))]
    return [*observed(shown[0]), *found] if shown else []


def of_one_target(records: Sequence[Record]) -> list[Record]:
    """Give the runs with images that were given the same target as the first of them."""
    whole = [run for run in records if run.frames and run.summary and picture(run, "target")]
    return [run for run in whole if run.target == whole[0].target]


def observed(record: Record) -> Iterator[Tile]:
    """Give the clean image, where it is known, and the noisy one."""
    if clean := picture(record, "clean"):
        yield Tile("Original", "", iio.imread(clean))
    if target := picture(record, "target"):
        psnr, ssim = (record.summary.get(metric, {}).get("target") for metric in ("psnr", "ssim"))
        yield Tile(view_of(record), caption(psnr, ssim), iio.imread(target))


def view_of(record: Record) -> str:
    """Return what the target of a run is called: 'Noisy', 'Masked', 'Low resolution'."""
    return str(record.summary.get("view") or "Noisy")


def picture(record: Record, name: str) -> Path | None:
    """Give a picture of a run, if it is there and can be read."""
    path = record.folder / f"{name}.png"
    return path if readable(path) else None


def readable(path: Path) -> bool:
    """Tell whether a file holds a picture."""
    try:
        iio.imread(path)
    except (OSError, ValueError, SyntaxError):  # The last is Pillow's word for a damaged PNG.
        return False
    return True


def tiles_of(record: Record, title: str) -> list[Tile]:
    """Give the last image of a run, and before it the one at which to stop.

    That is what the run recommends, where a rule has chosen it. Else it is the default stopping
    rule's; where no rule looked, and the run overfits, the best by the clean image, called so.
    To overfit is to end more than `OVERFITTED` dB below the best. Of a step the latest image that
    was kept until then is shown.
    """
    psnr = by_step(record.run, "psnr/last")
    frames = {step: path for step, path in record.frames.items() if readable(path)}
    if not frames:
        return []
    last, result = max(frames), recommended(record, title)
    choice, why = (None, "") if result else chosen(record, frames, psnr)
    shown = {last: ""} if choice is None or choice == last else {choice: why, last: ""}
    ssim = by_step(record.run, "ssim/last")
    return [*result] + [
        Tile(
            f"{title}, {why}step {step}",
            caption(psnr.get(step), ssim.get(step)),
            np.asarray(iio.imread(frames[step])),
        )
        for step, why in shown.items()
    ]


def recommended(record: Record, title: str) -> list[Tile]:
    """Give the image that a run recommends, if a rule has chosen it."""
    rule = record.value("stopping.choose")
    found, path = record.rules().get(rule), picture(record, "reconstruction")
    if not found or not path:
        return []
    said = caption(found.get("psnr"), found.get("ssim"))
    return [Tile(f"{title}, {rule} step {found.get('step')}", said, np.asarray(iio.imread(path)))]


def chosen(
    record: Record, frames: dict[int, Path], psnr: dict[int, float]
) -> tuple[int | None, str]:
    """Give the step to show beside the last one, and whose choice it is."""
    for rule, found in record.rules().items():
        if isinstance(step := found.get("step"), int):
            return max((each for each in frames if each <= step), default=min(frames)), f"{rule} "
    known = [step for step in frames if step in psnr]
    if not known or max(frames) not in psnr:
        return None, ""
    best = max(known, key=lambda step: (psnr[step], step))
    return (best, "best: ") if psnr[best] - psnr[max(frames)] > OVERFITTED else (None, "")


def drawn(records: Sequence[Record]) -> list[Series]:
    """Give the runs of one target that have images, each named by what it differs in."""
    shown = of_one_target(records)
    words = swept(shown)
    return [run.run._replace(name=name(run, words)) for run in shown]
