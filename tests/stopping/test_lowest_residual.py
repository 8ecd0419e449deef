"""The rule that keeps the image closest to the noisy one."""

from dataclasses import replace

from tests.stopping.trajectory import trajectory, watched
from untrained.stopping.lowest_residual import LowestResidual


def test_the_lowest_residual_is_kept():
    steps = list(trajectory(20))
    shuffled = [replace(steps[at], number=number) for number, at in enumerate((3, 9, 8, 5))]
    rule = watched(LowestResidual(), shuffled)
    assert rule.step == 1
    assert not rule.detected
