import pytest
import torch

from untrained.noise.salt_and_pepper import SaltAndPepper

GREY = torch.full((1, 3, 128, 128), 0.5)


def test_salt_and_pepper_turns_whole_pixels():
    noisy = SaltAndPepper(0.2)(GREY)
    changed = noisy != 0.5
    assert torch.equal(changed[:, 0], changed[:, 1])
    assert changed.float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert (noisy == 0).float().mean().item() == pytest.approx(0.1, abs=0.02)
