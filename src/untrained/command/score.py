"""The score of a run, for a sweep that searches."""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf


def score(config: DictConfig, folder: Path) -> float | None:
    """Give the number of a run that the word `score` names; None where it is null.

    It is a number of `summary.json` (`psnr.last`), one of the last row of `metrics.csv`
    (`psnr/against_target`), or `discrepancy`, which needs no clean image:

        |255 sqrt(mean((x - y)^2)) - sigma|

    of the last reconstruction x, the target y and `noise.sigma` (0-255 scale): how far the residual
    is from the noise (Morozov 1966). A run that fits too little has a larger
    residual, one that overfits a smaller one. It says nothing between two runs whose
    residuals are alike, and the clipping of the noisy image makes both a little smaller than sigma.

    Returns:
        The number; nan for a run that failed or has no such number.
    """
    if config.score is None:
        return None
    try:
        found = numbers(config, folder)
    except (OSError, ValueError, IndexError):
        return math.nan
    return found.get(str(config.score), math.nan)


def numbers(config: DictConfig, folder: Path) -> dict[str, float]:
    """Give every number of a run by its name."""
    with (folder / "metrics.csv").open(newline="") as file:
        last = {name: float(value) for name, value in list(csv.DictReader(file))[-1].items()}
    found = dict(flat(json.loads((folder / "summary.json").read_text()))) | last
    sigma = OmegaConf.select(config, "noise.sigma")
    if sigma is not None:
        found["discrepancy"] = abs(255 * math.sqrt(last["mse/against_target"]) - sigma)
    return found


def flat(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Give the numbers of a tree, each by its path of words and dots."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}.")
        elif isinstance(value, int | float):
            yield f"{path}{key}", value
