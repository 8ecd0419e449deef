"""The panel: pictures side by side, and the same detail of each."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from untrained.figure import page
from untrained.figure.page import Pixels, Size

LIMIT = 1800  # pixels across
TALLEST = 640
MARGIN, GAP = 24, 16
ZOOM = 4


class Tile(NamedTuple):
    """One picture of a panel.

    Args:
        title: Words above it.
        caption: Words below it, may be empty.
        image: `h w` or `h w 3`, uint8.
    """

    title: str
    caption: str
    image: Pixels


def panel(tiles: Sequence[Tile]) -> Figure:
    """Draw pictures in a row, each over a detail of it that is the same for all.

    More than five are wrapped to rows of equal length. The detail is a quarter of the picture each
    way, where the first one changes most; its frame is drawn on every picture.

    Raises:
        ValueError: If there is no tile.
    """
    if not tiles:
        raise ValueError("tiles must hold at least one picture, got none")
    tiles = [Tile(title, caption, np.asarray(image)) for title, caption, image in tiles]
    columns = math.ceil(len(tiles) / math.ceil(len(tiles) / 5))
    room = (LIMIT - 2 * MARGIN - (columns - 1) * GAP) / columns
    width, height = page.scaled(tiles[0].image, min(room, TALLEST), TALLEST)
    across = 2 * MARGIN + columns * width + (columns - 1) * GAP
    title, caption = sizes(tiles, width, across)
    tall = round(2.1 * title) + 2 * height + GAP // 2 + round(2.6 * caption)
    figure = page.page(across, tall * math.ceil(len(tiles) / columns) + MARGIN // 2)
    region = detail(tiles[0].image)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        left, top = MARGIN + column * (width + GAP), row * tall
        page.write(figure, left, top + 1.5 * title, tile.title, title)
        base = top + tall - 1.1 * caption
        page.write(figure, left, base, tile.caption, caption, color=page.GREY)
        draw(figure, tile.image, (width, height), (left, top + round(2.1 * title)), region)
    return figure


def sizes(tiles: Sequence[Tile], width: int, across: int) -> tuple[float, float]:
    """Give the font sizes of titles and captions: readable on the page, and no wider than a tile."""
    title = max(18.0, across / 62)
    widest = [max(page.breadth(words) for words in column) for column in list(zip(*tiles, strict=True))[:2]]
    return tuple(min(size, width / (broad or 1)) for size, broad in zip((title, 0.86 * title), widest, strict=True))


def draw(
    figure: Figure,
    image: Pixels,
    size: Size,
    corner: Size,
    region: tuple[float, float],
) -> None:
    """Draw one picture with the frame of its detail, and the detail under it."""
    left, top = corner
    (width, height), (down, across) = size, image.shape[:2]
    picture = page.show(figure, page.resized(image, size), left, top)
    x, y = region[0] * across, region[1] * down
    box = (x, y, x + across / ZOOM, y + down / ZOOM)
    page.show(figure, page.resized(image, size, box), left, top + height + GAP // 2)
    for colour, line in (("black", 4), ("white", 2)):
        frame = (region[0] * width - 0.5, region[1] * height - 0.5), width / ZOOM, height / ZOOM
        picture.axes.add_patch(Rectangle(*frame, fill=False, edgecolor=colour, linewidth=line))


def detail(image: Pixels) -> tuple[float, float]:
    """Find the quarter (each way) of greatest detail: left and top, as shares of width and height.

    Detail is the mean absolute gradient of a copy shrunk to 64 pixels, which noise hardly moves.
    """
    down, across = image.shape[:2]
    shape = (max(ZOOM, round(64 * across / max(down, across))), max(ZOOM, round(64 * down / max(down, across))))
    grey = np.asarray(
        Image.fromarray(page.resized(image, (across, down))).convert("L").resize(shape, Image.Resampling.BOX), float
    )
    change = sum(np.abs(slope) for slope in np.gradient(grey))
    views = np.lib.stride_tricks.sliding_window_view(change, [side // ZOOM for side in grey.shape])
    top, left = np.unravel_index(views.mean((2, 3)).argmax(), views.shape[:2])
    # Whole pixels of the picture, so that the detail shows no half ones at its edge.
    return int(left / grey.shape[1] * across) / across, int(top / grey.shape[0] * down) / down
