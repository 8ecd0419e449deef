"""The pictures of a fit: a panel of images, the curves, the film, and many fits at once."""

from untrained.figure.comparison import Band, Panel, comparison
from untrained.figure.curve import curves
from untrained.figure.film import film
from untrained.figure.grid import Tile, caption
from untrained.figure.page import render, save
from untrained.figure.panel import panel
from untrained.figure.run import Run, frames_of

__all__ = [
    "Band",
    "Panel",
    "Run",
    "Tile",
    "caption",
    "comparison",
    "curves",
    "film",
    "frames_of",
    "panel",
    "render",
    "save",
]
