"""The layout of pictures on a page: rows of at most five, with words above and below each."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from untrained.figure import page
from untrained.figure.page import Pixels
from untrained.image import drawn_channels

MARGIN, GAP = 24, 16
LONGEST_ROW = 5


class Tile(NamedTuple):
    """One picture of a panel.

    Args:
        title: Words above it.
        caption: Words below it, may be empty.
        image: `h w` or `h w 3`, uint8.
        is_scene: Whether it shows what the others show, so that a detail of it says something.
    """

    title: str
    caption: str
    image: Pixels
    is_scene: bool = True


def caption(psnr: float | None, ssim: float | None) -> str:
    """Return PSNR and SSIM as one reads them, or nothing where they are not known."""
    if psnr is None:
        return ""
    return f"{psnr:.2f} dB" + ("" if ssim is None else f" · SSIM {ssim:.3f}")


def drawn_channels_in_words(channels: int) -> str:
    """Return which channels of an image a drawing shows, counted from 1; nothing if all.

    Example:
        >>> drawn_channels_in_words(31), drawn_channels_in_words(3)
        ('channels 26, 16, 6 of 31', '')
    """
    shown = drawn_channels(channels)
    if len(shown) == channels:
        return ""
    numbers = ", ".join(str(number + 1) for number in shown)
    return f"channels {numbers} of {channels}"


def uncertainty(deviation: NDArray[np.floating]) -> Tile:
    """Draw the standard deviation of each pixel over several fits, its largest value near white.

    Args:
        deviation: `h w` or `h w c`, in the units of an image within [0, 1].
    """
    grey = np.nan_to_num(deviation if deviation.ndim == 2 else deviation.mean(2))
    white = max(math.ceil(255 * grey.max()), 1)
    drawn = np.rint(255 * 255 * grey / white).astype(np.uint8)
    return Tile("Standard deviation", f"white: {white} of 255", drawn)


def kernel(weights: NDArray[np.floating], size: tuple[int, int]) -> Tile:
    """Draw a kernel in squares, its largest value white, in the middle of a picture's size.

    Args:
        weights: `h w`, none below 0.
        size: Height and width of the pictures beside it.
    """
    drawn = brightened(weights)
    factor = max(min(size[0] // drawn.shape[0], size[1] // drawn.shape[1]), 1)
    squares = drawn.repeat(factor, 0).repeat(factor, 1)[: size[0], : size[1]]
    top, left = (size[0] - squares.shape[0]) // 2, (size[1] - squares.shape[1]) // 2
    picture = np.zeros(size, np.uint8)
    picture[top : top + squares.shape[0], left : left + squares.shape[1]] = squares
    return Tile("Kernel", f"{weights.shape[0]} x {weights.shape[1]}", picture, is_scene=False)


def brightened(weights: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return weights that are not below 0 as a grey picture, the largest of them white."""
    return np.rint(255 * weights / weights.max()).astype(np.uint8)


class Grid(NamedTuple):
    """The places of some pictures.

    Args:
        columns: Pictures in a row.
        width: Width of a picture.
        height: Height of a picture.
        body: Height from the words above to the words below.
        title: Size of the font above.
        caption: Size of the font below; 0 where nothing stands there.
    """

    columns: int
    width: int
    height: int
    body: int
    title: float
    caption: float

    @property
    def across(self) -> int:
        """The width of the page."""
        return 2 * MARGIN + self.columns * (self.width + GAP) - GAP

    @property
    def row(self) -> int:
        """The height of a row, with a space under it."""
        return round(2.1 * self.title + self.body + 2.4 * self.caption) + MARGIN // 2

    def corner(self, index: int) -> tuple[int, int]:
        """Return the left and the top of a picture."""
        row, column = divmod(index, self.columns)
        return MARGIN + column * (self.width + GAP), row * self.row + round(2.1 * self.title)

    def down(self, count: int) -> int:
        """Return the height of the rows that hold so many pictures."""
        return math.ceil(count / self.columns) * self.row


def arrange(tiles: Sequence[Tile], limit: int, largest: int, details: bool) -> Grid:
    """Return the places of pictures, each of the size of the first one.

    Args:
        tiles: The pictures, their captions as long as they will be.
        limit: Width that the page should have at most.
        largest: Side that a picture should have at most.
        details: Whether a detail stands under each picture, as large as the picture.
    """
    columns = math.ceil(len(tiles) / math.ceil(len(tiles) / LONGEST_ROW))
    room = (limit - 2 * MARGIN + GAP) / columns - GAP
    width, height = page.scaled(np.asarray(tiles[0].image), min(room, largest), largest)
    body = 2 * height + GAP // 2 if details else height
    across = Grid(columns, width, height, body, 0, 0).across
    size = max(17.0, across / 62)  # as large on every page once that is shown at one width
    title = font_size([tile.title for tile in tiles], width, size)
    caption = font_size([tile.caption for tile in tiles], width, 0.88 * size)
    return Grid(columns, width, height, body, title, caption)


def font_size(lines: Sequence[str], width: float, largest: float) -> float:
    """Return the size of the font at which the longest line is not over a width; 0 without words.

    Args:
        lines: The lines.
        width: Width that a line may have.
        largest: The size that a short line has.
    """
    longest = max(map(page.breadth, lines))
    return min(largest, width / longest) if longest else 0.0


def write_words(figure: Figure, grid: Grid, index: int, tile: Tile, colour: str = page.INK) -> Text:
    """Write the title, in its colour, and the caption of a picture; return the caption.

    Args:
        figure: The page.
        grid: Where the pictures stand.
        index: The number of the picture.
        tile: The picture with its words.
        colour: Colour of the title.
    """
    left, top = grid.corner(index)
    page.write(figure, left, top - 0.6 * grid.title, tile.title, grid.title, color=colour)
    base = top + grid.body + 1.6 * grid.caption
    return page.write(figure, left, base, tile.caption, grid.caption, color=page.GREY)
