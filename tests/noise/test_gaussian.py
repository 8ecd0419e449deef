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


def test_the_noise_may_be_the_same_in_all_channels():
    red, *others = (Gaussian(25, clip=False, each_channel=False)(GREY) - GREY)[0]
    assert all(torch.equal(red, other) for other in others)
    assert red.std().item() * 255 == pytest.approx(25, rel=0.02)


def test_noise_of_all_channels_alike_needs_an_image():
    with pytest.raises(ValueError, match="each_channel=false needs a target that is an image"):
        Gaussian(25, each_channel=False)(torch.zeros(1, 100))
