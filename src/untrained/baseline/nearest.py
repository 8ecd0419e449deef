"""Enlarging by squares."""

from PIL import Image

from untrained.baseline.enlargement import Enlargement


class Nearest(Enlargement):
    """Make each pixel a square."""

    name = "Nearest"
    filter = Image.Resampling.NEAREST
