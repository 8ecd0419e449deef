"""`table.png`: ours against the published number, a dot for each image."""

from collections.abc import Sequence
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from untrained.figure import page
from untrained.figure.page import FONT, GREY, GRID, INK, PALETTE, RULE
from untrained.reproduce.result import Line
from untrained.reproduce.table import Table

SIDE = 760  # of the axes, in pixels
LEFT, TOP, RIGHT, BOTTOM = 100, 70, 60, 90
SIZE = 20  # of the font


def drawing(table: Table, found: Sequence[Line]) -> Figure:
    """Draw the rows that can be compared; on the dashed line ours is what was published."""
    sheet = page.page(LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM)
    axes = page.axes(sheet, LEFT, TOP, SIDE, SIDE)
    shown = [each for each in found if each.difference is not None]
    values = [value for line in shown for value in line.compared]
    values += [line.row.published for line in shown if line.row.published is not None]
    low, high = min(values), max(values)
    margin = 0.08 * max(high - low, 1.0)
    bounds = (low - margin, high + margin)
    axes.plot(bounds, bounds, "--", color=GREY, linewidth=1.6, zorder=1)
    axes.set(xlim=bounds, ylim=bounds)
    for line in shown:
        draw_line(axes, line)
    dress(axes, table)
    return sheet


def draw_line(axes: Axes, line: Line) -> None:
    """Draw the dot of an image, with the range of its seeds and its name."""
    published, ours = line.row.published, fmean(line.compared)
    assert published is not None
    axes.vlines(published, min(line.compared), max(line.compared), color=PALETTE[0], linewidth=2.6)
    axes.plot([published], [ours], "o", color=PALETTE[0], markersize=11, markeredgecolor="white")
    is_right = published > fmean(axes.get_xlim())  # Its name has more room at the left.
    axes.annotate(
        line.row.image,
        (published, ours),
        xytext=(-9 if is_right else 9, -4),
        ha="right" if is_right else "left",
        textcoords="offset points",
        fontsize=0.7 * SIZE,
        color=INK,
        fontfamily=FONT,
    )


def dress(axes: Axes, table: Table) -> None:
    """Put words to the axes."""
    axes.set_title(table.title, loc="left", fontsize=0.9 * SIZE, fontfamily=FONT, color=INK)
    axes.set_xlabel("published, dB", fontsize=0.85 * SIZE, color=GREY, fontfamily=FONT)
    ours = f"ours, {table.compare}, dB"
    axes.set_ylabel(ours, fontsize=0.85 * SIZE, color=GREY, fontfamily=FONT)
    axes.tick_params(color=RULE, labelcolor=GREY, labelsize=0.8 * SIZE)
    axes.grid(color=GRID, linewidth=1.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set(color=RULE, linewidth=1.5)
