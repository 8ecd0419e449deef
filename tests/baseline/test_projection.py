"""An image of its sinogram, in its scale and its place."""

import pytest
import torch

from untrained.baseline.fbp import FilteredBackProjection
from untrained.baseline.sart import Sart
from untrained.degradation.tomography import Tomography


@pytest.mark.parametrize("side", [48, 49])
@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("kind", [FilteredBackProjection, Sart])
def test_a_square_out_of_the_middle_is_found_again(kind, circle, side):
    clean = torch.zeros(1, 3, side, side)
    clean[..., 14:30, 20:36] = 0.8
    degradation = Tomography(angles=60, circle=circle)
    image = kind()(degradation(clean), degradation)
    assert image.shape == clean.shape
    assert image[..., 18:26, 24:32].mean().item() == pytest.approx(0.8, abs=0.05)
    error = (image.clamp(0, 1) - clean).square().mean()
    for shift in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        moved = image.clamp(0, 1).roll(shift, (2, 3))
        assert error < (moved - clean).square().mean()


def test_another_filter_is_refused():
    line = "filter must be ramp, shepp-logan, cosine, hamming or hann, got 'box'"
    with pytest.raises(ValueError, match=line):
        FilteredBackProjection("box")
