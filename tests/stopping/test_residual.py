"""The rules that watch the residual, and the level of the noise that they go by."""

import math

import pytest
import torch

from tests.stopping.trajectory import TURN, same_state, smooth, trajectory, watched
from untrained.noise.level import noise_level, without_impulses
from untrained.noise.salt_and_pepper import SaltAndPepper
from untrained.stopping.blind import IMPULSES, WHITE, Blind
from untrained.stopping.discrepancy import Discrepancy
from untrained.stopping.lowest_residual import LowestResidual
from untrained.stopping.rule import Iterate
from untrained.stopping.whiteness import Whiteness


def test_whiteness_is_the_formula():
    iterate = list(trajectory(10))[9]
    rule = watched(Whiteness(radius=2), [iterate._replace(step=0)])
    residual = (iterate.measurement - iterate.target).double()
    residual = residual - residual.mean((2, 3), keepdim=True)
    squares = []
    for channel in residual[0]:
        for down in range(-2, 3):
            for across in range(-2, 3):
                if (down, across) != (0, 0):
                    moved = channel.roll((down, across), (0, 1))
                    squares.append(((channel * moved).mean() / channel.square().mean()) ** 2)
    assert rule.statistic.item() == pytest.approx(torch.stack(squares).mean().item(), rel=1e-4)


def test_white_noise_is_white():
    iterate = next(trajectory(1, shape=(1, 3, 64, 64)))
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    rule = watched(Whiteness(), [iterate._replace(measurement=iterate.target + noise)])
    assert rule.statistic.item() == pytest.approx(1 / 64**2, rel=0.3)


def test_a_statistic_that_has_risen_is_waited_for_no_longer():
    iterates = list(trajectory(coloured=True))
    patient, quick = (Whiteness(every=5, rise=rise, sustained=2) for rise in (math.inf, 1.2))
    for each in iterates[: TURN + 60]:
        patient.update(each)
        quick.update(each)
    assert quick.detected
    assert not patient.detected
    assert quick.step == patient.step


def test_of_impulses_the_blind_rule_measures_what_is_recommended():
    (iterate,) = trajectory(1)
    target = SaltAndPepper(0.2)(smooth_of(iterate.target) / 4 + 0.5)
    seen = iterate._replace(target=target, degradation=lambda x: x / 2)
    rule = Blind()
    for one in (seen, seen._replace(average=None)):
        shown = one.reconstruction if one.average is None else one.average
        expected = (shown / 2 - without_impulses(target)).square().mean()
        torch.testing.assert_close(rule.measure(one), expected)
        assert rule.seen == IMPULSES
        assert rule.lag(one._replace(age=7.0)) == 0


def test_steps_that_jump_away_from_the_target_end_nothing():
    rule = Whiteness(every=1)
    for each in trajectory(TURN + 1, coloured=True, average=False):
        jump = each.step > 50 and each.step % 20 < 10
        shift = each.measurement.roll(3, 3) if jump else each.measurement
        rule.update(each._replace(measurement=shift))
    assert not rule.detected
    assert rule.step > TURN - 20


def test_the_blind_rule_is_whiteness_for_noise_that_every_pixel_has():
    blind = watched(Blind(every=5, patience=60), trajectory(coloured=True))
    white = watched(Whiteness(every=5, patience=60), trajectory(coloured=True))
    assert blind.seen == WHITE
    assert blind.detected
    assert blind.step == white.step
    assert blind.statistic == white.statistic


def impulsive_fit(amount=0.1, age=22.0, steps=400):
    """Learn the image up to step 100, then its impulses; the average is the image."""
    clean = smooth(torch.rand(1, 3, 40, 56, generator=torch.Generator().manual_seed(1)))
    clean = 0.25 + clean / 2
    target = SaltAndPepper(amount)(clean)
    for step in range(steps):
        learnt = clean.lerp(torch.full_like(clean, 0.5), math.exp(-step / 20))
        image = learnt.lerp(target, max(0, step - 100) / 1000)
        yield Iterate(step, image, image.clone(), image, target, age=age)


@pytest.mark.parametrize("amount", [0.02, 0.1])
def test_of_impulses_the_blind_rule_stops_before_they_are_fitted(amount):
    iterates = list(impulsive_fit(amount))
    rule = watched(Blind(every=1), iterates[:101])
    assert rule.seen == IMPULSES
    assert not rule.detected
    watched(rule, iterates[101:])
    assert rule.detected
    # A hundredth of the impulses is fitted at step 110; the age of the average is no matter.
    assert 98 <= rule.step <= 110
    assert torch.equal(rule.average, iterates[rule.step].average)


def test_of_impulses_the_blind_rule_waits_for_its_error_to_rise():
    found = {}
    for rise in (1.2, 1.5, math.inf):
        rule = Blind(every=1, error_rise=rise)
        ends = (each.step for each in impulsive_fit() if rule.update(each) or rule.detected)
        found[rise] = next(ends, None)
    assert found[1.2] < found[1.5]
    assert found[math.inf] is None


def test_of_impulses_the_blind_rule_goes_on_from_its_state_bit_for_bit(tmp_path):
    iterates = list(impulsive_fit(steps=200))
    whole, before, after = Blind(), Blind(), Blind()
    watched(whole, iterates)
    torch.save(watched(before, iterates[:93]).state_dict(), tmp_path / "rule.ckpt")
    after.load_state_dict(torch.load(tmp_path / "rule.ckpt", weights_only=True))
    watched(after, iterates[93:])
    assert after.seen == IMPULSES
    assert same_state(whole.state_dict(), after.state_dict())


def test_the_lowest_residual_is_kept():
    shuffled = zip(range(4), (list(trajectory(20))[step] for step in (3, 9, 8, 5)), strict=True)
    rule = watched(LowestResidual(), [each._replace(step=step) for step, each in shuffled])
    assert rule.step == 1
    assert not rule.detected


def test_the_discrepancy_is_that_of_the_estimated_noise():
    (iterate,) = trajectory(1)
    rule = watched(Discrepancy(), [iterate])
    residual = (iterate.measurement - iterate.target).square().mean()
    expected = residual / (noise_level(iterate.target) / 255) ** 2
    assert rule.statistic.item() == pytest.approx(expected.item())


def smooth_of(image):
    return torch.linspace(-1, 1, image.shape[-1]).expand_as(image)
