"""Several runs of one target side by side, drawn from what their folders hold."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imageio.v3 as iio

from untrained import figure, video
from untrained.file import replacing

OVERFITTED = 1.0  # dB below the best; less is the jitter of the steps


def compare(folder: Path, runs: Mapping[str, Path]) -> None:
    """Draw `panel.png`, `curves.png` and `training.gif` of several runs into `folder`.

    Args:
        folder: Where the pictures go.
        runs: The folder of each finished run, by the name it is to have.

    Raises:
        ValueError: If the runs were not given the same target.
    """
    summaries = [summary_of(path) for path in runs.values()]
    if len({summary["target_sha256"] for summary in summaries}) > 1:
        raise ValueError(f"runs in {folder} were not given the same target")
    first = next(iter(runs.values()))
    clean = iio.imread(first / "clean.png") if (first / "clean.png").exists() else None
    target = iio.imread(first / "target.png")
    known = summaries[0]
    noisy = known["psnr"]["target"]
    drawn = [figure.Run(name, columns_of(path), frames_of(path)) for name, path in runs.items()]
    tiles = [] if clean is None else [figure.Tile("Original", "", clean)]
    tiles.append(figure.Tile("Noisy", caption(noisy, known["ssim"]["target"]), target))
    tiles += [tile for run in drawn for tile in tiles_of(run)]
    with replacing(folder / "panel.png") as temporary:
        figure.save(figure.panel(tiles), temporary)
    with replacing(folder / "curves.png") as temporary:
        figure.save(figure.curves(drawn, noisy), temporary)
    with replacing(folder / "training.gif") as temporary:
        video.write(temporary, figure.film(drawn, target, clean, noisy), "gif")


def tiles_of(run: figure.Run) -> list[figure.Tile]:
    """Give the last image of a run, and before it, where it overfits, the best that it has kept.

    To overfit is to end more than `OVERFITTED` below the best. The best is the oracle's choice
    among the images that were kept, by the PSNR against the clean one.
    """
    psnr = column(run, "psnr/last")
    ssim = column(run, "ssim/last")
    last = max(run.frames)
    best = max(run.frames, key=lambda step: (psnr.get(step, 0.0), step))
    overfits = bool(psnr) and psnr[best] - psnr[last] > OVERFITTED
    return [
        figure.Tile(
            f"{run.name}, step {step}",
            caption(psnr.get(step), ssim.get(step)),
            iio.imread(run.frames[step]),
        )
        for step in ([best, last] if overfits else [last])
    ]


def column(run: figure.Run, name: str) -> dict[int, float]:
    """Give one column of a run's curve by step; empty where it is not known."""
    steps = (int(step) for step in run.curve["step"])
    return dict(zip(steps, run.curve[name], strict=True)) if name in run.curve else {}


def caption(psnr: float | None, ssim: float | None) -> str:
    """Give PSNR and SSIM as one reads them, or nothing where they are not known."""
    return "" if psnr is None else f"{psnr:.2f} dB · SSIM {ssim:.3f}"


def summary_of(folder: Path) -> Any:  # noqa: ANN401 - json
    """Read `summary.json`."""
    return json.loads((folder / "summary.json").read_text())


def columns_of(folder: Path) -> dict[str, list[float]]:
    """Read the columns of `metrics.csv`."""
    with (folder / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def frames_of(folder: Path) -> dict[int, Path]:
    """Give the images that a run has kept, by step."""
    return {int(path.stem): path for path in sorted((folder / "frames").glob("[0-9]*.png"))}
