"""What clipping does to the mean of a noisy image, and how it is undone."""

import pytest
import torch

from untrained.noise.clipping import ClippedNoise, unclipped
from untrained.noise.gaussian import Gaussian
from untrained.noise.poisson import Poisson


def steps(*values, size=96):
    """Return a picture of broad bars of these values, `1 1 h w`."""
    bars = torch.tensor(values, dtype=torch.float32).repeat_interleave(size // len(values))
    return bars.expand(1, 1, size, len(bars)).clone()


def averaged(target, clean):
    """Return a perfect average of the noisy values over each bar."""
    image = torch.zeros_like(target)
    for channel in range(target.shape[1]):
        for value in clean.unique():
            bar = clean[:, channel] == value
            image[:, channel][bar] = target[:, channel][bar].mean()
    return image


@pytest.mark.parametrize("sigma", [5, 25, 50])
@pytest.mark.parametrize("values", [(0, 0.5, 1), (0.02, 0.3, 0.6), (0.4, 0.9, 0.98), (0, 0, 0)])
def test_the_mean_of_clipped_noise_becomes_the_clean_value(sigma, values):
    clean = steps(*values)
    target = Gaussian(sigma)(clean)
    image = averaged(target, clean)
    found = unclipped(image, target)
    torch.testing.assert_close(found, clean, atol=0.03 * sigma / 25, rtol=0)
    assert (found - clean).abs().max() < 0.5 * (image - clean).abs().max().clamp(min=0.01)


def test_noise_far_from_both_bounds_leaves_the_image_as_it_is():
    clean = steps(0.4, 0.5, 0.6)
    target = Gaussian(10)(clean)
    torch.testing.assert_close(unclipped(clean, target), clean, atol=1e-4, rtol=0)


@pytest.mark.parametrize("scale", [1, 3])
def test_a_target_that_was_not_clipped_leaves_the_image_as_it_is(scale):
    clean = scale * steps(0.0, 0.5, 1.0)
    target = Gaussian(50, clip=False)(clean)
    torch.testing.assert_close(unclipped(clean, target), clean, atol=1e-4, rtol=0)


def test_a_target_whose_black_was_lifted_keeps_it():
    clean = steps(0.1, 0.5, 0.7)
    target = 0.05 + Gaussian(50)(clean)
    image = averaged(target, clean)
    assert unclipped(image, target)[..., 0].sub(image[..., 0]).abs().max() < 1e-3


def test_dark_counts_of_photons_are_not_clipped_noise():
    clean = steps(0.02, 0.05, 0.1, 0.3)
    target = Poisson(peak=10)(clean)
    image = averaged(target, clean)
    torch.testing.assert_close(unclipped(image, target), image, atol=0.01, rtol=0)


@pytest.mark.parametrize("peak", [2, 5])
def test_few_photons_of_a_dark_picture_of_one_brightness_are_not_clipped_noise(peak):
    clean = torch.full((1, 1, 64, 64), 0.03)
    target = Poisson(peak=peak)(clean)
    image = averaged(target, clean)
    torch.testing.assert_close(unclipped(image, target), image, atol=1e-3, rtol=0)


def test_white_that_photons_clipped_is_found_again():
    clean = steps(0.1, 0.5, 1.0)
    target = Poisson(peak=20)(clean)
    image = averaged(target, clean)
    found = unclipped(image, target)
    assert (found - clean)[..., -1].abs().max() < 0.3 * (image - clean)[..., -1].abs().max()


def test_each_channel_has_its_own_noise():
    clean = steps(0.0, 0.5, 1.0).repeat(1, 2, 1, 1)
    target = torch.cat([Gaussian(40)(clean[:, :1]), clean[:, 1:]], 1)
    found = unclipped(averaged(target, clean), target)
    assert (found[:, 1] - averaged(target, clean)[:, 1]).abs().max() < 1e-3


def test_an_image_without_noise_and_a_tiny_one_stay_what_they_are():
    clean = steps(0.0, 0.5, 1.0)
    torch.testing.assert_close(unclipped(clean, clean), clean, atol=1e-3, rtol=0)
    tiny = clean[..., ::24, ::24]
    torch.testing.assert_close(unclipped(tiny, tiny), tiny, atol=1e-3, rtol=0)


@pytest.mark.parametrize("bounds", [(0, 1), (-1e3, 1), (0, 1e3), (-1e3, 1e3)])
def test_mean_and_variance_are_those_of_drawn_noise(bounds):
    low, high = bounds
    noise = ClippedNoise(0.04, 0.05, low, high)
    drawn = torch.randn(200_000, generator=torch.manual_seed(0)).double()
    for place in (0, 100, 512, 1024):
        x = noise.clean[place]
        y = (x + (0.04 + 0.05 * x) ** 0.5 * drawn).clamp(low, high)
        assert noise.mean[place] == pytest.approx(y.mean().item(), abs=0.002)
        assert noise.variance[place] == pytest.approx(y.var().item(), rel=0.02)
