"""The default rule, which sees three kinds of noise."""

import math
from dataclasses import replace

import pytest
import torch

from tests.stopping.trajectory import problem, same_state, smooth, trajectory, watched
from untrained.degradation.function import Function
from untrained.degradation.inpainting import Inpainting
from untrained.noise.detail import without_impulses
from untrained.noise.salt_and_pepper import SaltAndPepper
from untrained.step import Step
from untrained.stopping.blind import IMPULSES, WEAKLY, WHITE, Blind
from untrained.stopping.covariance_penalty import CovariancePenalty
from untrained.stopping.whiteness import Whiteness


def test_of_impulses_the_blind_rule_measures_what_is_recommended():
    (step,) = trajectory(1)
    target = SaltAndPepper(0.2)(smooth_of(step.target) / 4 + 0.5)
    seen = replace(step, target=target, problem=problem(Function(lambda x: x / 2)))
    rule = Blind()
    for one in (seen, replace(seen, averages=None)):
        shown = one.reconstruction if one.average is None else one.average
        expected = (shown / 2 - without_impulses(target)).square().mean()
        torch.testing.assert_close(rule.measure(one), expected)
        assert rule.seen == IMPULSES
        assert rule.lag(replace(one, age=7.0)) == 0


def test_the_blind_rule_is_whiteness_for_noise_that_every_pixel_has():
    blind = watched(Blind(every=5, patience=60), trajectory(coloured=True))
    white = watched(Whiteness(every=5, patience=60), trajectory(coloured=True))
    assert blind.seen == WHITE
    assert blind.detected
    assert blind.step == white.step
    assert blind.statistic == white.statistic


def impulsive_fit(amount=0.1, age=22.0, count=400):
    """Learn the image up to step 100, then its impulses; the average is the image."""
    clean = smooth(torch.rand(1, 3, 40, 56, generator=torch.Generator().manual_seed(1)))
    clean = 0.25 + clean / 2
    target = SaltAndPepper(amount)(clean)
    for number in range(count):
        learnt = clean.lerp(torch.full_like(clean, 0.5), math.exp(-number / 20))
        image = learnt.lerp(target, max(0, number - 100) / 1000)
        yield Step(number, image, image, target, problem(), image.clone(), age)


@pytest.mark.parametrize("amount", [0.02, 0.1])
def test_of_impulses_the_blind_rule_stops_before_they_are_fitted(amount):
    steps = list(impulsive_fit(amount))
    rule = watched(Blind(every=1), steps[:101])
    assert rule.seen == IMPULSES
    assert not rule.detected
    watched(rule, steps[101:])
    assert rule.detected
    # A hundredth of the impulses is fitted at step 110; the age of the average is no matter.
    assert 98 <= rule.step <= 110
    assert torch.equal(rule.average, steps[rule.step].average)


def test_of_impulses_the_blind_rule_waits_for_its_error_to_rise():
    found = {}
    for rise in (1.2, 1.5, math.inf):
        rule = Blind(every=1, error_rise=rise)
        ends = (each.number for each in impulsive_fit() if rule.see(each) or rule.detected)
        found[rise] = next(ends, None)
    assert found[1.2] < found[1.5]
    assert found[math.inf] is None


def test_of_impulses_the_blind_rule_goes_on_from_its_state_bit_for_bit(tmp_path):
    steps = list(impulsive_fit(count=200))
    whole, before, after = Blind(), Blind(), Blind()
    watched(whole, steps)
    torch.save(watched(before, steps[:93]).state_dict(), tmp_path / "rule.ckpt")
    after.load_state_dict(torch.load(tmp_path / "rule.ckpt", weights_only=True))
    watched(after, steps[93:])
    assert after.seen == IMPULSES
    assert same_state(whole.state_dict(), after.state_dict())


def smooth_of(image):
    return torch.linspace(-1, 1, image.shape[-1]).expand_as(image)


def test_of_a_target_with_lost_pixels_the_blind_rule_takes_the_noise_for_white():
    lost = Inpainting(0.5)
    (step,) = trajectory(1, shape=(1, 3, 64, 64), of=problem(lost))
    rule = Blind()
    found = rule.measure(replace(step, target=lost.masked(step.target)))
    assert rule.seen == WHITE
    assert found == Whiteness().measure(step)


def weakly_correlated_fit(count=300, turn=100):
    """Learn an image that is half plain up to a step, then noise that correlates by a third."""
    generator = torch.Generator().manual_seed(2)
    clean = 0.5 + smooth(torch.randn(1, 1, 64, 64, generator=generator)) / 2
    clean[..., 32:] = 0.5
    white = torch.randn(clean.shape, generator=generator)
    around = sum(white.roll(shift, axis) for shift in (1, -1) for axis in (2, 3))
    noise = 0.08 * (white + 0.15 * around)
    for number in range(count):
        learnt = clean.lerp(torch.full_like(clean, 0.5), math.exp(-number / (turn / 8)))
        image = learnt + max(0, number - turn) / 1000 * noise
        yield Step(number, image, image, clean + noise, problem(), image.clone())


def test_noise_that_is_never_white_ends_by_the_covariance_penalty():
    steps = list(weakly_correlated_fit())
    rule = watched(Blind(), steps)
    penalty = watched(CovariancePenalty(), steps)
    assert rule.seen == WEAKLY
    assert rule.detected
    assert rule.step == penalty.step
    assert torch.equal(rule.average, penalty.average)
    assert rule.step < 200


def test_noise_that_is_never_white_is_seen_by_a_rule_that_goes_on_bit_for_bit(tmp_path):
    steps = list(weakly_correlated_fit())
    whole, before, after = Blind(), Blind(), Blind()
    watched(whole, steps)
    torch.save(watched(before, steps[:113]).state_dict(), tmp_path / "rule.ckpt")
    after.load_state_dict(torch.load(tmp_path / "rule.ckpt", weights_only=True))
    watched(after, steps[113:])
    assert after.seen == whole.seen == WEAKLY
    assert same_state(whole.state_dict(), after.state_dict())


def all_but_seen(steps):
    """Return a rule that sees weakly correlated noise at the next step, which is returned too."""
    number = next(n for n, rule in enumerate(watching(steps)) if rule.seen == WEAKLY)
    return watched(Blind(), steps[:number]), steps[number]


def watching(steps):
    rule = Blind()
    for step in steps:
        rule.see(step)
        yield rule


def test_texture_that_is_not_fitted_yet_is_not_taken_for_weakly_correlated_noise():
    rule, step = all_but_seen(list(weakly_correlated_fit()))
    rule.penalty.residual_there = 3 * rule.penalty.residual_there
    rule.see(step)
    assert rule.seen == WHITE


def test_a_residual_that_is_getting_whiter_is_not_taken_for_weakly_correlated_noise():
    rule, step = all_but_seen(list(weakly_correlated_fit()))
    rule.whitest = 3 * rule.whitest
    rule.see(step)
    assert rule.seen == WHITE
    rule, step = all_but_seen(list(weakly_correlated_fit()))
    rule.see(step)
    assert rule.seen == WEAKLY


def test_the_state_of_a_version_without_the_penalty_is_taken():
    steps = list(weakly_correlated_fit(200))
    old = watched(Blind(), steps[:40]).state_dict()
    del old["penalty"], old["whitest"]
    rule = Blind()
    rule.load_state_dict(old)
    watched(rule, steps[40:60])
    assert rule.seen == WHITE
