import pytest
import torch

from tests.bare import GENERATORS, fitted, made, same, target
from untrained.holdout import Holdout


@pytest.mark.parametrize("generator", GENERATORS)
def test_held_out_pixels_change_no_weight(generator):
    holdout, seen = Holdout(0.1, seed=3), target()
    other = torch.where(holdout.mask(seen), 1 - seen, seen)
    first = fitted(made(generator, holdout=Holdout(0.1, seed=3)), seen)
    assert same(first, fitted(made(generator, holdout=Holdout(0.1, seed=3)), other))
    assert not same(first, fitted(made(generator, holdout=Holdout(0.1, seed=4)), seen))
    assert not same(first, fitted(made(generator), seen))


def test_held_out_pixels_get_no_gradient():
    holdout, seen = Holdout(0.1), torch.rand(1, 3, 33, 20)
    image = torch.rand(1, 3, 33, 20, requires_grad=True)
    torch.nn.functional.mse_loss(holdout(image, seen), seen).backward()
    assert torch.equal(image.grad != 0, ~holdout.mask(seen).expand_as(image))
    assert holdout.mask(seen).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_without_a_share_the_measurement_is_what_it_was():
    measurement = torch.rand(1, 3, 8, 8)
    assert Holdout()(measurement, torch.rand(1, 3, 8, 8)) is measurement


def test_the_mask_leaves_the_global_random_state_alone():
    seen, state = torch.rand(1, 1, 8, 8), torch.get_rng_state()
    assert torch.equal(Holdout(0.5).mask(seen), Holdout(0.5).mask(seen))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("share", [-0.1, 1, "much", True])
def test_bad_share_is_refused(share):
    with pytest.raises(ValueError, match="^share must be"):
        Holdout(share)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_bad_seed_is_refused(seed):
    with pytest.raises(ValueError, match="^seed must be"):
        Holdout(seed=seed)
