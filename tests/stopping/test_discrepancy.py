"""The rule that stops where the residual is as small as the noise."""

from dataclasses import replace

import pytest

from tests.stopping.trajectory import problem, trajectory, watched
from untrained.degradation.inpainting import Inpainting
from untrained.noise.level import noise_level
from untrained.stopping.discrepancy import Discrepancy


def test_the_discrepancy_is_that_of_the_estimated_noise():
    (step,) = trajectory(1)
    rule = watched(Discrepancy(), [step])
    residual = (step.measurement - step.target).square().mean()
    expected = residual / (noise_level(step.target) / 255) ** 2
    assert rule.statistic.item() == pytest.approx(expected.item())


def test_of_a_target_with_lost_pixels_the_noise_is_that_of_the_known_ones():
    lost = Inpainting(0.5)
    (step,) = trajectory(1, shape=(1, 3, 64, 64), of=problem(lost))
    known = lost.known(step.target)
    rule = watched(Discrepancy(), [replace(step, target=lost.masked(step.target))])
    residual = (step.measurement - step.target)[known.expand_as(step.target)].square().mean()
    expected = residual / (noise_level(step.target, known) / 255) ** 2
    assert rule.statistic.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_level_that_was_said_counts_where_the_target_does_not_show_it():
    (step,) = trajectory(1)
    said = problem(sigma=10)
    seen = watched(Discrepancy(), [replace(step, problem=said)])
    assert seen.statistic == watched(Discrepancy(), [step]).statistic, "a picture shows it"
    hidden = replace(
        step,
        problem=said,
        target=step.target[..., :10, :],
        measurement=step.measurement[..., :10, :],
    )
    rule = watched(Discrepancy(), [hidden])
    residual = (hidden.measurement - hidden.target).square().mean()
    assert rule.statistic.item() == pytest.approx(residual.item() / (10 / 255) ** 2)
