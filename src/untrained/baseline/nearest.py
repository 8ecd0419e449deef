"""Enlarging by squares."""

from PIL import Image

from untrained.baseline.enlargement import Enlargement


class Nearest(Enlargement):
    """Repeat each pixel, so that it becomes a square."""

    name = "Nearest"
    filter = Image.Resampling.NEAREST
