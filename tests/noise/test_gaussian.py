import pytest
import torch

from untrained.noise.gaussian import Gaussian

GREY = torch.full((1, 3, 128, 128), 0.5)


@pytest.mark.parametrize("sigma", [0, 5, 25, 60.5])
def test_gaussian_has_the_standard_deviation_it_says(sigma):
    residual = Gaussian(sigma, clip=False)(GREY) - GREY
    assert residual.std().item() * 255 == pytest.approx(sigma, rel=0.02)
    assert residual.mean().item() * 255 == pytest.approx(0, abs=0.5)


def test_gaussian_draws_each_channel_on_its_own():
    red, green, _ = (Gaussian(25, clip=False)(GREY) - GREY)[0].flatten(1)
    assert abs(torch.corrcoef(torch.stack([red, green]))[0, 1]) < 0.05


def test_clip_can_be_switched_off():
    assert Gaussian(100)(GREY).min() == 0
    assert Gaussian(100, clip=False)(GREY).min() < 0
