"""The entry of one run in the page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from untrained.record.curve import STEP, spaced
from untrained.record.file import path_in
from untrained.record.name import BASELINES, CLEAN, NETWORK, RECONSTRUCTION, TARGET
from untrained.record.run import Record, numbers, overfitting
from untrained.report.difference import run_name
from untrained.report.page.album import Album
from untrained.report.page.command import command, typed_words
from untrained.report.target import view_of


def entry(record: Record, words: Sequence[str], album: Album, every: int) -> dict[str, Any]:
    """Return what the page shows of one run.

    Args:
        record: The run.
        words: The words that were swept.
        album: The pictures of the page, to which those of the run are added.
        every: Each so-many-th picture of a step is kept, and the last.
    """
    steps = sorted(record.frames)
    kept = sorted({*steps[::every], *steps[-1:]})
    numbered = [(step, album.add(record.frames[step])) for step in kept]
    frames = [frame for frame in numbered if frame[1] is not None]
    target = album.add(path_in(record.folder, TARGET), still=True)
    clean = album.add(path_in(record.folder, CLEAN), still=True)
    return {
        "name": run_name(record, words),
        "folder": str(record.folder),
        "status": record.status,
        "halted": record.halted,
        "error": record.error,
        "notes": [*record.notes, *missing(record, len(kept) - len(frames), target, clean)],
        "values": {word: record.value(word) for word in words},
        "psnr": record.figures("psnr"),
        "ssim": record.figures("ssim"),
        "drop": overfitting(record),
        "seconds": numbers(record).get("seconds"),
        "rules": record.rules(),
        "baselines": baselines(record, album),
        "curve": rounded_curve(record.curve),
        "frames": frames,
        "target": target,
        "clean": clean,
        "view": view_of(record),
        "composite": composite(record, album),
        "command": command(typed_words(record)),
        "machine": record.result.get("machine", {}),
        "versions": record.summary.get("versions", {}),
    }


def missing(record: Record, lost: int, target: int | None, clean: int | None) -> Iterator[str]:
    """Yield what the page cannot show of a run, in words.

    Args:
        record: The run.
        lost: How many images of steps cannot be read.
        target: The number of the picture of the target; None where there is none.
        clean: The number of the clean image; None where there is none.
    """
    if lost:
        yield f"{lost} images cannot be read"
    if target is None:
        has_view = record.summary.get("view", "") is not None
        yield "no picture of the target" if has_view else "the target is not a picture"
    if clean is None:
        yield "the clean image is unknown: no PSNR, no SSIM"


def composite(record: Record, album: Album) -> dict[str, Any] | None:
    """Return the result and the network's own image; None where the result is that image."""
    network = album.add(record.folder / NETWORK, still=True)
    result = album.add(record.folder / RECONSTRUCTION, still=True)
    if network is None or result is None:
        return None
    answer = record.figures("reconstruction")
    figures = {name: answer.get(name) for name in ("step", "psnr", "ssim")}
    what = "refined" if answer.get("refined") else "known values in place"
    return {"result": result, "network": network, "what": what, **figures}


def baselines(record: Record, album: Album) -> dict[str, dict[str, Any]]:
    """Return what each baseline made of the target of a run: its figures and its image."""
    found = {}
    for name, figures in record.baselines().items():
        picture = album.add(record.folder / BASELINES / f"{name}.png", still=True)
        found[name] = {**figures, "image": picture}
    return found


def rounded_curve(curve: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return the points of curves that a logarithmic axis has room for, 1 % of a step apart."""
    kept = spaced(curve[STEP], ratio=1.01)
    rounded = {name: [float(f"{values[i]:.5g}") for i in kept] for name, values in curve.items()}
    return rounded | {STEP: [int(curve[STEP][i]) for i in kept]}
