"""Lanczos interpolation."""

from PIL import Image

from untrained.baseline.enlargement import Enlargement


class Lanczos(Enlargement):
    """Interpolate by Lanczos' kernel of 3 lobes."""

    name = "Lanczos"
    filter = Image.Resampling.LANCZOS
