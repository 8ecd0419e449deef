"""Lost pixels filled by the biharmonic equation."""

import pytest
import torch

from untrained.baseline.biharmonic import Biharmonic
from untrained.degradation.inpainting import Inpainting

# Linear in its place, so that the equation holds all over.
PLANE = torch.linspace(0.1, 0.5, 40) + torch.linspace(0, 0.4, 24)[:, None]
PLANE = PLANE.expand(1, 3, 24, 40).contiguous()


@pytest.mark.parametrize("each_channel", [False, True])
def test_a_plane_is_found_again_and_what_is_known_stays(each_channel):
    degradation = Inpainting(keep=0.7, each_channel=each_channel)
    target = degradation(PLANE)
    image = Biharmonic()(target, degradation)
    known = degradation.known(target).expand_as(target)
    assert torch.equal(image[known], target[known])
    inner = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(image[inner], PLANE[inner], atol=5e-3, rtol=0)


def test_more_lost_pixels_than_the_limit_are_left_alone():
    degradation = Inpainting(keep=0.5)
    target = degradation(PLANE)
    lost = int((~degradation.known(target)).sum())
    assert Biharmonic(limit=lost).suits(target, degradation) is None
    reason = f"{lost} pixels are lost, more than baseline.biharmonic.limit={lost - 1}"
    assert Biharmonic(limit=lost - 1).suits(target, degradation) == reason


def test_a_channel_without_a_known_pixel_is_left_out_with_the_reason():
    mask = torch.ones(3, 24, 40)
    mask[0] = 0
    degradation = Inpainting(mask=mask)
    reason = "a channel has no pixel that is known"
    assert Biharmonic().suits(degradation(PLANE), degradation) == reason
