"""A run as a figure shows it: its curve, its best step and its colour."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from untrained.figure.page import PALETTE
from untrained.record.curve import AGAINST_TARGET, AVERAGE, LAST, STEP, best_point, column

Values = NDArray[np.float64]


class Pick(NamedTuple):
    """The pick of a stopping rule.

    Args:
        step: The step.
        detected: Whether the pick stands; else it is the best so far.
        kind: The curve that its image is of, 'average' or 'last'.
    """

    step: int
    detected: bool
    kind: str = AVERAGE


class Series(NamedTuple):
    """One fit, as its folder keeps it.

    Args:
        name: Words for it, may be empty where it is the only one.
        curve: The columns of `metrics.csv`; nan where a value is not known.
        frames: The picture of the reconstruction at a step.
        picks: What each stopping rule picked.
    """

    name: str
    curve: Mapping[str, Sequence[float]]
    frames: Mapping[int, Path]
    picks: Mapping[str, Pick] = MappingProxyType({})


def values_of(run: Series, name: str) -> Values:
    """Return one column of a curve, nan where it is not known or not finite."""
    values = np.asarray(run.curve.get(name, [np.nan] * len(run.curve[STEP])), float)
    return np.where(np.isfinite(values), values, np.nan)


def until(run: Series, name: str, step: float) -> tuple[Values, Values]:
    """Return the steps up to `step` at which a column is known, and its values."""
    steps, values = np.asarray(run.curve[STEP], float), values_of(run, name)
    shown = np.isfinite(values) & (steps <= step)
    return steps[shown], values[shown]


def by_step(run: Series, name: str) -> dict[int, float]:
    """Return the known values of a column by step; empty where there is none."""
    steps, values = until(run, name, np.inf)
    return dict(zip(steps.astype(int).tolist(), values.tolist(), strict=True))


def is_known(run: Series, name: str) -> bool:
    """Whether a column of a curve has any value."""
    return bool(np.isfinite(values_of(run, name)).any())


def best(run: Series) -> tuple[int, float] | None:
    """Return the step of the best PSNR against the clean image and that PSNR in dB, if known."""
    return best_point(run.curve, column("psnr", LAST))


def main_column(runs: Sequence[Series]) -> str:
    """Return which curve stands for runs: `last` where a clean image is known of any of them."""
    is_measured = any(is_known(run, column("psnr", LAST)) for run in runs)
    return LAST if is_measured else AGAINST_TARGET


def coloured(runs: Sequence[Series]) -> Iterator[tuple[Series, str]]:
    """Yield each run with its colour, by its place."""
    yield from zip(runs, cycle(PALETTE))
