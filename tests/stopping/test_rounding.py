"""The rule that stops where the numbers of a JPEG file are met as well as rounding allows."""

from dataclasses import replace

import pytest
import torch

from tests.stopping.trajectory import problem, trajectory
from untrained.degradation.jpeg import JpegFile
from untrained.stopping.rounding import Rounding
from untrained.stopping.rule import NO_ROUNDING

VALUES = 20 * torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) - 10


def statistic(measurement, target):
    (step,) = trajectory(1)
    return Rounding().measure(replace(step, measurement=measurement, target=target)).item()


def test_what_is_rounded_is_as_far_from_its_numbers_as_rounding_allows():
    assert statistic(VALUES, VALUES.round()) == pytest.approx(1, rel=0.05)


def test_a_number_of_zero_says_nothing_of_how_far_it_was_rounded():
    target = VALUES.round()
    elsewhere = VALUES.where(target != 0, 7)
    assert statistic(elsewhere, target) == pytest.approx(statistic(VALUES, target))


def test_the_first_step_near_enough_is_picked():
    (step,) = trajectory(1)
    target, rule = VALUES.round(), Rounding()
    for number, far in enumerate([3.0, 1.1, 0.9, 0.1]):
        error = far**0.5 * (VALUES - target)
        rule.see(replace(step, number=number, target=target, measurement=target + error))
    assert rule.at == 2
    assert rule.detected


def test_it_is_for_rounded_numbers_alone():
    target = torch.rand(1, 3, 32, 32)
    assert Rounding().suits(problem(), target) == NO_ROUNDING
    assert Rounding().suits(problem(JpegFile(), noisy=False), target) is None
