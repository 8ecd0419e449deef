"""The median filter."""

import pytest
import torch

from untrained.baseline.median import Median
from untrained.degradation.identity import Identity


def test_an_impulse_goes_and_an_edge_stays():
    edge = torch.zeros(1, 3, 16, 16)
    edge[..., 8:] = 1
    target = edge.clone()
    target[0, 1, 4, 4] = 1
    assert torch.equal(Median()(target, Identity()), edge)


@pytest.mark.parametrize(
    ("size", "line"),
    [
        (4, "size must be odd, so that it has a middle, got 4"),
        (1, "size must be a whole number from 3 up, got 1"),
    ],
)
def test_a_square_without_a_middle_is_refused(size, line):
    with pytest.raises(ValueError, match=line):
        Median(size)
