"""Draw the statistics of the stopping rules over the steps, their picks, and the bands."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from untrained.figure import axis, label, page
from untrained.figure.curve import thinned
from untrained.figure.label import Label
from untrained.figure.page import GREY, PALETTE
from untrained.figure.series import Pick, Series, is_known, until, values_of
from untrained.record.curve import AVERAGE, LAST, STEP, column, parts_of, rule_column

COLUMNS = 3  # panels in a row, at most
WIDE, TALL = 560, 400  # of a panel, with its words
LEFT, RIGHT, TOP, BOTTOM = 84, 20, 56, 72  # around the axes of a panel
KEY = 52  # height of the line that explains the curves
SIZE = 20  # of the font
BEHIND: dict[str, Any] = {"color": PALETTE[0], "linewidth": 5, "alpha": 0.22}  # of the PSNR


def stopping(run: Series) -> Figure | None:
    """Draw the statistic of each rule over the steps, one panel a rule, and its pick.

    The PSNR against the clean image, where known, lies faintly behind, on a scale of its own. A
    filled dot is a pick that stands, an open one the best so far. None where no rule was attached.
    """
    if not run.picks:
        return None
    rows = ceil(len(run.picks) / COLUMNS)
    across = ceil(len(run.picks) / rows)  # Four are two rows of two.
    figure = page.page(across * WIDE, KEY + rows * TALL)
    for index, (rule, pick) in enumerate(run.picks.items()):
        row, place = divmod(index, across)
        size = WIDE - LEFT - RIGHT, TALL - TOP - BOTTOM
        box = place * WIDE + LEFT, KEY + row * TALL + TOP, *size
        behind(page.axes(figure, *box), run)
        draw(page.axes(figure, *box), run, rule, pick)
    key(figure, is_known(run, column("psnr", kind(run))))
    return figure


def kind(run: Series) -> str:
    """Return the kind of image that the rules' picks are of: the average where there is one."""
    return AVERAGE if is_known(run, column("psnr", AVERAGE)) else LAST


def draw(axes: Axes, run: Series, rule: str, pick: Pick) -> None:
    """Draw the statistic of one rule, and its pick."""
    axes.patch.set_visible(False)
    steps, values = thinned(run, rule_column(rule))
    axes.plot(steps, values, color=PALETTE[1], linewidth=2.2, zorder=4)
    known = values[np.isfinite(values)]
    if len(known) and known.min() > 0 and known.max() > 3 * known.min():
        axis.logarithmic(axes)
    axis.dress(axes, [run], f"{rule} · {words(pick)}", SIZE)
    if axes.get_yscale() == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(5))
    steps, values = until(run, rule_column(rule), np.inf)
    if len(steps):
        mark(axes, pick, float(np.interp(pick.step, steps, values)), PALETTE[1])


def behind(axes: Axes, run: Series) -> None:
    """Draw the PSNR, on a scale that nobody reads."""
    axes.axis("off")
    axes.plot(*thinned(run, column("psnr", kind(run))), **BEHIND)
    axis.over_steps(axes, max([1.0, *run.curve[STEP]]))


def mark(axes: Axes, pick: Pick, value: float, colour: str) -> None:
    """Mark a pick on a curve: filled if it stands, open if it is the best so far.

    Args:
        axes: The axes of the curve.
        pick: The pick.
        value: The value of the curve at the step of the pick.
        colour: Colour of the curve.
    """
    axes.axvline(pick.step, color=GREY, linewidth=1.3, zorder=2)
    dot = axis.dot(axes, pick.step, value, colour, 11)
    if not pick.detected:
        dot.set(markerfacecolor="white", markeredgecolor=colour)


def words(pick: Pick) -> str:
    """Return what a pick is."""
    return f"step {pick.step}" if pick.detected else f"step {pick.step} so far"


def key(figure: Figure, known: bool) -> None:
    """Write above the panels what the two curves are."""
    lines = {"statistic of the rule": {"color": PALETTE[1], "linewidth": 2.2}}
    if known:
        lines["PSNR, on its own scale"] = BEHIND
    left, base = float(LEFT), 38.0
    for line, style in lines.items():
        page.stroke(figure, [left, left + 48], [base - 0.33 * SIZE] * 2, **style)
        page.write(figure, left + 62, base, line, SIZE, color=GREY)
        left += 62 + SIZE * page.breadth(line) + 48


def bands(run: Series) -> Figure | None:
    """Draw the frequency-band correspondence of each band over the steps, and the pick.

    Dark is low, light is high. None where the rule `bands` was not attached.
    """
    names = parts_of(run.curve, "bands")
    if not names:
        return None
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.8, len(names)))
    colours = [to_hex(shade) for shade in shades]
    labels = [
        Label(float(values_of(run, name)[-1]), colour, "", f"band {index + 1}{end(index, names)}")
        for index, (name, colour) in enumerate(zip(names, colours, strict=True))
    ]
    width = 1100 - LEFT - SIZE * label.margin(labels) - RIGHT
    figure = page.page(1100, 560)
    axes = page.axes(figure, LEFT, TOP, width, 560 - TOP - BOTTOM)
    for name, colour in zip(names, colours, strict=True):
        axes.plot(*thinned(run, name), color=colour, linewidth=2.6, zorder=4)
    axes.set_ylim(0, 1.02)
    axis.dress(axes, [run], "How much of each band of frequencies is fitted", SIZE)
    axes.set_yticks(np.linspace(0, 1, 6))
    pick, steps_and_values = run.picks.get("bands"), until(run, names[-1], np.inf)
    # A target without fine detail, a grey wall, has nothing in its highest band.
    if pick and len(steps_and_values[0]):
        mark(axes, pick, float(np.interp(pick.step, *steps_and_values)), colours[-1])
    label.write(figure, axes, labels, SIZE)
    return figure


def end(index: int, names: Sequence[str]) -> str:
    """Return which of the bands is the lowest and which the highest."""
    return {0: ", lowest", len(names) - 1: ", highest"}.get(index, "")
