"""The unbiased risks: on a linear filter, where they are exact, and in a fit with its twin."""

import pytest
import torch

from tests.stopping.trajectory import smooth
from tests.test_prior import CLEAN, fitted, make, same
from untrained.noise.gaussian import Gaussian
from untrained.noise.poisson import Poisson
from untrained.stopping.risk import GaussianRisk, PoissonRisk, Twin
from untrained.stopping.rule import Iterate
from untrained.stopping.validation import Holdout

SHAPE = (1, 3, 129, 120)


def blur(image):
    """A linear filter: a circular mean over 3 x 3."""
    padded = torch.nn.functional.pad(image, (1, 1, 1, 1), "circular")
    return torch.nn.functional.avg_pool2d(padded, 3, 1)


def filtered(target, twin, share):
    """Give what a fit would show that is the filter share blur(y) + (1 - share) y."""

    def image(y):
        return share * blur(y) + (1 - share) * y

    x = image(target)
    return Iterate(0, x, None, x, target, image(twin.perturbed(target)))


def clean():
    field = smooth(torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)))
    return (0.5 + 0.15 * field / field.std()).clamp(0.05, 0.95)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("noise", "rule"),
    [
        (Gaussian(25, clip=False), lambda twin: GaussianRisk(twin, sigma=25)),
        (Poisson(30, clip=False), lambda twin: PoissonRisk(twin, peak=30)),
    ],
)
def test_the_risk_of_a_linear_filter_is_its_error(noise, rule, share):
    target, twin = noise(clean()), Twin(epsilon=1)
    iterate = filtered(target, twin, share)
    watcher = rule(twin)
    watcher.update(iterate)
    error = (iterate.measurement - clean()).square().mean().item()
    assert watcher.statistic.item() == pytest.approx(error, rel=0.04)


def test_the_trace_is_that_of_the_filter():
    twin = Twin(epsilon=0.5)
    iterate = filtered(clean(), twin, 1.0)
    assert twin.trace(iterate, torch.tensor(1.0)).item() == pytest.approx(1 / 9, abs=0.01)


def test_the_estimated_noise_is_used_where_none_is_given():
    target, twin = Gaussian(25, clip=False)(clean()), Twin(epsilon=1)
    rules = GaussianRisk(twin), GaussianRisk(twin, sigma=25)
    for rule in rules:
        rule.update(filtered(target, twin, 1.0))
    assert rules[0].statistic.item() == pytest.approx(rules[1].statistic.item(), abs=3e-4)


@pytest.mark.parametrize("generator", ["dd", "dip"])
def test_the_twin_is_a_fit_of_its_own(generator):
    prior = make(generator, jitter=0.03, twin=Twin(epsilon=5))
    first = fitted(prior)
    assert same(first, fitted(make(generator, jitter=0.03)))
    target = Gaussian(25)(CLEAN)
    alone = fitted(make(generator, jitter=0.03), target=Twin(epsilon=5).perturbed(target))
    assert same(prior.second.state_dict(), alone)


def test_no_twin_is_fitted_unless_it_is_asked_for():
    assert make(twin=Twin()).second is None


@pytest.mark.parametrize("generator", ["dd", "dip"])
def test_held_out_pixels_change_no_weight(generator):
    holdout, target = Holdout(0.1, seed=3), Gaussian(25)(CLEAN)
    other = torch.where(holdout.mask(target), 1 - target, target)
    first = fitted(make(generator, holdout=Holdout(0.1, seed=3)), target=target)
    assert same(first, fitted(make(generator, holdout=Holdout(0.1, seed=3)), target=other))
    assert not same(first, fitted(make(generator, holdout=Holdout(0.1, seed=4)), target=target))
    assert not same(first, fitted(make(generator), target=target))


def test_held_out_pixels_get_no_gradient():
    holdout, target = Holdout(0.1), torch.rand(1, 3, 33, 20)
    image = torch.rand(1, 3, 33, 20, requires_grad=True)
    torch.nn.functional.mse_loss(holdout(image, target), target).backward()
    assert torch.equal(image.grad != 0, ~holdout.mask(target).expand_as(image))
    assert holdout.mask(target).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_the_mask_and_the_perturbation_leave_the_global_random_state_alone():
    target = torch.rand(1, 1, 8, 8)
    state = torch.get_rng_state()
    assert torch.equal(Holdout(0.5).mask(target), Holdout(0.5).mask(target))
    assert torch.equal(Twin(1.0).perturbed(target), Twin(1.0).perturbed(target))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("share", [-0.1, 1, "much", True])
def test_bad_share_is_refused(share):
    with pytest.raises(ValueError, match="^share must be"):
        Holdout(share)


@pytest.mark.parametrize("epsilon", [-1, float("inf"), "small", True])
def test_bad_epsilon_is_refused(epsilon):
    with pytest.raises(ValueError, match="^epsilon must be"):
        Twin(epsilon)
