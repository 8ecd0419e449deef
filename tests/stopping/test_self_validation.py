"""Pixels that are held out tell the turn."""

from dataclasses import replace

import pytest
import torch

from tests.stopping.trajectory import TURN, problem, smooth, trajectory, watched
from untrained.degradation.inpainting import Inpainting
from untrained.holdout import Holdout
from untrained.stopping.self_validation import SelfValidation


def test_self_validation_finds_the_turn():
    holdout = Holdout(0.1)

    def learnt(steps):
        """Learn the noise around the pixels that are held out, never theirs."""
        for each in steps:
            noise = each.target - 0.5 - field
            around = smooth(torch.where(holdout.mask(each.target), 0, noise))
            image = each.measurement + max(0, each.number - TURN) / 20 * (around - noise)
            yield replace(each, images=image, measurement=image)

    field = list(trajectory(TURN + 1))[TURN].reconstruction - 0.5
    steps = trajectory(of=problem(holdout=holdout))
    rule = watched(SelfValidation(patience=60), learnt(steps))
    assert rule.detected
    assert abs(rule.step - TURN) <= 5


@pytest.mark.parametrize("each_channel", [False, True])
def test_the_statistic_is_the_error_of_the_known_pixels_that_are_held_out(each_channel):
    lost, holdout = Inpainting(0.5, each_channel=each_channel), Holdout(0.3)
    of = problem(lost, holdout=holdout)
    (step,) = trajectory(1, of=of)
    both = lost.known(step.target) & holdout.mask(step.target)
    squares = (step.measurement - step.target).square()
    expected = squares[both.expand_as(squares)].mean()
    # What stands in a lost pixel is no matter.
    target = torch.where(lost.known(step.target), step.target, 9.0)
    found = SelfValidation().measure(replace(step, target=target))
    torch.testing.assert_close(found, expected)


def test_without_pixels_that_are_held_out_it_asks_for_the_word():
    target = torch.rand(1, 3, 16, 16)
    reason = SelfValidation().suits(problem(), target)
    assert reason == "holdout.share must be a number between 0 and 1, got 0.0"
    assert SelfValidation().suits(problem(holdout=Holdout(0.1), noisy=False), target) is None
    few = problem(Inpainting(0.01), holdout=Holdout(1e-6))
    reason = SelfValidation().suits(few, target)
    assert reason == "holdout.share must be larger: it holds out no known pixel, got 1e-06"
