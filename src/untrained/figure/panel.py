"""The panel: pictures side by side, and the same detail of each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from untrained.figure import page
from untrained.figure.grid import GAP, MARGIN, Grid, Tile, arrange, write_words
from untrained.figure.page import Pixels

LIMIT = 1800  # across a page
LARGEST = 560  # side of a picture
ZOOM = 4


def panel(tiles: Sequence[Tile], lost: NDArray[np.bool_] | None = None) -> Figure:
    """Draw pictures in a row, each over a detail of it that is the same for all.

    More than five are wrapped to rows of equal length. The detail is a quarter of the picture each
    way, where the first one has most; its frame is drawn on every picture.

    Args:
        tiles: The pictures.
        lost: Which pixels were filled in, `h w`. The detail is then where most of them are.

    Raises:
        ValueError: If there is no tile.
    """
    if not tiles:
        raise ValueError("tiles must hold at least one picture, got none")
    grid = arrange(tiles, LIMIT, LARGEST, details=True)
    figure = page.page(grid.across, grid.down(len(tiles)) + MARGIN // 2)
    region = detail(np.asarray(tiles[0].image)) if lost is None else hole(lost)
    for index, tile in enumerate(tiles):
        write_words(figure, grid, index, tile)
        shown = region if tile.is_scene else None
        draw(figure, np.asarray(tile.image), grid, grid.corner(index), shown)
    return figure


def draw(
    figure: Figure,
    image: Pixels,
    grid: Grid,
    corner: tuple[int, int],
    region: tuple[float, float] | None,
) -> None:
    """Draw one picture with the frame of its detail, and the detail under it, where it has one.

    Args:
        figure: The page.
        image: The picture, `h w` or `h w 3`, 8 bits.
        grid: Where the pictures stand.
        corner: Left and top of this one, in pixels.
        region: Left and top of the detail, as shares of the sides; None for no detail.
    """
    left, top = corner
    down, across = image.shape[:2]
    size = grid.width, grid.height
    picture = page.show(figure, page.resized(image, size), left, top)
    if region is None:
        return
    x, y = region[0] * across, region[1] * down
    box = (x, y, min(x + across / ZOOM, across), min(y + down / ZOOM, down))
    page.show(figure, page.resized(image, size, box), left, top + grid.height + GAP // 2)
    # White within black is seen on any picture; -0.5 is the edge of the first pixel.
    start = region[0] * grid.width - 0.5, region[1] * grid.height - 0.5
    for colour, line in (("black", 4), ("white", 2)):
        frame = Rectangle(start, grid.width / ZOOM, grid.height / ZOOM, fill=False)
        frame.set(edgecolor=colour, linewidth=line, joinstyle="miter")
        picture.axes.add_patch(frame)


def detail(image: Pixels) -> tuple[float, float]:
    """Return left and top of the quarter (each way) with most detail, as shares of the sides.

    Detail is the mean root of the gradient of a copy shrunk to 128 pixels: the root prefers
    texture to one hard edge, and the shrinking keeps noise from choosing.
    """
    down, across = image.shape[:2]
    colour = Image.fromarray(page.resized(image, (across, down)))
    grey = shrunk(colour.convert("L"))
    change = np.sqrt(np.hypot(*np.gradient(grey)))
    left, top = fullest(change)
    # A whole pixel of the picture, so that the detail does not begin with half a one.
    return int(left * across) / across, int(top * down) / down


def hole(lost: NDArray[np.bool_]) -> tuple[float, float]:
    """Return left and top of the quarter (each way) with most of the lost pixels."""
    return fullest(shrunk(Image.fromarray(lost.astype(np.uint8) * 255)))


def shrunk(grey: Image.Image) -> NDArray[np.float64]:
    """Return a grey picture made as small as 128 pixels a side, `h w`."""
    shrink = min(1.0, 128 / max(grey.size))
    across, down = (max(ZOOM, round(side * shrink)) for side in grey.size)
    return np.asarray(grey.resize((across, down), Image.Resampling.BOX), float)


def fullest(weight: NDArray[Any]) -> tuple[float, float]:
    """Return left and top of the quarter (each way) of greatest weight, as shares of the sides."""
    down, across = weight.shape
    window = down // ZOOM, across // ZOOM
    views = np.lib.stride_tricks.sliding_window_view(weight, window)
    top, left = np.unravel_index(views.mean((2, 3)).argmax(), views.shape[:2])
    return left / across, top / down
