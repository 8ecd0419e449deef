"""The pictures of a fit: a panel, the curves, the stopping rules, the film; many fits at once."""

from untrained.figure.comparison import Band, Panel, comparison
from untrained.figure.curve import curves
from untrained.figure.film import film
from untrained.figure.grid import Tile, caption, uncertainty
from untrained.figure.page import render, save
from untrained.figure.panel import panel
from untrained.figure.run import Pick, Run, frames_of
from untrained.figure.stopping import bands, stopping

__all__ = [
    "Band",
    "Panel",
    "Pick",
    "Run",
    "Tile",
    "bands",
    "caption",
    "comparison",
    "curves",
    "film",
    "frames_of",
    "panel",
    "render",
    "save",
    "stopping",
    "uncertainty",
]
