"""The curves: mean squared error and PSNR over the steps of a fit."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from untrained.figure import axis, label, page
from untrained.figure.label import Label, spoken_target
from untrained.figure.page import FONT, GREY, PALETTE
from untrained.figure.series import (
    Series,
    Values,
    best,
    coloured,
    is_known,
    main_column,
    until,
    values_of,
)
from untrained.record.curve import AGAINST_TARGET, AVERAGE, LAST, STEP, column, finite, spaced

WIDE, TALL = 1800, 680
LEFT, GAP, TOP, BOTTOM = 100, 96, 64, 84  # around and between the two axes
KEY = 60  # height of the line that explains the styles
SIZE = 23  # of the font
CROWD = 4  # runs, over which each has one curve only
STYLES: Mapping[str, tuple[str, dict[str, Any]]] = {
    LAST: ("against the clean image", {"linewidth": 2.8, "zorder": 4}),
    AVERAGE: (
        "moving average",
        {"linewidth": 2.4, "dashes": (4, 1.5), "alpha": 0.6, "zorder": 3},
    ),
    AGAINST_TARGET: (
        "against the {target}",
        {"linewidth": 2.6, "dashes": (1, 1.3), "alpha": 0.85, "zorder": 2},
    ),
}


def curves(runs: Sequence[Series], level: float | None, name: str | None = "Noisy") -> Figure:
    """Draw mean squared error and PSNR (dB) over the steps, one colour a run.

    A solid curve compares the reconstruction with the clean image, a dashed curve the average. A
    dotted curve compares what A makes of the reconstruction with the target. A dot marks the best
    step of a solid curve.
    The steps stand on a log axis with a place for step 0 at its left end. With more than four
    runs only the solid curves are drawn, or the dotted where no clean image is known. On a run that
    is drawn alone each stopping rule's pick is marked. A filled dot stands, an open one is the best
    so far.

    Args:
        runs: The fits.
        level: PSNR in dB of the target against the clean image, where that is known.
        name: What the target is called; None if it is no picture.

    Raises:
        ValueError: If there is no run.
    """
    if not runs:
        raise ValueError("runs must hold at least one fit, got none")
    level, alone, target = finite(level), len(runs) == 1, spoken_target(name)
    named = line_labels(runs[0], target) if alone else run_labels(runs)
    labels = [*named, *level_labels(level, target)]
    head = 0 if alone else KEY
    figure = page.page(WIDE, TALL + head)
    error, quality = side_by_side(figure, head, SIZE * label.margin(labels))
    draw(error, runs, "mse", None if level is None else 10 ** (-level / 10))
    draw(quality, runs, "psnr", level)
    axis.logarithmic(error)
    axis.dress(error, runs, "Mean squared error", SIZE)
    axis.dress(quality, runs, "PSNR, dB", SIZE)
    if alone:
        name_peak(quality, runs[0])
        mark_picks(quality, runs[0])
    else:
        key(figure, drawn_columns(runs), target)
    label.write(figure, quality, labels, SIZE)
    return figure


def side_by_side(figure: Figure, head: int, margin: float) -> tuple[Axes, Axes]:
    """Return two axes of one size, side by side.

    Args:
        figure: The page.
        head: Height of what stands above them, in pixels.
        margin: Width of the labels right of the second axes, in pixels.
    """
    width = (WIDE - LEFT - GAP - 20 - margin) / 2
    top, height = TOP + head, TALL - TOP - BOTTOM
    left_axes = page.axes(figure, LEFT, top, width, height)
    right_axes = page.axes(figure, LEFT + width + GAP, top, width, height)
    return left_axes, right_axes


def drawn_columns(runs: Sequence[Series]) -> list[str]:
    """Return the kinds of the curves that are drawn, in the order of the key."""
    if len(runs) > CROWD:
        return [main_column(runs)]
    return [name for name in STYLES if any(is_known(run, column("psnr", name)) for run in runs)]


def draw(axes: Axes, runs: Sequence[Series], metric: str, level: float | None) -> None:
    """Draw the curves of one metric, the best steps, and the level of the target.

    Args:
        axes: The axes.
        runs: The fits.
        metric: 'mse' or 'psnr'.
        level: The target's own value of that metric, where it is known.
    """
    # The first run lies on top.
    for run, colour in reversed(list(coloured(runs))):
        for name in drawn_columns(runs):
            steps, values = thinned(run, column(metric, name))
            axes.plot(steps, values, color=colour, **STYLES[name][1])
        peak = best(run)
        if peak is not None:
            steps, values = until(run, column(metric, LAST), peak[0])
            axis.dot(axes, steps[-1], values[-1], colour, 13)
    axis.level(axes, level)


def thinned(run: Series, name: str) -> tuple[Values, Values]:
    """Return the points of a curve that a logarithmic axis has room for, 2 % of a step apart.

    All of them would fill the right end with the jitter of the steps; none is averaged.
    """
    kept = spaced(run.curve[STEP], ratio=1.02)
    return np.asarray(run.curve[STEP], float)[kept], values_of(run, name)[kept]


def line_labels(run: Series, target: str) -> list[Label]:
    """Return the names of the curves of a run that is drawn alone."""
    headings = chain([run.name], repeat(""))
    return [
        Label(last(run, name), PALETTE[0], heading, words_of(name, target))
        for name, heading in zip(drawn_columns([run]), headings, strict=False)
    ]


def run_labels(runs: Sequence[Series]) -> list[Label]:
    """Return the name of each of several runs, at the end of its main curve, with its best step."""
    main = main_column(runs)
    return [
        Label(last(run, main), colour, run.name, best_step(run, "best "))
        for run, colour in coloured(runs)
        if is_known(run, column("psnr", main))
    ]


def level_labels(level: float | None, target: str) -> list[Label]:
    """Return the name of the level of the target, where it is known."""
    return [] if level is None else [Label(level, GREY, "", f"{target} {level:.1f} dB")]


def words_of(name: str, target: str) -> str:
    """Return what a curve is, in words."""
    return STYLES[name][0].format(target=target)


def last(run: Series, name: str) -> float:
    """Return the last known PSNR of a curve, in dB."""
    return float(until(run, column("psnr", name), np.inf)[1][-1])


def best_step(run: Series, start: str = "") -> str:
    """Return the best step in words, after their start; none where no clean image is known."""
    peak = best(run)
    return f"{start}{peak[1]:.1f} dB at step {peak[0]}" if peak else ""


def name_peak(axes: Axes, run: Series) -> None:
    """Write the best step over its dot, above every curve of the label's breadth."""
    peak = best(run)
    if peak is None:
        return
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.1 * (high - low))
    words, frame, to_pixels = best_step(run), axes.bbox, axes.transData
    half = SIZE * page.breadth(words) / 2
    x, y = to_pixels.transform(peak)
    centre = np.clip(x, frame.x0 + half, frame.x1 - half)
    columns = np.arange(centre - half - 10, centre + half + 10)
    top = max(y + 8, *(np.interp(columns, *pixels(line)).max() for line in axes.lines))
    places = [(centre, top + 0.75 * SIZE), (x, top + 0.35 * SIZE)]
    (place, base), (_, end) = to_pixels.inverted().transform(places)
    axes.vlines(peak[0], peak[1], end, color=GREY, linewidth=1.5, zorder=1)
    text = axes.text(place, base, words, ha="center", color=PALETTE[0])
    text.set(fontsize=SIZE, fontfamily=FONT)


def mark_picks(axes: Axes, run: Series) -> None:
    """Mark the step of each stopping rule on the curve of its image, its name at the bottom."""
    if not is_known(run, column("psnr", LAST)) or not run.picks:
        return
    size, places = 0.7 * SIZE, [pick.step for pick in run.picks.values()]
    bottom = axes.get_ylim()[0]
    wished = axes.transData.transform([(step, bottom) for step in places])[:, 0]
    room = axes.bbox.x1 - axes.bbox.x0
    middles = label.spread(wished - axes.bbox.x0, [1.25 * size] * len(places), room)
    for (rule, pick), middle in zip(run.picks.items(), middles, strict=True):
        kind = pick.kind if is_known(run, column("psnr", pick.kind)) else LAST
        value = float(np.interp(pick.step, *until(run, column("psnr", kind), np.inf)))
        axes.vlines(pick.step, bottom, value, color=GREY, linewidth=1, alpha=0.4, zorder=1.5)
        dot = axis.dot(axes, pick.step, value, PALETTE[0], 8)
        if not pick.detected:
            dot.set(markerfacecolor="white", markeredgecolor=PALETTE[0])
        text = axes.text(middle / room, 0.02, rule, transform=axes.transAxes, color=GREY)
        text.set(rotation=90, ha="center", va="bottom", fontsize=size, fontfamily=FONT)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})


def pixels(line: Line2D) -> Values:
    """Return the known points of a line in pixels of the page, `2 n`; far below if none is."""
    points = line.get_transform().transform(np.asarray(line.get_xydata()))
    known = points[np.isfinite(points).all(1)]
    return known.T if len(known) else np.array([[0.0], [-np.inf]])


def key(figure: Figure, names: Sequence[str], target: str) -> None:
    """Write above the axes what solid, dashed and dotted mean.

    Args:
        figure: The page.
        names: The kinds of the curves that are drawn, as in `STYLES`.
        target: What the target is called within a sentence.
    """
    left, base = float(LEFT), 46.0
    for name in names:
        words, style = words_of(name, target), STYLES[name][1]
        page.stroke(figure, [left, left + 56], [base - 0.33 * SIZE] * 2, color=GREY, **style)
        page.write(figure, left + 72, base, words, SIZE, color=GREY)
        left += 72 + SIZE * page.breadth(words) + 56
