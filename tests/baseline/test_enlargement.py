"""A small picture enlarged, in the places that A takes its pixels from."""

import pytest
import torch

from untrained.baseline.bicubic import Bicubic
from untrained.baseline.lanczos import Lanczos
from untrained.baseline.nearest import Nearest
from untrained.degradation.downsampling import Downsampling

SLOPE = torch.linspace(0.1, 0.9, 48).expand(1, 3, 36, 48).contiguous()


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("kind", [Bicubic, Lanczos])
def test_a_slope_is_found_again_in_its_place(kind, factor):
    degradation = Downsampling(factor=factor, kernel="box")
    image = kind()(degradation(SLOPE), degradation)
    inner = (..., slice(3 * factor, -3 * factor))
    torch.testing.assert_close(image[inner], SLOPE[inner], atol=2e-3, rtol=0)


def test_the_nearest_is_how_the_target_is_drawn():
    degradation = Downsampling(factor=4)
    target = degradation(SLOPE)
    assert torch.equal(Nearest()(target, degradation), degradation.view(target)[0])
