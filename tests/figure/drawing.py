"""Runs and pictures to draw, and what can be read off a figure."""

import itertools
import math

import imageio.v3 as imageio
import numpy as np
from matplotlib.text import Text

from untrained.figure import (
    Pick,
    Series,
    render,
)

STEPS = [0, 1, 2, 4, 8, 16, 100, 1000, 1336, 2000, 2999]

RISING_AND_FALLING = [9.0, 10, 11, 13, 15, 17, 24, 28, 28.4, 25, 23]

RISING = [8.0, 8.1, 9, 10, 11, 13, 20, 26, 26.5, 26.8, 26.9]


def picture(height=32, width=48, channels=3, seed=0):
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def curve_of(last, average=math.nan, steps=STEPS):
    columns = {"step": steps, "loss": [0.1] * len(steps)}
    target = np.linspace(8, 27, len(steps))
    for name, values in {"last": last, "average": average, "against_target": target}.items():
        psnr = np.broadcast_to(np.asarray(values, float), len(steps))
        columns |= {f"psnr/{name}": psnr, f"mse/{name}": 10 ** (-psnr / 10)}
    return columns


def run_of(name="DIP", last=RISING_AND_FALLING, frames=None, **columns):
    return Series(name, curve_of(last, **columns), frames or {})


def kept(folder, *steps, shape=(32, 48, 3)):
    """Keep an image of each step, as a run does."""
    folder.mkdir()
    paths = {step: folder / f"{step:08d}.png" for step in steps}
    for step, path in paths.items():
        imageio.imwrite(path, picture(*shape, seed=100 + step))
    return paths


def texts(figure):
    """Return the words that are drawn, without labels of ticks outside of the view."""
    unseen = {
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    return [text for text in found if text not in unseen]


def words(figure):
    return " | ".join(text.get_text() for text in texts(figure))


def overlapping(figure):
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    pairs = itertools.combinations(boxes, 2)
    return [(a, b) for (a, one), (b, two) in pairs if one.overlaps(two)]


def crossing(figure, word):
    """Name the curves that pass through a label."""
    figure.draw_without_rendering()
    box = next(text for text in texts(figure) if word in text.get_text()).get_window_extent()
    across = np.linspace(box.x0, box.x1, 200)
    curves_drawn = [
        line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) > 2
    ]
    points = [line.get_transform().transform(line.get_xydata()).T for line in curves_drawn]
    heights = [np.interp(across, *line, left=-1, right=-1) for line in points]
    return [line for line in heights if ((line > box.y0) & (line < box.y1)).any()]


def shows(page, image):
    """Tell whether a page holds an image, pixel for pixel."""
    height, width = image.shape[:2]
    colours = np.broadcast_to(image.reshape(height, width, -1), (height, width, 3))
    inner = page[: len(page) - height + 1, : page.shape[1] - width + 1]
    starts = np.argwhere((inner == colours[0, 0]).all(-1))
    return any((page[y : y + height, x : x + width] == colours).all() for y, x in starts)


def displayed(figure, axes):
    """Return the pixels of a page that lie under axes."""
    page = render(figure)
    left, bottom, right, top = (round(edge) for edge in axes.bbox.extents)
    return page[len(page) - top : len(page) - bottom, left:right]


def size(figure):
    return tuple(int(length) for length in figure.bbox.size)


def watched_run(last=RISING_AND_FALLING, average=29.0):
    curve = curve_of(last, average)
    high = np.linspace(0, 0.3, len(STEPS))
    for name, values in {
        "wmv": [math.nan] * 6 + [1e-2, 1e-4, 2e-5, 3e-5, 4e-5],
        "whiteness": np.linspace(0.1, 0.01, len(STEPS)),
        "bands": 1 - high,
        **{f"bands/{band}": high * (6 - band) / 2 for band in range(1, 6)},
        "sure": [math.nan] * len(STEPS),
    }.items():
        curve[f"stopping/{name}"] = values
    picks = {"wmv": Pick(1336, True), "whiteness": Pick(1400, True)}
    return Series("", curve, {}, picks | {"bands": Pick(2999, False), "sure": Pick(0, False)})
