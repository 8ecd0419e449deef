"""Paint the masks that come with the project: white is known, black is lost.

    python examples/paint_masks.py

It writes text.png, scratches.png and hole.png, 256 x 256 pixels of 1 bit, to
src/untrained/degradation/mask/ within a second. Type one as degradation.mask=PATH.
"""

import math
from itertools import cycle
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageFont

SIDE = 256
FOLDER = Path(__file__).parent.parent / "src" / "untrained" / "degradation" / "mask"
KNOWN, LOST = 1, 0
WORDS = (
    "an untrained network has seen no picture but this one and yet it fills what stands under "
    "these letters because its weights find a likely picture sooner than an unlikely one"
)


def main() -> None:
    """Paint each mask and save it."""
    FOLDER.mkdir(exist_ok=True)
    for paint in (text, scratches, hole):
        mask = paint()
        mask.save(FOLDER / f"{paint.__name__}.png", optimize=True)


def text() -> Image.Image:
    """Return running text over the whole picture, each line filled to its end."""
    mask, draw = white()
    draw.fontmode = "1"  # no greys at the edges of the letters
    # Pillow's own font: the mask is the same on every machine.
    font = ImageFont.load_default(size=18)
    words = cycle(WORDS.split())
    for row in range(8, SIDE, 34):
        line = next(words)
        while draw.textlength(line, font) < SIDE:
            line += " " + next(words)
        draw.text((2, row), line, fill=LOST, font=font)
    return mask


def scratches() -> Image.Image:
    """Return strokes that wander across the picture, 1 to 4 pixels wide."""
    mask, draw = white()
    random = Random(1)
    for _ in range(40):
        x, y = random.uniform(0, SIDE), random.uniform(0, SIDE)
        angle = random.uniform(0, 2 * math.pi)
        width = random.choice((1, 2, 2, 3, 4))
        points = [(x, y)]
        for _ in range(random.randint(8, 26)):
            angle += random.gauss(0, 0.2)
            x, y = x + 7 * math.cos(angle), y + 7 * math.sin(angle)
            points.append((x, y))
        draw.line(points, fill=LOST, width=width, joint="curve")
    return mask


def hole() -> Image.Image:
    """Return one hole of irregular shape, whose radius is a sum of waves around it."""
    mask, draw = white()
    random = Random(3)
    waves = []
    for order in range(2, 8):
        waves.append((order, random.uniform(6, 16) / order, random.uniform(0, 2 * math.pi)))
    points = []
    for degree in range(360):
        angle = math.radians(degree)
        radius = 28.0
        for order, height, phase in waves:
            radius += height * math.cos(order * angle + phase)
        points.append((140 + radius * math.cos(angle), 110 + radius * math.sin(angle)))
    draw.polygon(points, fill=LOST)
    return mask


def white() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a mask in which all is known, and what draws on it."""
    mask = Image.new("1", (SIDE, SIDE), KNOWN)
    return mask, ImageDraw.Draw(mask)


if __name__ == "__main__":
    main()
