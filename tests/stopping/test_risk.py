"""The unbiased risks: on a linear filter, where they are exact, and in a fit that is made up."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from tests.stopping.trajectory import TURN, problem, smooth, trajectory
from untrained.degradation.inpainting import Inpainting
from untrained.noise.gaussian import Gaussian
from untrained.noise.poisson import Poisson
from untrained.step import Step
from untrained.stopping.pure import NO_COUNTS, PoissonRisk
from untrained.stopping.risk import trace
from untrained.stopping.rule import NO_NOISE, NOT_WHOLE
from untrained.stopping.sure import GaussianRisk
from untrained.twin import Twin

SHAPE = (1, 3, 129, 120)


def blur(image):
    """A linear filter: a circular mean over 3 x 3."""
    padded = torch.nn.functional.pad(image, (1, 1, 1, 1), "circular")
    return torch.nn.functional.avg_pool2d(padded, 3, 1)


def filtered(target, twin, share):
    """Return what a fit would show that is the filter share blur(y) + (1 - share) y."""

    def image(y):
        return share * blur(y) + (1 - share) * y

    x = image(target)
    return Step(0, x, x, target, problem(twin=twin), twin=image(twin.perturbed(target)))


def clean():
    field = smooth(torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)))
    return (0.5 + 0.15 * field / field.std()).clamp(0.05, 0.95)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("noise", "make"),
    [
        (Gaussian(25, clip=False), partial(GaussianRisk, sigma=25)),
        (Poisson(30, clip=False), partial(PoissonRisk, peak=30)),
    ],
)
def test_the_risk_of_a_linear_filter_is_its_error(noise, make, share):
    step, rule = filtered(noise(clean()), Twin(epsilon=1), share), make()
    rule.see(step)
    error = (step.measurement - clean()).square().mean().item()
    # Three standard deviations of the trace by one draw: 2 var sqrt(2 tr(B^2)) / N each.
    assert rule.statistic.item() == pytest.approx(error, rel=0.04, abs=2.2e-4)


def test_the_trace_is_that_of_the_filter():
    step = filtered(clean(), Twin(epsilon=0.5), 1.0)
    assert trace(step, torch.tensor(1.0)).item() == pytest.approx(1 / 9, abs=0.01)


def test_the_estimated_noise_is_used_where_none_is_given():
    target, rules = Gaussian(25, clip=False)(clean()), (GaussianRisk(), GaussianRisk(sigma=25))
    for rule in rules:
        rule.see(filtered(target, Twin(epsilon=1), 1.0))
    assert rules[0].statistic.item() == pytest.approx(rules[1].statistic.item(), abs=3e-4)


@pytest.mark.parametrize(
    ("make", "near"),
    # The variance at each pixel, which PURE weighs b by, spreads its estimate.
    [(partial(GaussianRisk, sigma=25.5), 3), (partial(PoissonRisk, peak=50), 10)],
)
def test_the_unbiased_risks_find_the_turn(make, near):
    twin = Twin(epsilon=1)
    rule = make(patience=60)
    for each in trajectory(240, of=problem(twin=twin)):
        learnt = max(0, each.number - TURN) / 20 * (twin.perturbed(each.target) - each.target)
        rule.see(replace(each, twin=each.measurement + learnt))
    assert rule.detected
    assert abs(rule.step - TURN) <= near


@pytest.mark.parametrize("make", [GaussianRisk, partial(PoissonRisk, peak=50)])
def test_a_risk_needs_a_second_fit_noise_and_a_whole_target(make):
    target, twin = torch.rand(1, 3, 16, 16), Twin(1)
    reason = make().suits(problem(), target)
    assert reason == "twin.epsilon must be a number over 0, got 0.0"
    assert make().suits(problem(twin=twin, noisy=False), target) == NO_NOISE
    assert make().suits(problem(Inpainting(0.5), twin=twin), target) == NOT_WHOLE
    assert make().suits(problem(twin=twin), target) is None


def test_pure_needs_counts_and_counts_are_not_below_0():
    target = torch.rand(1, 3, 16, 16)
    of_counts = problem(twin=Twin(1))
    assert PoissonRisk(peak=50).suits(of_counts, target - 0.5) == NO_COUNTS
    assert GaussianRisk().suits(of_counts, target - 0.5) is None
