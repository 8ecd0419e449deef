"""The rule that watches how white the residual is."""

import math
from dataclasses import replace

import pytest
import torch

from tests.stopping.trajectory import TURN, problem, smooth, trajectory, watched
from untrained.degradation.inpainting import Inpainting
from untrained.problem import Problem
from untrained.stopping.blind import Blind
from untrained.stopping.rule import NO_NOISE
from untrained.stopping.whiteness import TOO_SPARSE, Whiteness, correlation, known_correlation


def test_whiteness_is_the_formula():
    step = list(trajectory(10))[9]
    rule = watched(Whiteness(radius=2), [replace(step, number=0)])
    residual = (step.measurement - step.target).double()
    squares = []
    for channel in residual[0]:
        for down in range(-2, 3):
            for across in range(-2, 3):
                if (down, across) != (0, 0):
                    moved = channel.roll((down, across), (0, 1))
                    squares.append(((channel * moved).mean() / channel.square().mean()) ** 2)
    assert rule.statistic.item() == pytest.approx(torch.stack(squares).mean().item(), rel=1e-4)


def test_white_noise_is_white():
    step = next(trajectory(1, shape=(1, 3, 64, 64)))
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    rule = watched(Whiteness(), [replace(step, measurement=step.target + noise)])
    assert rule.statistic.item() == pytest.approx(1 / 64**2, rel=0.3)


def test_a_statistic_that_has_risen_is_waited_for_no_longer():
    steps = list(trajectory(coloured=True))
    patient, quick = (Whiteness(every=5, rise=rise, sustained=2) for rise in (math.inf, 1.2))
    for each in steps[: TURN + 60]:
        patient.see(each)
        quick.see(each)
    assert quick.detected
    assert not patient.detected
    assert quick.step == patient.step


def test_steps_that_jump_away_from_the_target_end_nothing():
    rule = Whiteness(every=1)
    for each in trajectory(TURN + 1, coloured=True, average=False):
        jump = each.number > 50 and each.number % 20 < 10
        shift = each.measurement.roll(3, 3) if jump else each.measurement
        rule.see(replace(each, measurement=shift))
    assert not rule.detected
    assert rule.step > TURN - 20


def test_of_steps_that_are_about_as_white_the_latest_is_taken():
    steps = list(trajectory(TURN // 2, coloured=True))[::10]
    rule = Whiteness(every=1)
    statistics = iter([4.0, 2.0, 2.15, 2.3, 2.19, 3.0])
    rule.measure = lambda _: torch.tensor(next(statistics))
    for number, each in enumerate(steps[:6]):
        rule.see(replace(each, number=number))
    assert rule.step == 4
    assert rule.lowest == 2


def test_a_plain_picture_is_not_white_before_its_brightness_is_fitted():
    noise = 0.05 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    far, near = correlation(noise + 0.4, radius=4), correlation(noise, radius=4)
    assert far > 0.9
    assert near < 0.01
    known = random_mask((1, 1, 64, 64)).expand(1, 3, 64, 64)
    assert known_correlation(noise + 0.4, known, radius=4) > 0.9


def random_mask(shape, keep=0.5):
    return (torch.rand(shape, generator=torch.Generator().manual_seed(5)) < keep).float()


@pytest.mark.parametrize("shape", [(1, 3, 33, 48), (2, 1, 40, 31)])
def test_where_all_is_known_the_masked_whiteness_is_the_plain_one(shape):
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    for residual in (noise, smooth(noise)):
        expected = correlation(residual, radius=4)
        found = known_correlation(residual, torch.ones(1, *shape[1:]), radius=4)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("each_channel", [False, True])
def test_white_noise_of_which_half_is_known_is_as_white_as_its_pairs_are_many(each_channel):
    shape = (1, 3, 128, 120)
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    mask = random_mask(shape if each_channel else (1, 1, *shape[2:])).expand(shape)
    pairs = 0.5**2 * 128 * 120
    white = known_correlation(noise, mask, radius=4)
    assert white.item() == pytest.approx(1 / pairs, rel=0.3)
    # Structure is seen through the mask.
    coloured = known_correlation(smooth(noise), mask, radius=4)
    assert coloured > 100 * white
    assert coloured.item() == pytest.approx(correlation(smooth(noise), 4).item(), rel=0.1)


def test_the_masked_whiteness_is_the_formula():
    residual = torch.randn(1, 2, 30, 25, generator=torch.Generator().manual_seed(3))
    mask = random_mask((1, 2, 30, 25), keep=0.7)
    squares = []
    for r, w in zip(residual[0].double(), mask[0].double(), strict=True):
        variance = (w * r * r).sum() / w.sum()
        for down in range(-2, 3):
            for across in range(-2, 3):
                if (down, across) != (0, 0):
                    moved_r, moved_w = (each.roll((down, across), (0, 1)) for each in (r, w))
                    mean = (w * r * moved_w * moved_r).sum() / (w * moved_w).sum()
                    squares.append((mean / variance) ** 2)
    found = known_correlation(residual, mask, radius=2)
    assert found.item() == pytest.approx(torch.stack(squares).mean().item(), rel=1e-4)


def test_lags_of_which_hardly_a_pair_is_known_count_as_nothing():
    mask = torch.zeros(1, 1, 40, 40)
    mask[..., ::4, ::4] = 1  # 100 pixels, whose only pairs are 4 apart.
    residual = torch.randn(1, 1, 40, 40, generator=torch.Generator().manual_seed(3))
    assert known_correlation(residual, mask, radius=3) == pytest.approx(0, abs=1e-6)
    assert known_correlation(residual, mask, radius=4) > 1e-4


def test_what_stands_in_a_lost_pixel_is_no_matter_to_the_rule():
    lost = Inpainting(0.5)
    (step,) = trajectory(1, shape=(1, 3, 64, 64), of=problem(lost))
    other = torch.where(lost.known(step.target), step.target, 9.0)
    first, second = (Whiteness().measure(replace(step, target=y)) for y in (step.target, other))
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("degradation", [None, Inpainting(0.5)])
def test_a_target_without_noise_has_nothing_to_be_whitened(degradation):
    target = torch.rand(1, 3, 32, 32)
    assert Whiteness().suits(problem(degradation, noisy=False), target) == NO_NOISE
    assert Whiteness().suits(problem(degradation), target) is None


@pytest.mark.parametrize("rule", [Whiteness, Blind])
def test_it_is_left_out_where_hardly_two_known_pixels_are_neighbours(rule):
    """Otherwise the statistic is 0 at all steps, and the first is picked."""
    for keep, reason in ((0.05, TOO_SPARSE), (0.5, None)):
        degradation = Inpainting(keep=keep)
        target = degradation(torch.rand(1, 3, 64, 64))
        problem = Problem(degradation, torch.nn.MSELoss())
        assert rule().suits(problem, target) == reason
    without_noise = Problem(degradation, torch.nn.MSELoss(), noisy=False)
    assert rule().suits(without_noise, target) == NO_NOISE
