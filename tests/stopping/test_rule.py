"""What holds of every rule: the turning point is found, and what is picked is kept."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from tests.stopping.trajectory import TURN, problem, trajectory, watched
from untrained.degradation.blur import Blur
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.mosaic import Mosaic
from untrained.holdout import Holdout
from untrained.objective import BackProjection
from untrained.problem import Problem
from untrained.stopping.bands import NO_DETAIL, Bands
from untrained.stopping.blind import Blind
from untrained.stopping.covariance_penalty import CovariancePenalty
from untrained.stopping.discrepancy import Discrepancy
from untrained.stopping.emv import ExponentialVariance
from untrained.stopping.fixed import FixedStep
from untrained.stopping.lowest_residual import LowestResidual
from untrained.stopping.pure import PoissonRisk
from untrained.stopping.rounding import Rounding
from untrained.stopping.rule import AMPLIFIED, NO_LEVEL, NO_NOISE, NO_PICTURE, NO_SIGHT, NOT_WHOLE
from untrained.stopping.self_validation import SelfValidation
from untrained.stopping.sure import GaussianRisk
from untrained.stopping.whiteness import Whiteness
from untrained.stopping.wmv import WindowedVariance
from untrained.twin import Twin

RULES = {
    "wmv": (partial(WindowedVariance, window=10, patience=60), {}, 0),
    "emv": (partial(ExponentialVariance, patience=60), {}, 5),
    "discrepancy": (partial(Discrepancy, sigma=25.49, factor=1), {}, 3),
    "whiteness": (partial(Whiteness, patience=60, every=5), {"coloured": True}, 10),
    "bands": (partial(Bands, filled=0.05), {}, 10),
    "blind": (partial(Blind, patience=60, every=5), {"coloured": True}, 10),
    "fixed": (partial(FixedStep, TURN), {}, 0),
}


@pytest.mark.parametrize("shape", [(1, 3, 33, 47), (1, 1, 64, 31)])
@pytest.mark.parametrize("name", RULES)
def test_the_turning_point_is_found(name, shape):
    make, words, within = RULES[name]
    steps = list(trajectory(shape=shape, **words))
    rule = watched(make(), steps)
    assert rule.detected
    assert abs(rule.step - TURN) <= within
    assert torch.equal(rule.reconstruction, steps[rule.step].reconstruction)
    assert torch.equal(rule.average, steps[rule.step].average)
    assert rule.recommended is rule.average


@pytest.mark.parametrize(
    "make",
    [
        partial(Discrepancy, sigma=25),
        Rounding,
        LowestResidual,
        Whiteness,
        Blind,
        Bands,
        SelfValidation,
        partial(GaussianRisk, sigma=25),
        partial(PoissonRisk, peak=50),
    ],
)
def test_of_several_fits_a_rule_sees_the_mean_over_all(make):
    of = problem(holdout=Holdout(0.1), twin=Twin(1))
    step = list(trajectory(TURN // 2, of=of))[-1]
    fits = [step.measurement, step.measurement.lerp(step.target, 0.3)]
    alone = [
        make().measure(replace(step, measurement=x, twin=x.lerp(y, 0.1)))
        for x, y in zip(fits, fits[::-1], strict=True)
    ]
    twins = torch.cat([fits[0].lerp(fits[1], 0.1), fits[1].lerp(fits[0], 0.1)])
    together = make().measure(replace(step, measurement=torch.cat(fits), twin=twins))
    torch.testing.assert_close(together, torch.stack(alone).mean())


def test_nothing_is_detected_before_the_turn():
    for name in ("wmv", "emv", "whiteness"):
        make, words, _ = RULES[name]
        rule = watched(make(), trajectory(TURN, **words))
        assert not rule.detected
        assert rule.step > TURN - 11, "the best so far"


def test_without_an_average_the_reconstruction_is_recommended():
    rule = watched(FixedStep(3), trajectory(5, average=False))
    assert rule.average is None
    assert rule.recommended is rule.reconstruction
    assert rule.step == 3


def test_a_rule_that_has_not_crossed_holds_the_latest_step():
    steps = list(trajectory(20))
    rule = watched(Discrepancy(sigma=1), steps)
    assert (rule.detected, rule.step) == (False, 19)
    assert torch.equal(rule.reconstruction, steps[19].reconstruction)


def test_an_image_that_is_written_over_later_is_kept():
    (step,) = trajectory(1)
    rule = watched(FixedStep(0), [step])
    step.average.fill_(7)
    assert rule.average.max() < 7


def test_nan_in_the_image_is_no_pick():
    steps = list(trajectory())
    nan = steps[140].reconstruction * float("nan")
    for name in ("wmv", "emv", "whiteness"):
        rule = watched(RULES[name][0](), steps[:140])
        best = int(rule.step)
        rule.see(replace(steps[140], images=nan, measurement=nan))
        assert rule.step == best


@pytest.mark.parametrize("age", [lambda _: 22.0, lambda step: step / 5])
@pytest.mark.parametrize("name", RULES)
def test_of_an_average_the_image_is_taken_as_much_later_as_it_is_old(name, age):
    make, words, _ = RULES[name]
    steps = [replace(each, age=age(each.number)) for each in trajectory(**words)]
    young, old = watched(make(), trajectory(**words)), watched(make(), steps)
    later = 0 if name == "fixed" else age(old.step)
    assert old.detected
    assert abs(old.step - young.step - later) <= old.every / 2
    assert torch.equal(old.average, steps[old.step].average)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: WindowedVariance(window=1), "window"),
        (lambda: WindowedVariance(patience=0), "patience"),
        (lambda: ExponentialVariance(alpha=1), "alpha"),
        (lambda: ExponentialVariance(warmup=-1), "warmup"),
        (lambda: Discrepancy(sigma=0), "sigma"),
        (lambda: Discrepancy(factor="much"), "factor"),
        (lambda: LowestResidual(patience=0), "patience"),
        (lambda: Whiteness(radius=1.5), "radius"),
        (lambda: Whiteness(rise=1), "rise"),
        (lambda: Whiteness(sustained=0), "sustained"),
        (lambda: Blind(error_rise=1), "error_rise"),
        (lambda: Bands(filled=1), "filled"),
        (lambda: Bands(count=1), "count"),
        (lambda: Bands(every=0), "every"),
        (lambda: FixedStep(step=-1), "step"),
    ],
)
def test_bad_words_are_refused(make, word):
    with pytest.raises(ValueError, match=f"^{word} must be a"):
        make()


@pytest.mark.parametrize(
    ("make", "without_noise", "without_a_part"),
    [
        (Blind, NO_NOISE, None),
        (Whiteness, NO_NOISE, None),
        (Discrepancy, NO_NOISE, None),
        (Bands, NO_NOISE, NOT_WHOLE),
        (CovariancePenalty, NO_NOISE, NOT_WHOLE),
        (WindowedVariance, NO_NOISE, None),
        (ExponentialVariance, NO_NOISE, None),
        (LowestResidual, None, None),
        (partial(FixedStep, 3), None, None),
    ],
)
def test_a_rule_says_why_it_would_be_wrong(make, without_noise, without_a_part):
    target, lost = torch.rand(1, 3, 32, 32), Inpainting(0.5)
    assert make().suits(problem(), target) is None
    assert make().suits(problem(noisy=False), target) == without_noise
    assert make().suits(problem(lost), target) == without_a_part
    assert make().suits(problem(lost, noisy=False), target) == without_noise


@pytest.mark.parametrize("noisy", [True, False])
def test_where_the_noise_is_amplified_only_rules_that_watch_the_images_suit(noisy):
    amplifying = Problem(Blur(), BackProjection(epsilon=0.1), noisy=noisy)
    target = torch.rand(1, 3, 16, 16)
    for make in (Blind, Whiteness, Discrepancy, CovariancePenalty):
        assert make().suits(amplifying, target) == AMPLIFIED
    for make in (ExponentialVariance, WindowedVariance):
        assert make().suits(amplifying, target) is None
    assert Blind().suits(Problem(Blur(), BackProjection(epsilon=2)), target) is None


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        *((make, NO_PICTURE) for make in (Blind, Whiteness, Bands, CovariancePenalty)),
        *((make, NO_LEVEL) for make in (Discrepancy, GaussianRisk)),
    ],
)
@pytest.mark.parametrize("shape", [(1, 3, 16, 15), (1, 100)])
def test_noise_is_read_off_a_picture_alone(make, reason, shape):
    assert make().suits(problem(twin=Twin(1)), torch.rand(shape)) == reason


def test_noise_is_not_read_off_a_picture_whose_neighbours_differ():
    of_mosaic = problem(degradation=Mosaic())
    target = torch.rand(1, 1, 16, 16)
    assert Blind().suits(of_mosaic, target) == NO_SIGHT
    assert Discrepancy().suits(of_mosaic, target) == NO_LEVEL
    assert Discrepancy(sigma=25).suits(of_mosaic, target) is None
    assert Discrepancy().suits(problem(degradation=Mosaic(), sigma=25), target) is None
    of_jpeg = problem(degradation=JpegFile(), sigma=25)
    assert Discrepancy().suits(of_jpeg, target) == NO_LEVEL, "its residual is the rounding too"
    assert ExponentialVariance().suits(of_mosaic, target) is None


def test_the_highest_band_of_a_blurred_target_is_not_waited_for():
    target = torch.rand(1, 1, 16, 16)
    assert Bands().suits(problem(degradation=Blur()), target) == NO_DETAIL
    assert Blind().suits(problem(degradation=Blur()), target) is None


@pytest.mark.parametrize("make", [Discrepancy, GaussianRisk])
def test_a_level_that_is_said_needs_no_picture(make):
    assert make(sigma=25).suits(problem(twin=Twin(1)), torch.rand(1, 100)) is None


def test_the_rules_that_keep_a_step_share_its_images():
    first, second = Discrepancy(sigma=25), Discrepancy(sigma=25)
    for step in trajectory():
        first.see(step)
        second.see(step)
        assert first.reconstruction is second.reconstruction is not step.reconstruction
        assert first.average is second.average is not step.average


@pytest.mark.parametrize("make", [partial(ExponentialVariance, warmup=31), WindowedVariance])
def test_a_rule_that_may_pick_no_step_yet_picks_the_last(make):
    steps = list(trajectory(30))
    rule = watched(make(patience=1), steps)
    assert (rule.step, rule.detected) == (29, False)
    assert torch.equal(rule.average, steps[-1].average)
