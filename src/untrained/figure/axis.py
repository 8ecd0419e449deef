"""The look of axes over the steps of a fit."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from untrained.figure.page import FONT, GREY, GRID, INK, RULE
from untrained.figure.series import Series
from untrained.record.curve import STEP

PLAIN = FuncFormatter(lambda value, _: f"{value:g}")  # 0.01 and 1000, as they are spoken


def dress(axes: Axes, runs: Sequence[Series], words: str, size: float) -> None:
    """Put words above the axes and the steps below, and take away what is not needed.

    Args:
        axes: The axes, with all of their curves.
        runs: The fits that are drawn; their last step ends the axis.
        words: What stands above the axes.
        size: Size of the font, in pixels.
    """
    over_steps(axes, max([1.0, *(step for run in runs for step in run.curve[STEP])]))
    if axes.get_yscale() == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    axes.set_title(words, loc="left", fontsize=size, fontfamily=FONT, color=INK, pad=0.7 * size)
    axes.set_xlabel("optimisation step", fontsize=0.9 * size, color=GREY, fontfamily=FONT)
    axes.tick_params(which="both", color=RULE, labelcolor=GREY, labelsize=0.85 * size, width=1.5)
    axes.tick_params(axis="x", which="major", length=0.35 * size, pad=0.25 * size)
    axes.tick_params(axis="x", which="minor", length=0.2 * size)
    axes.tick_params(axis="y", length=0, pad=0.4 * size)
    axes.grid(axis="y", color=GRID, linewidth=1.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set(color=RULE, linewidth=1.5)


def over_steps(axes: Axes, last: float) -> None:
    """Count the steps on a log axis that keeps a place for step 0: linear from 0 to 1."""
    axes.set_xscale("symlog", linthresh=1, linscale=0.35)
    axes.set_xlim(0, last)
    decades = 10.0 ** np.arange(np.floor(np.log10(last)) + 1)
    between = np.outer(decades, np.arange(2, 10)).ravel()
    axes.xaxis.set_major_locator(FixedLocator([0.0, *decades.tolist()]))
    axes.xaxis.set_minor_locator(FixedLocator(between[between <= last].tolist()))
    axes.xaxis.set_major_formatter(PLAIN)


def logarithmic(axes: Axes) -> None:
    """Put the values on a log axis, with few numbers on it."""
    axes.set_yscale("log", nonpositive="mask")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PLAIN)


def dot(axes: Axes, step: float, value: float, colour: str, size: float) -> Line2D:
    """Mark one step of a curve.

    Args:
        axes: The axes.
        step: The step.
        value: The value there, in the units of the axes.
        colour: Colour of the dot.
        size: Diameter of the dot, in pixels.
    """
    line = axes.plot([step], [value], "o", color=colour, clip_on=False, zorder=6)[0]
    line.set(markersize=size, markeredgecolor="white", markeredgewidth=2)
    return line


def level(axes: Axes, value: float | None) -> None:
    """Draw the level of the target, where it is known."""
    if value is not None:
        axes.axhline(value, color=GREY, linewidth=1.6, zorder=1)
