"""Several runs of one target side by side, drawn from what their folders hold."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np

from untrained import figure, video
from untrained.file import replacing


def compare(folder: Path, runs: Mapping[str, Path]) -> None:
    """Draw `panel.png`, `curves.png` and `training.gif` of several runs into `folder`.

    Args:
        folder: Where the pictures go.
        runs: The folder of each finished run, by the name it is to have.

    Raises:
        ValueError: If the runs were not given the same target.
    """
    summaries = {name: summary_of(path) for name, path in runs.items()}
    if len({summary["target_sha256"] for summary in summaries.values()}) > 1:
        raise ValueError(f"runs in {folder} were not given the same target")
    first = next(iter(runs.values()))
    clean = iio.imread(first / "clean.png") if (first / "clean.png").exists() else None
    target = iio.imread(first / "target.png")
    noisy = next(iter(summaries.values()))["psnr"]["target"]
    drawn = [figure.Run(name, columns_of(path), frames_of(path)) for name, path in runs.items()]
    with replacing(folder / "panel.png") as temporary:
        figure.save(figure.panel(tiles_of(runs, summaries, clean, target)), temporary)
    with replacing(folder / "curves.png") as temporary:
        figure.save(figure.curves(drawn, noisy), temporary)
    with replacing(folder / "training.gif") as temporary:
        video.write(temporary, figure.film(drawn, target, clean, noisy), "gif")


def tiles_of(
    runs: Mapping[str, Path],
    summaries: Mapping[str, Any],
    clean: np.ndarray | None,
    target: np.ndarray,
) -> Sequence[figure.Tile]:
    """Give the original, the noisy image, and what each run recommends."""
    known = {"target": next(iter(summaries.values()))}
    tiles = [] if clean is None else [figure.Tile("Original", "", clean)]
    tiles.append(figure.Tile("Noisy", caption(known["target"], "target"), target))
    for name, path in runs.items():
        summary = summaries[name]
        key = "last" if summary["psnr"]["average"] is None else "average"
        picture = iio.imread(path / "reconstruction.png")
        tiles.append(figure.Tile(name, caption(summary, key), picture))
    return tiles


def caption(summary: Mapping[str, Any], key: str) -> str:
    """Give PSNR and SSIM as one reads them, or nothing where they are not known."""
    psnr, ssim = summary["psnr"][key], summary["ssim"][key]
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
