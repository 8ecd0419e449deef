import pytest
import torch

from untrained.noise.speckle import Speckle


@pytest.mark.parametrize("grey", [0.0, 0.2, 0.8])
def test_the_noise_is_as_strong_as_the_light(grey):
    noisy = Speckle(51, clip=False)(torch.full((1, 1, 256, 256), grey))
    assert noisy.std().item() == pytest.approx(0.2 * grey, rel=0.02)
    assert noisy.mean().item() == pytest.approx(grey, rel=0.01)
