"""The pictures of a fit: a panel of images, the curves, and the film."""

from untrained.figure.curve import curves
from untrained.figure.film import film
from untrained.figure.grid import Tile
from untrained.figure.page import render, save
from untrained.figure.panel import panel
from untrained.figure.run import Run

__all__ = ["Run", "Tile", "curves", "film", "panel", "render", "save"]
