import pytest
import torch

from untrained.noise import Gaussian, Poisson, SaltAndPepper

GREY = torch.full((1, 3, 128, 128), 0.5)


@pytest.mark.parametrize("noise", [Gaussian(25), Poisson(30), SaltAndPepper(0.1)])
def test_the_draw_depends_on_its_own_seed_alone(noise):
    torch.manual_seed(1)
    first = noise(GREY)
    torch.manual_seed(2)
    assert torch.equal(first, noise(GREY))
    other = type(noise)(**(vars_of(noise) | {"seed": 1}))
    assert not torch.equal(first, other(GREY))


def vars_of(noise):
    return {k: v for k, v in vars(noise).items() if k in ("sigma", "peak", "amount", "clip")}


@pytest.mark.parametrize("noise", [Gaussian(25), Poisson(30), SaltAndPepper(0.1)])
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


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "much", None])
def test_bad_strengths_are_refused(value):
    with pytest.raises(ValueError, match="^sigma must be"):
        Gaussian(value)
    with pytest.raises(ValueError, match="^peak must be"):
        Poisson(value)
    with pytest.raises(ValueError, match="^amount must be"):
        SaltAndPepper(value)


def test_a_switch_is_true_or_false():
    with pytest.raises(ValueError, match="^clip must be true or false"):
        Gaussian(25, clip="no")


def test_bad_seed_is_refused():
    with pytest.raises(ValueError, match="^seed must be"):
        Gaussian(25, seed=-1)
