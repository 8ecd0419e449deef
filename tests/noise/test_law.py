"""What every law of noise has in common."""

import pytest
import torch

from untrained.noise.correlated import Correlated
from untrained.noise.gaussian import Gaussian
from untrained.noise.poisson import Poisson
from untrained.noise.salt_and_pepper import SaltAndPepper
from untrained.noise.speckle import Speckle

NOISES = [
    Gaussian(25),
    Speckle(25),
    Poisson(30),
    SaltAndPepper(0.1),
    Correlated(25),
    Correlated(25, quality=60),
]
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


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "much", None, True])
def test_bad_strengths_are_refused(value):
    with pytest.raises(ValueError, match="^sigma must be"):
        Gaussian(value)
    with pytest.raises(ValueError, match="^sigma must be"):
        Speckle(value)
    with pytest.raises(ValueError, match="^peak must be"):
        Poisson(value)
    with pytest.raises(ValueError, match="^amount must be"):
        SaltAndPepper(value)
    with pytest.raises(ValueError, match="^sigma must be"):
        Correlated(value)
    with pytest.raises(ValueError, match="^blur must be"):
        Correlated(25, blur=value)


@pytest.mark.parametrize("noise", [Gaussian, Poisson, Correlated, Speckle])
def test_a_switch_is_true_or_false(noise):
    with pytest.raises(ValueError, match="^clip must be true or false"):
        noise(25, clip="no")


@pytest.mark.parametrize("noise", [Gaussian, Poisson, Correlated, SaltAndPepper, Speckle])
@pytest.mark.parametrize("seed", [-1, 0.5, True, None])
def test_a_bad_seed_is_refused(noise, seed):
    with pytest.raises(ValueError, match="^seed must be a whole number from 0 up"):
        noise(0.5, seed=seed)
