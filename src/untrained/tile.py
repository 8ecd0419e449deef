"""Tiles: a photo that is too large for one fit is fitted piece by piece, without a seam."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from untrained import check

if TYPE_CHECKING:
    from torch import Tensor  # Its import takes a second, which a refusal does without.


LEAST = 16  # the least side of a tile, in pixels


class Window(NamedTuple):
    """A rectangle of pixels.

    Args:
        top: Its first row.
        left: Its first column.
        height: Rows.
        width: Columns.
    """

    top: int
    left: int
    height: int
    width: int

    def of(self, images: "Tensor") -> "Tensor":
        """Return this part of `... h w`."""
        rows = slice(self.top, self.top + self.height)
        return images[..., rows, self.left : self.left + self.width]

    def enlarged(self, factor: int) -> "Window":
        """Return the window of an image that is so many times larger each way."""
        return Window(*(factor * each for each in self))


class Tiles:
    """A layout of overlapping tiles over a picture.

    All tiles have the same size. Where two of them overlap, they are blended: the weight of a tile
    rises linearly from its border inward,

        w(d) = clip((d - m) / (overlap - 2 m), 0, 1),  m = overlap // 8,

    d the distance of a pixel's centre from that border. The outermost m pixels count for nothing,
    since a network knows the least there. At the border of the picture itself w is 1.

    Args:
        height: Rows of the picture.
        width: Columns of the picture.
        size: Side of a tile. A side of the picture that is shorter is taken whole.
        overlap: Pixels that neighbours share at least.
        least: The least side of a tile; 1 where a pixel stands for a block.

    Raises:
        ValueError: If `overlap` is not below half of `size`.

    Example:
        >>> Tiles(100, 64, size=64, overlap=16).windows
        [Window(top=0, left=0, height=64, width=64), Window(top=36, left=0, height=64, width=64)]
    """

    def __init__(
        self, height: int, width: int, size: int, overlap: int, least: int = LEAST
    ) -> None:
        size, self.overlap = sides(size, overlap, least)
        self.height, self.width = height, width
        tall, wide = min(size, height), min(size, width)
        self.windows = [
            Window(top, left, tall, wide)
            for top in starts(height, tall, overlap)
            for left in starts(width, wide, overlap)
        ]

    def blended(self, pieces: "Iterable[Tensor]", factor: int = 1) -> "Tensor":
        """Blend the images of the tiles to one picture.

        Args:
            pieces: The image of each window, `1 c h w`, in their order.
            factor: How many times larger the images are than the windows, each way.

        Returns:
            The picture, `1 c h w`, in single precision.
        """
        import torch

        picture: Tensor | None = None
        total = torch.zeros(factor * self.height, factor * self.width)
        for window, piece in zip(self.windows, pieces, strict=True):
            place = window.enlarged(factor)
            weight = self.weight(window, factor)
            if picture is None:
                picture = torch.zeros(1, piece.shape[1], *total.shape)
            place.of(picture).add_(weight * piece)
            place.of(total).add_(weight)
        assert picture is not None
        return picture / total

    def weight(self, window: Window, factor: int = 1) -> "Tensor":
        """Return the weight of each pixel of a window, `h w`."""
        overlap = factor * self.overlap
        place = window.enlarged(factor)
        down = ramp(place.top, place.height, factor * self.height, overlap)
        across = ramp(place.left, place.width, factor * self.width, overlap)
        return down[:, None] * across


def sides(size: int, overlap: int | None = None, least: int = LEAST) -> tuple[int, int]:
    """Return the side of a tile and what neighbours share, in pixels.

    Args:
        size: The side.
        overlap: What neighbours share; None for the usual overlap.
        least: The least side.

    Raises:
        ValueError: If one is no such number, or the overlap is not below half of the side.

    Example:
        >>> sides(512), sides(64, overlap=20)
        ((512, 48), (64, 20))
    """
    check.whole("tile.size", size, least=least)
    if overlap is None:
        overlap = usual_overlap(size)
    check.whole("tile.overlap", overlap, least=0)
    if 2 * overlap >= size:
        raise ValueError(f"tile.overlap={overlap} must be below half of tile.size={size}")
    return size, overlap


def usual_overlap(size: int) -> int:
    """Return what neighbours share by default: a network is worse in some 12 pixels at its border.

    Example:
        >>> usual_overlap(512), usual_overlap(64)
        (48, 16)
    """
    return min(48, size // 4)


def starts(length: int, size: int, overlap: int) -> list[int]:
    """Return where tiles of a size begin, evenly spread, the last ending with the picture.

    Args:
        length: Side of the picture, in pixels.
        size: Side of a tile.
        overlap: Pixels that neighbours share at least.

    Example:
        >>> starts(1000, 512, 32), starts(512, 512, 32)
        ([0, 244, 488], [0])
    """
    if size >= length:
        return [0]
    count = math.ceil((length - overlap) / (size - overlap))
    return [round(index * (length - size) / (count - 1)) for index in range(count)]


def ramp(start: int, size: int, length: int, overlap: int) -> "Tensor":
    """Return the weight along one side, `size`: it rises from each border that has a neighbour.

    Args:
        start: Where the tile begins, in pixels of the picture.
        size: Side of the tile.
        length: Side of the picture.
        overlap: Pixels that neighbours share.
    """
    import torch

    margin = overlap // 8
    distance = torch.arange(size) + 0.5
    weight = torch.ones(size)
    if overlap and start > 0:
        weight = weight * ((distance - margin) / (overlap - 2 * margin)).clamp(0, 1)
    if overlap and start + size < length:
        weight = weight * ((distance.flip(0) - margin) / (overlap - 2 * margin)).clamp(0, 1)
    return weight
