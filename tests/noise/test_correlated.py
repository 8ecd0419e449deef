import math

import pytest
import torch

from untrained.noise.correlated import Correlated
from untrained.noise.gaussian import Gaussian

GREY = torch.full((1, 3, 128, 128), 0.5)


@pytest.mark.parametrize("blur", [0, 0.7, 1, 3])
def test_correlated_noise_has_the_correlation_it_says(blur):
    noise = (Correlated(20, blur=blur, clip=False)(GREY) - GREY)[0]
    assert noise.std().item() * 255 == pytest.approx(20, rel=0.05)
    for distance in (1, 2, 4):
        expected = math.exp(-(distance**2) / (4 * blur**2)) if blur else 0
        for pair in (
            (noise[:, distance:], noise[:, :-distance]),
            (noise[..., distance:], noise[..., :-distance]),
        ):
            found = torch.corrcoef(torch.stack([each.flatten() for each in pair]))[0, 1]
            assert found.item() == pytest.approx(expected, abs=0.06)


def test_correlated_noise_is_gaussian_noise_where_nothing_is_blurred():
    assert torch.equal(Correlated(25, blur=0)(GREY), Gaussian(25)(GREY))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_file_has_eight_bits_and_fewer_details(channels):
    grey = GREY[:, :channels]
    saved = Correlated(25, quality=20)(grey)
    assert saved.shape == grey.shape
    assert torch.equal(saved, (255 * saved).round() / 255)
    assert not torch.equal(saved, Correlated(25)(grey))


def test_a_jpeg_file_has_one_or_three_channels():
    with pytest.raises(ValueError, match="^quality must be null where there are 4 channels"):
        Correlated(25, quality=60)(torch.zeros(1, 4, 32, 32))


@pytest.mark.parametrize("quality", [0, 101, 50.5, True, "high"])
def test_a_bad_quality_is_refused(quality):
    with pytest.raises(ValueError, match="^quality must be"):
        Correlated(25, quality=quality)
