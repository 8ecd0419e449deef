"""The comparison: PSNR over the steps of many fits, in a grid of panels."""

from collections.abc import Iterator, Sequence
from itertools import chain, cycle
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from untrained.figure import axis, label, page
from untrained.figure.page import GREY, INK, PALETTE
from untrained.figure.series import Series, Values
from untrained.record.curve import STEP

LIMIT = 1800  # across a page
WIDEST = 900  # across a panel
TALL = 430  # height of a panel's axes
LEFT, GAP, TOP, BOTTOM = 84, 34, 56, 92  # around a panel's axes
KEY = 62  # height of a line of the key
SIZE = 21  # of the font
LINES = {"-": 2.8, "_": 1.6}  # width of a sign of the key that is a line; others are markers

Key = tuple[str, str, str]
"""Sign, colour and words of a line of the key."""
Place = tuple[float, str, str, str]
"""Where it begins, and the same."""


class Band(NamedTuple):
    """One line of a panel: the mean of some fits, and their range.

    Args:
        name: Words for it, may be empty.
        steps: The steps.
        mean: The mean at each step.
        low: The lowest, alike.
        high: The highest, alike.
        peaks: Step and PSNR of the best step of each fit.
        stops: Step and PSNR at which the default stopping rule would have ended each.
        fits: How many there are.
    """

    name: str
    steps: Values
    mean: Values
    low: Values
    high: Values
    peaks: Sequence[tuple[float, float]] = ()
    stops: Sequence[tuple[float, float]] = ()
    fits: int = 1


class Panel(NamedTuple):
    """Axes of their own.

    Args:
        title: Words above it.
        bands: Its lines, the same number in every panel, each of one colour throughout.
        level: PSNR in dB of the target against the clean image, where both are known.
        target: What the target is called; None if it is no picture.
    """

    title: str
    bands: Sequence[Band]
    level: float | None
    target: str | None = "Noisy"


def comparison(panels: Sequence[Sequence[Panel]], note: str = "") -> Figure:
    """Draw rows of panels, all with the same axes: PSNR in dB over the steps.

    The curves are those of the reconstructions. A dot marks the best step of each fit. A triangle
    marks the image of the default stopping rule, which may be an average. The grey line is the
    target.

    Args:
        panels: The rows.
        note: A line under the key, that says what the range is over.

    Raises:
        ValueError: If there is no panel.
    """
    if not panels or not panels[0]:
        raise ValueError("panels must hold at least one row of at least one, got none")
    columns, every = len(panels[0]), list(chain.from_iterable(panels))
    width = min(WIDEST, (LIMIT - LEFT - GAP * columns) / columns)
    across = LEFT + columns * (width + GAP)
    lines = wrapped(keys(every), across)
    head = KEY * len(lines) + (KEY // 2 if note else 0)
    row_height = TOP + TALL + BOTTOM
    figure = page.page(round(across), head + row_height * len(panels))
    draw_keys(figure, lines)
    page.write(figure, LEFT, head - 12, note, 0.9 * SIZE, color=GREY)
    bounds = limits(every)
    for index, panel in enumerate(every):
        down, right = divmod(index, columns)
        box = LEFT + right * (width + GAP), head + down * row_height + TOP, width, TALL
        draw(page.axes(figure, *box), panel, bounds, bare=right > 0)
    return figure


def limits(panels: Sequence[Panel]) -> tuple[float, float, float]:
    """Return the last step, and the lowest and highest PSNR that all panels show."""
    levels = [panel.level for panel in panels if panel.level is not None]
    lows, highs, steps = list(levels), list(levels), []
    for band in chain.from_iterable(panel.bands for panel in panels):
        if len(band.steps):
            lows.append(float(band.low.min()))
            highs += [float(band.high.max()), *(psnr for _, psnr in band.stops)]
            steps.append(float(band.steps[-1]))
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    height = (high - low) or 1.0
    return max(steps, default=1.0), low, high + 0.06 * height


def draw(axes: Axes, panel: Panel, bounds: tuple[float, float, float], bare: bool) -> None:
    """Draw one panel; `bare` has no numbers at its left.

    Args:
        axes: The axes of the panel.
        panel: What it shows.
        bounds: The last step, and the lowest and the highest PSNR in dB of all panels.
        bare: Whether there are no numbers at its left.
    """
    last, low, high = bounds
    for band, colour in zip(panel.bands, cycle(PALETTE)):
        if len(band.steps):
            draw_band(axes, band, colour)
    axis.level(axes, panel.level)
    frame = Series("", {STEP: [last]}, {})
    axis.dress(axes, [frame], panel.title, SIZE)
    axes.set_ylim(low, high)
    if bare:
        axes.tick_params(axis="y", labelleft=False)
    else:
        axes.set_ylabel("PSNR, dB", fontsize=0.9 * SIZE, color=GREY, fontfamily=page.FONT)


def draw_band(axes: Axes, band: Band, colour: str) -> None:
    """Draw one line of a panel, its range, and its marks."""
    if band.fits > 1:
        axes.fill_between(band.steps, band.low, band.high, color=colour, alpha=0.18, lw=0)
    axes.plot(band.steps, band.mean, color=colour, linewidth=2.6, zorder=3)
    for step, value in band.peaks:
        axis.dot(axes, step, value, colour, 10)
    for step, value in band.stops:
        # An average has a higher PSNR than the curve, which is that of the reconstructions.
        curve = float(np.interp(step, band.steps, band.mean))
        axes.vlines(step, curve, value, color=colour, linewidth=1, alpha=0.5)
        axis.dot(axes, step, value, colour, 12).set_marker("v")


def keys(panels: Sequence[Panel]) -> list[Key]:
    """Return the entries of the key: the lines, the marks on them, and the level of the target."""
    bands = list(chain.from_iterable(panel.bands for panel in panels))
    names = dict.fromkeys(band.name for band in bands)
    lines = [("-", colour, name) for name, colour in zip(names, cycle(PALETTE)) if name]
    return [*lines, *keys_of_marks(bands), *keys_of_levels(panels)]


def keys_of_marks(bands: Sequence[Band]) -> Iterator[Key]:
    """Yield the entries of the marks that any of the lines has."""
    if any(band.peaks for band in bands):
        yield "o", GREY, "best step"
    if any(band.stops for band in bands):
        yield "v", GREY, "stopping rule's image"


def keys_of_levels(panels: Sequence[Panel]) -> Iterator[Key]:
    """Yield the entry of the line at the level of the target, if a panel has one."""
    targets = {label.spoken_target(panel.target) for panel in panels if panel.level is not None}
    if len(targets) > 1:
        yield "_", GREY, "target"
    elif any(targets):
        yield "_", GREY, targets.pop()


def wrapped(entries: Sequence[Key], across: float) -> list[list[Place]]:
    """Place the key in as many lines as it needs."""
    lines: list[list[Place]] = [[]]
    left = float(LEFT)
    for sign, colour, words in entries:
        breadth = 60 + SIZE * page.breadth(words) + 44
        if left + breadth > across and lines[-1]:
            lines.append([])
            left = float(LEFT)
        lines[-1].append((left, sign, colour, words))
        left += breadth
    return lines


def draw_keys(figure: Figure, lines: Sequence[Sequence[Place]]) -> None:
    """Draw the key above the panels."""
    for index, entries in enumerate(lines):
        base = KEY * index + 44.0
        middle = base - 0.33 * SIZE
        for left, sign, colour, words in entries:
            if sign in LINES:
                style = {"color": colour, "linewidth": LINES[sign]}
                page.stroke(figure, [left, left + 46], [middle] * 2, **style)
            else:
                style = {"marker": sign, "markersize": 11, "linewidth": 0, "color": colour}
                page.stroke(figure, [left + 23], [middle], **style)
            page.write(figure, left + 60, base, words, SIZE, color=INK)
