"""Pages laid out in pixels from the top left corner, so that a picture's pixels stay whole."""

import io
import math
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import imageio.v3 as imageio
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from numpy.typing import NDArray
from PIL import Image

from untrained.image.encode import flat
from untrained.record.file import write_whole

Pixels = NDArray[np.uint8]
Size = tuple[int, int]

DPI = 72  # one point is one pixel, so that every length of these modules is in pixels
GROWN = 320  # side of an enlarged picture
FONT = "DejaVu Sans"  # comes with matplotlib: the same picture on every machine
INK, GREY, RULE, GRID = "#1f2328", "#656d76", "#a8b0b8", "#e9ecef"
# After Okabe and Ito, for colour-blind readers; the light ones darkened until they can be read.
PALETTE = (
    "#d55e00", "#0072b2", "#009e73", "#c0608f", "#cc8a00", "#3d9fd9", "#6f4aa8", "#8a6d3b",
)  # fmt: skip


def page(width: int, height: int) -> Figure:
    """Return an empty white page of `width` x `height` pixels."""
    return Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")


def extent(figure: Figure) -> tuple[float, float]:
    """Return the width and height of a page in pixels."""
    width, height = figure.get_size_inches() * DPI
    return width, height


def axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes whose frame lies on the given pixels.

    Args:
        figure: The page.
        left: Left of the frame, in pixels from the left of the page.
        top: Top of the frame, in pixels from the top of the page.
        width: Width of the frame, in pixels.
        height: Height of the frame, in pixels.
    """
    across, down = extent(figure)
    box = (left / across, 1 - (top + height) / down, width / across, height / down)
    return figure.add_axes(box)


def write(
    figure: Figure,
    left: float,
    base: float,
    words: str,
    size: float,
    **style: Any,  # noqa: ANN401 - matplotlib's own words
) -> Text:
    """Write one line of text from `left`, its baseline `base` pixels under the top."""
    across, down = extent(figure)
    text = figure.text(left / across, 1 - base / down, words, color=INK)
    text.set(fontfamily=FONT, fontsize=size, **style)
    return text


def stroke(
    figure: Figure,
    across: Sequence[float],
    down: Sequence[float],
    **style: Any,  # noqa: ANN401 - matplotlib's own words
) -> None:
    """Draw a line through pixels counted from the top left corner."""
    width, height = extent(figure)
    places = [x / width for x in across], [1 - y / height for y in down]
    figure.add_artist(Line2D(*places, **style))


@cache
def breadth(words: str, weight: str = "normal") -> float:
    """Return the width of a line of text, in multiples of the font's size."""
    font = FontProperties(family=FONT, weight=weight)
    # On the page letters stand on whole pixels, which makes a line up to 4% wider.
    return 1.04 * TextPath((0, 0), words, size=1, prop=font).get_extents().width if words else 0.0


def scaled(image: Pixels, width: float, height: float) -> Size:
    """Return the width and height at which an image is shown in a room of `width` x `height`.

    An image that fits grows by a whole number, for which it may overstep the room by a quarter,
    and up to `GROWN` pixels: more shows nothing more. A larger image shrinks into the room.

    Args:
        image: The image, `h w` or `h w 3`.
        width: Width of the room, in pixels.
        height: Height of the room, in pixels.
    """
    down, across = image.shape[:2]
    scale = min(width / across, height / down)
    if scale >= 1:
        scale = max(1, math.floor(1.25 * min(scale, GROWN / max(across, down))))
    return max(1, round(across * scale)), max(1, round(down * scale))


def resized(
    image: Pixels, size: Size, region: tuple[float, float, float, float] | None = None
) -> Pixels:
    """Resize an image, or its region (left, top, right, bottom), to `size` and three channels.

    Growing repeats pixels, so that they stay sharp; shrinking averages them.

    Args:
        image: The image, `h w`, `h w 1` or `h w 3`, 8 bits.
        size: Width and height of the result.
        region: The part of the image that is shown, in its pixels; None for all of it.
    """
    picture = Image.fromarray(flat(np.atleast_3d(image))).convert("RGB")
    left, top, right, bottom = region or (0, 0, *picture.size)
    grows = size[0] >= right - left and size[1] >= bottom - top
    method = Image.Resampling.NEAREST if grows else Image.Resampling.LANCZOS
    return np.asarray(picture.resize(size, method, (left, top, right, bottom)))


def show(figure: Figure, pixels: Pixels, left: float, top: float) -> AxesImage:
    """Show an image pixel for pixel.

    Args:
        figure: The page.
        pixels: The image, `h w 3`, 8 bits.
        left: Its left, in pixels from the left of the page.
        top: Its top, in pixels from the top of the page.
    """
    height, width = pixels.shape[:2]
    frame = axes(figure, left, top, width, height)
    frame.axis("off")
    return frame.imshow(pixels, interpolation="nearest", aspect="auto")


def render(figure: Figure, dpi: float = DPI) -> Pixels:
    """Return a figure as pixels, `h w 3`; a whole multiple of 72 dpi keeps pictures sharp."""
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format="png", dpi=dpi)
        pixels: Pixels = imageio.imread(buffer.getvalue())[..., :3]
    return pixels


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, or as JPEG if the path ends in .jpg.

    The same figure has the same bytes. The file is whole or absent. A PNG has no alpha channel, as
    matplotlib's own would. Where it shows no picture, a palette of 256 colours is all it needs, and
    takes 40% of the bytes. A JPEG of noisy pictures has a third of the bytes of their PNG, and
    looks the same enlarged four times.
    """
    canvas = cast(Any, FigureCanvasAgg(figure))  # its methods carry no types
    with warnings.catch_warnings():
        # A picture may have a name in a script that the font lacks; boxes stand for its letters.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        canvas.draw()
    shown = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    buffer = io.BytesIO()
    if path.suffix == ".jpg":
        # Colours at full resolution: the noise of a single pixel has one.
        shown.save(buffer, "JPEG", quality=80, subsampling="4:4:4", optimize=True, progressive=True)
    else:
        if not any(each.images for each in figure.axes):
            shown = shown.quantize(method=Image.Quantize.MAXCOVERAGE)
        shown.save(buffer, "PNG")
    write_whole(path, buffer.getvalue())
