"""Demosaicing by colour differences."""

import torch

from untrained.baseline.colour_differences import ColourDifferences
from untrained.degradation.mosaic import Mosaic


def test_colours_that_differ_by_a_constant_come_back_with_their_detail():
    waves = torch.sin(torch.arange(40) / 2) / 4
    green = (0.5 + waves + waves[:24, None])[None, None]
    image = torch.cat([green + 0.2, green, green - 0.1], 1)
    found = ColourDifferences()(Mosaic()(image), Mosaic())
    known = Mosaic().colours(image)
    assert torch.equal(found[known], image[known])
    assert (found - image)[..., 3:-3, 3:-3].abs().max() < 0.015
