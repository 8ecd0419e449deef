import math

import pytest
import torch

from untrained.noise import Correlated, Gaussian, Poisson, SaltAndPepper

NOISES = [Gaussian(25), Poisson(30), SaltAndPepper(0.1), Correlated(25), Correlated(25, quality=60)]
GREY = torch.full((1, 3, 128, 128), 0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_the_draw_depends_on_its_own_seed_alone(noise):
    torch.manual_seed(1)
    first = noise(GREY)
    torch.manual_seed(2)
    assert torch.equal(first, noise(GREY))
    other = type(noise)(**(vars_of(noise) | {"seed": 1}))
    assert not torch.equal(first, other(GREY))


def vars_of(noise):
    return {
        k: v for k, v in vars(noise).items() if k in ("sigma", "peak", "amount", "clip", "quality")
    }


@pytest.mark.parametrize("noise", NOISES)
def test_the_global_random_state_is_left_alone(noise):
    state = torch.get_rng_state()
    noise(GREY)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("sigma", [0, 5, 25, 60.5])
def test_gaussian_has_the_standard_deviation_it_says(sigma):
    residual = Gaussian(sigma, clip=False)(GREY) - GREY
    assert residual.std().item() * 255 == pytest.approx(sigma, rel=0.02)
    assert residual.mean().item() * 255 == pytest.approx(0, abs=0.5)


def test_gaussian_draws_each_channel_on_its_own():
    red, green, _ = (Gaussian(25, clip=False)(GREY) - GREY)[0].flatten(1)
    assert abs(torch.corrcoef(torch.stack([red, green]))[0, 1]) < 0.05


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


def test_clip_can_be_switched_off():
    assert Gaussian(100)(GREY).min() == 0
    assert Gaussian(100, clip=False)(GREY).min() < 0


def test_poisson_has_mean_x_and_variance_x_over_peak():
    noisy = Poisson(30, clip=False)(GREY)
    assert noisy.mean().item() == pytest.approx(0.5, abs=0.005)
    assert noisy.var().item() == pytest.approx(0.5 / 30, rel=0.05)
    assert torch.allclose(noisy * 30, (noisy * 30).round(), atol=1e-4)


def test_salt_and_pepper_turns_whole_pixels():
    noisy = SaltAndPepper(0.2)(GREY)
    changed = noisy != 0.5
    assert torch.equal(changed[:, 0], changed[:, 1])
    assert changed.float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert (noisy == 0).float().mean().item() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "much", None, True])
def test_bad_strengths_are_refused(value):
    with pytest.raises(ValueError, match="^sigma must be"):
        Gaussian(value)
    with pytest.raises(ValueError, match="^peak must be"):
        Poisson(value)
    with pytest.raises(ValueError, match="^amount must be"):
        SaltAndPepper(value)
    with pytest.raises(ValueError, match="^sigma must be"):
        Correlated(value)
    with pytest.raises(ValueError, match="^blur must be"):
        Correlated(25, blur=value)


def test_a_switch_is_true_or_false():
    with pytest.raises(ValueError, match="^clip must be true or false"):
        Gaussian(25, clip="no")


def test_bad_seed_is_refused():
    with pytest.raises(ValueError, match="^seed must be"):
        Gaussian(25, seed=-1)
