"""Bicubic interpolation."""

from PIL import Image

from untrained.baseline.enlargement import Enlargement


class Bicubic(Enlargement):
    """Interpolate by Keys' cubic of a = -0.5, MATLAB's and Pillow's."""

    name = "Bicubic"
    filter = Image.Resampling.BICUBIC
