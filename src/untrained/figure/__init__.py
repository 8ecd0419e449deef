"""The pictures of a fit: a panel, the curves, the stopping rules, the film; many fits at once."""

from untrained.figure.comparison import Band, Panel, comparison
from untrained.figure.curve import curves
from untrained.figure.film import film
from untrained.figure.grid import (
    Tile,
    brightened,
    caption,
    drawn_channels_in_words,
    kernel,
    uncertainty,
)
from untrained.figure.page import render, save
from untrained.figure.panel import panel
from untrained.figure.series import Pick, Series
from untrained.figure.stopping import bands, stopping

__all__ = [
    "Band",
    "Panel",
    "Pick",
    "Series",
    "Tile",
    "bands",
    "brightened",
    "caption",
    "comparison",
    "curves",
    "drawn_channels_in_words",
    "film",
    "kernel",
    "panel",
    "render",
    "save",
    "stopping",
    "uncertainty",
]
