"""The pictures of a fit: a panel of images, the curves, the stopping rules, and the film."""

from untrained.figure.curve import curves
from untrained.figure.film import film
from untrained.figure.grid import Tile
from untrained.figure.page import render, save
from untrained.figure.panel import panel
from untrained.figure.run import Pick, Run
from untrained.figure.stopping import bands, stopping

__all__ = [
    "Pick",
    "Run",
    "Tile",
    "bands",
    "curves",
    "film",
    "panel",
    "render",
    "save",
    "stopping",
]
