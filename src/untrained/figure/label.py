"""Labels right of the axes, each at the end of its curve and none over another."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from untrained.figure import page
from untrained.figure.series import Values

INDENT = 1.8  # from the axes to the words, in multiples of the font's size
SPACING = 1.25  # from line to line, alike
LONGEST = 32  # letters of a heading


class Label(NamedTuple):
    """Words at the end of a curve.

    Args:
        value: The curve's last value.
        colour: The curve's colour.
        heading: A bold line, may be empty.
        detail: A line under it, may be empty.
    """

    value: float
    colour: str
    heading: str
    detail: str


def spoken_target(name: str | None) -> str:
    """Return what a target is called within a sentence.

    Args:
        name: What it is called where it is drawn; None if it is no picture.

    Example:
        >>> spoken_target("Noisy"), spoken_target("Low resolution"), spoken_target(None)
        ('noisy image', 'low resolution image', 'target')
    """
    return "target" if name is None else f"{name.lower()} image"


def height(label: Label) -> float:
    """Return the height of a label with the space around it, in multiples of the font's size."""
    return SPACING * (bool(label.heading) + bool(label.detail)) + 0.3


def margin(labels: Sequence[Label]) -> float:
    """Return the breadth that labels need right of the axes, in multiples of the font's size."""
    return INDENT + max(map(breadth, labels)) if labels else 0.0


def breadth(label: Label) -> float:
    """Return the breadth of the words of a label, in multiples of the font's size."""
    return max(page.breadth(shortened(label.heading), "bold"), page.breadth(label.detail))


def shortened(words: str) -> str:
    """Return words, cut where they would leave no room for the curves."""
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def write(figure: Figure, axes: Axes, labels: Sequence[Label], size: float) -> None:
    """Write labels right of the axes, each as near to its curve's end as the others allow."""
    right, (_, tall) = axes.bbox.x1, page.extent(figure)
    ends = [tall - axes.transData.transform((1, label.value))[1] for label in labels]
    middles = spread(ends, [size * height(label) for label in labels], tall)
    for label, end, middle in zip(labels, ends, middles, strict=True):
        base = middle - size * height(label) / 2 + 1.1 * size
        for words, weight in ((shortened(label.heading), "bold"), (label.detail, "normal")):
            if words:
                left = right + INDENT * size
                page.write(figure, left, base, words, size, color=label.colour, weight=weight)
                base += SPACING * size
        across = (right + size * np.array([0.35, 0.6, 1.2, 1.45])).tolist()
        down = [end, end, middle, middle]
        page.stroke(figure, across, down, color=label.colour, linewidth=size / 16, alpha=0.7)


def spread(wished: Sequence[float], heights: Sequence[float], room: float = math.inf) -> Values:
    """Move labels apart by as little as can be (least squares), keeping their order.

    Args:
        wished: Middle of each label.
        heights: Height of each label.
        room: Height of the page, which holds them all.

    Returns:
        The middles, so that no two labels overlap.

    Example:
        >>> spread([10, 12, 50], [4, 4, 4]).tolist()
        [9.0, 13.0, 50.0]
    """
    order = np.argsort(wished, kind="stable")
    tall = np.asarray(heights, float)[order]
    offset = np.cumsum(tall) - tall / 2
    # A label's place, less the heights of the labels before it, may not fall from one to the next.
    level = isotonic_regression(np.asarray(wished, float)[order] - offset).x
    middles = np.empty(len(tall))
    middles[order] = np.clip(level, 0, max(0.0, room - tall.sum())) + offset
    return middles
