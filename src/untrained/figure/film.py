"""The film: the images of the runs beside the clean image and the target, over growing curves."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, repeat
from pathlib import Path
from typing import Any, cast

import imageio.v3 as imageio
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text

from untrained.figure import axis, curve, label, page
from untrained.figure.grid import MARGIN, Tile, arrange, write_words
from untrained.figure.page import INK, PALETTE, Pixels
from untrained.figure.series import Series, coloured, main_column, until
from untrained.image import viewed
from untrained.record.curve import LAST, column, finite
from untrained.record.frame import latest_frame

LIMIT = 1400  # across a frame
LARGEST = 300  # side of a picture
LONGEST = 24  # frames, over which every second one is drawn
PLOT = 230  # height of the axes


def film(
    runs: Sequence[Series], still: Sequence[Tile], level: float | None, name: str | None = "Noisy"
) -> Iterator[Pixels]:
    """Yield a frame for each step of which any run has kept an image, in order.

    Where these are more than 24, it is each second one, counted from the last.

    A frame shows what stands still (the clean image, the target) and each run's latest image up to
    that step. Below stands the PSNR up to that step, against the clean image, or against the target
    where no clean image is known.

    Args:
        runs: The fits.
        still: The pictures that stand still.
        level: PSNR in dB of the target against the clean image, where that is known.
        name: What the target is called; None if it is no picture.

    Returns:
        Frames, `h w 3`, uint8, of one size, of even height and width as video wants it.

    Raises:
        ValueError: If there is no run, or one without an image.
    """
    if not runs or not all(run.frames for run in runs):
        counts = [len(run.frames) for run in runs]
        raise ValueError(f"runs must hold fits with at least one image each, got {counts} images")
    stage = Stage(runs, still, finite(level), name)
    steps = sorted(set().union(*(run.frames for run in runs)))
    if len(steps) > LONGEST:
        steps = steps[::-2][::-1]
    return map(stage.at, steps)


class Stage:
    """A page whose fixed part is drawn once, so that a frame costs only what moves.

    Args:
        runs: The fits.
        still: The pictures that stand still.
        level: PSNR in dB of the target against the clean image, where that is known.
        name: What the target is called; None if it is no picture.
    """

    def __init__(
        self, runs: Sequence[Series], still: Sequence[Tile], level: float | None, name: str | None
    ) -> None:
        self.runs, self.column = runs, column("psnr", main_column(runs))
        self.target, is_known = label.spoken_target(name), self.column == column("psnr", LAST)
        self.reference = "clean image" if is_known else self.target
        self.unit = "dB" if is_known else f"dB against {self.target.removesuffix(' image')}"
        tiles = [*still, *self.moving_tiles(still)]
        self.grid = arrange(tiles, LIMIT, LARGEST, details=False)
        self.size = max(15, self.grid.across / 72)
        down = self.grid.down(len(tiles)) + round(PLOT + 6.5 * self.size)
        self.figure = page.page(even(self.grid.across), even(down))
        self.canvas = cast(Any, FigureCanvasAgg(self.figure))  # its methods carry no types
        self.show(tiles)
        self.plot(level)
        self.moving = [*self.pictures, *self.captions, *self.lines, *self.dots, self.counter]
        for artist in self.moving:
            artist.set_animated(True)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

    def moving_tiles(self, still: Sequence[Tile]) -> list[Tile]:
        """Return the places of the runs' images, their captions as long as they can be."""
        shape = still[0].image.shape if still else imageio.imread(self.first_frame()).shape
        empty = np.full(shape, 255, np.uint8)
        longest = f"00.00 {self.unit}"
        return [Tile(run.name or "Reconstruction", longest, empty) for run in self.runs]

    def first_frame(self) -> Path:
        """Return the first image that the first run has kept."""
        frames = self.runs[0].frames
        return frames[min(frames)]

    def show(self, tiles: Sequence[Tile]) -> None:
        """Show the images above the curves, and keep what changes of the runs'."""
        still = len(tiles) - len(self.runs)
        colours = chain(repeat(INK, still), cycle(PALETTE))
        captions: list[Text] = []
        pictures: list[AxesImage] = []
        for index, (tile, colour) in enumerate(zip(tiles, colours, strict=False)):
            captions.append(write_words(self.figure, self.grid, index, tile, colour))
            image = page.resized(tile.image, (self.grid.width, self.grid.height))
            pictures.append(page.show(self.figure, image, *self.grid.corner(index)))
        self.captions, self.pictures = captions[still:], pictures[still:]

    def plot(self, level: float | None) -> None:
        """Draw the axes with the whole curves, faint, and add what will grow and move."""
        size, (across, down) = self.size, page.extent(self.figure)
        names = [each._replace(detail="") for each in curve.run_labels(self.runs) if each.heading]
        labels = [*names, *curve.level_labels(level, self.target)]
        left, top = MARGIN + 2.5 * size, down - PLOT - 4 * size
        axes = page.axes(
            self.figure, left, top, across - left - MARGIN - size * label.margin(labels), PLOT
        )
        self.lines: list[Line2D] = []
        self.dots: list[Line2D] = []
        for run, colour in coloured(self.runs):
            whole = until(run, self.column, math.inf)
            axes.plot(*whole, color=colour, linewidth=1.5, alpha=0.3)
            self.lines += axes.plot([], [], color=colour, linewidth=2.5)
            self.dots.append(axis.dot(axes, 0, math.nan, colour, 11))
        axis.level(axes, level)
        axis.dress(axes, self.runs, "", size)
        label.write(self.figure, axes, labels, size)
        base, words = top - 1.2 * size, f"PSNR against the {self.reference}, dB"
        page.write(self.figure, MARGIN, base, words, size)
        self.counter = page.write(self.figure, across - MARGIN, base, "", 1.1 * size)
        self.counter.set(horizontalalignment="right", fontweight="bold")

    def at(self, step: int) -> Pixels:
        """Draw the frame of one step."""
        self.counter.set_text(f"step {step}")
        places = zip(self.runs, self.pictures, self.captions, self.lines, self.dots, strict=True)
        for run, picture, caption, line, dot in places:
            image = viewed(run.frames[latest_frame(run.frames, step)])
            picture.set_data(page.resized(image, (self.grid.width, self.grid.height)))
            steps, values = until(run, self.column, step)
            caption.set_text(f"{values[-1]:.2f} {self.unit}" if len(values) else "")
            line.set_data(steps, values)
            dot.set_data(steps[-1:], values[-1:])
        self.canvas.restore_region(self.background)
        for artist in self.moving:
            self.figure.draw_artist(artist)
        return np.array(self.canvas.buffer_rgba())[..., :3]


def even(length: int) -> int:
    """Round up to an even number."""
    return length + length % 2
