import pytest
import torch

from tests.bare import GENERATORS, fitted, made, same, target
from untrained.twin import Twin


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_twin_is_a_fit_of_its_own(generator):
    fit = made(generator, jitter=0.03, twin=Twin(epsilon=5))
    first = fitted(fit)
    assert same(first, fitted(made(generator, jitter=0.03)))
    alone = fitted(made(generator, jitter=0.03), Twin(epsilon=5).perturbed(target()))
    assert same(fit.twins.state_dict(), alone)


def test_no_twin_is_fitted_unless_it_is_asked_for():
    fit = made(twin=Twin())
    assert not fit.twins
    assert fit(0, target()).twin is None


def test_what_the_twin_shows_is_its_measurement_of_the_same_input():
    fit = made(jitter=0.03, twin=Twin(epsilon=5))
    fitted(fit)
    step = fit(8, target())
    assert torch.equal(step.twin, fit.twins[0](fit.latent(8)))
    assert not step.twin.requires_grad
    assert not torch.equal(step.twin, step.measurement)


def test_the_direction_is_the_perturbation_over_its_size():
    twin, seen = Twin(epsilon=2), target()
    moved = (twin.perturbed(seen) - seen) * 255 / 2
    torch.testing.assert_close(moved, twin.direction(seen), atol=1e-4, rtol=0)


def test_the_perturbation_leaves_the_global_random_state_alone():
    seen, state = torch.rand(1, 1, 8, 8), torch.get_rng_state()
    assert torch.equal(Twin(1.0).perturbed(seen), Twin(1.0).perturbed(seen))
    assert not torch.equal(Twin(1.0, seed=1).perturbed(seen), Twin(1.0).perturbed(seen))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("epsilon", [-1, float("inf"), "small", True])
def test_bad_epsilon_is_refused(epsilon):
    with pytest.raises(ValueError, match="^epsilon must be"):
        Twin(epsilon)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_bad_seed_is_refused(seed):
    with pytest.raises(ValueError, match="^seed must be"):
        Twin(seed=seed)
