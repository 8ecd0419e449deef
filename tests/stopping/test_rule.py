"""The rules one by one: the turning point is found, and the running update is the formula."""

from functools import partial

import numpy as np
import pytest
import torch

from tests.stopping.trajectory import TURN, smooth, trajectory, watched
from untrained.stopping.blind import Blind
from untrained.stopping.discrepancy import Discrepancy
from untrained.stopping.fixed import FixedStep
from untrained.stopping.lowest_residual import LowestResidual
from untrained.stopping.risk import GaussianRisk, PoissonRisk, Twin
from untrained.stopping.spectrum import Bands, correspondence
from untrained.stopping.validation import Holdout, SelfValidation
from untrained.stopping.variance import ExponentialVariance, WindowedVariance
from untrained.stopping.whiteness import Whiteness

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
    iterates = list(trajectory(shape=shape, **words))
    rule = watched(make(), iterates)
    assert rule.detected
    assert abs(rule.step - TURN) <= within
    assert torch.equal(rule.reconstruction, iterates[rule.step].reconstruction)
    assert torch.equal(rule.average, iterates[rule.step].average)
    assert rule.recommended is rule.average


def test_self_validation_finds_the_turn():
    holdout = Holdout(0.1)

    def fit(iterates):
        """Learn the noise around the pixels that are held out, never theirs."""
        for each in iterates:
            noise = each.target - 0.5 - field
            around = smooth(torch.where(holdout.mask(each.target), 0, noise))
            image = each.measurement + max(0, each.step - TURN) / 20 * (around - noise)
            yield each._replace(reconstruction=image, measurement=image)

    field = list(trajectory(TURN + 1))[TURN].reconstruction - 0.5
    rule = watched(SelfValidation(holdout, patience=60), fit(trajectory()))
    assert rule.detected
    assert abs(rule.step - TURN) <= 5


@pytest.mark.parametrize("make", [partial(GaussianRisk, sigma=25.5), partial(PoissonRisk, peak=50)])
def test_the_unbiased_risks_find_the_turn(make):
    twin = Twin(epsilon=1)
    rule = make(twin, patience=60)
    for each in trajectory(240):
        learnt = max(0, each.step - TURN) / 20 * (twin.perturbed(each.target) - each.target)
        rule.update(each._replace(twin=each.measurement + learnt))
    assert rule.detected
    assert abs(rule.step - TURN) <= 3


@pytest.mark.parametrize(
    "make",
    [
        partial(Discrepancy, sigma=25),
        LowestResidual,
        Whiteness,
        Blind,
        Bands,
        partial(SelfValidation, Holdout(0.1)),
        partial(GaussianRisk, Twin(1), sigma=25),
        partial(PoissonRisk, Twin(1), peak=50),
    ],
)
def test_of_several_fits_a_rule_sees_the_mean_over_all(make):
    iterate = list(trajectory(TURN // 2))[-1]
    fits = [iterate.measurement, iterate.measurement.lerp(iterate.target, 0.3)]
    alone = [
        make().measure(iterate._replace(measurement=x, twin=x.lerp(y, 0.1)))
        for x, y in zip(fits, fits[::-1], strict=True)
    ]
    twins = torch.cat([fits[0].lerp(fits[1], 0.1), fits[1].lerp(fits[0], 0.1)])
    together = make().measure(iterate._replace(measurement=torch.cat(fits), twin=twins))
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
    iterates = list(trajectory(20))
    rule = watched(Discrepancy(sigma=1), iterates)
    assert (rule.detected, rule.step) == (False, 19)
    assert torch.equal(rule.reconstruction, iterates[19].reconstruction)


def test_an_image_that_is_written_over_later_is_kept():
    (iterate,) = trajectory(1)
    rule = watched(FixedStep(0), [iterate])
    iterate.average.fill_(7)
    assert rule.average.max() < 7


def test_of_steps_that_are_about_as_white_the_latest_is_taken():
    iterates = list(trajectory(TURN // 2, coloured=True))[::10]
    rule = Whiteness(every=1)
    statistics = iter([4.0, 2.0, 2.15, 2.3, 2.19, 3.0])
    rule.measure = lambda _: torch.tensor(next(statistics))
    for step, each in enumerate(iterates[:6]):
        rule.update(each._replace(step=step))
    assert rule.step == 4
    assert rule.lowest == 2


def test_nan_in_the_image_is_no_pick():
    iterates = list(trajectory())
    nan = iterates[140].reconstruction * float("nan")
    for name in ("wmv", "emv", "whiteness"):
        rule = watched(RULES[name][0](), iterates[:140])
        best = int(rule.step)
        rule.update(iterates[140]._replace(reconstruction=nan, measurement=nan))
        assert rule.step == best


def walk(steps):
    """Give images that move ever less: hard on a difference of large sums."""
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 3, 9, 11, generator=generator)
    for iterate in trajectory(steps, shape=(1, 3, 9, 11)):
        image = image + 0.1 * 0.99**iterate.step * torch.randn(image.shape, generator=generator)
        yield iterate._replace(reconstruction=image)


def test_windowed_variance_is_the_formula_to_the_last():
    rule, images, window = WindowedVariance(window=20, patience=10_000), [], 20
    for iterate in walk(900):
        rule.update(iterate)
        images.append(iterate.reconstruction.double())
        if iterate.step >= window - 1:
            stack = torch.stack(images[-window:])
            direct = (stack - stack.mean(0)).square().mean()
            assert rule.statistic.item() == pytest.approx(direct.item(), rel=5e-3)
        else:
            assert rule.statistic.isnan()
    assert direct < 1e-6


def test_exponential_variance_is_the_formula():
    rule = ExponentialVariance(alpha=0.3)
    for iterate in walk(200):
        rule.update(iterate)
        image = iterate.reconstruction.double()
        if iterate.step == 0:
            mean, variance = image, torch.tensor(0.0)
        else:
            old, mean = mean, 0.7 * mean + 0.3 * image
            variance = 0.7 * (variance + 0.3 * (image - old).square().mean())
        assert rule.statistic.item() == pytest.approx(variance.item(), rel=1e-4)


def test_correspondence_is_the_formula():
    iterate = list(trajectory(10))[9]
    images = (image[0].double().numpy() for image in (iterate.measurement, iterate.target))
    x, y = (np.fft.fft2(image) for image in images)
    _, height, width = y.shape
    sums, powers = np.zeros(5), np.zeros(5)
    for v in range(height):
        for u in range(width // 2 + 1):  # the other half mirrors it
            radius = 2 * np.hypot(min(v, height - v) / height, u / width)
            if 0 < radius < 1:
                sums[int(radius * 5)] += (x * y.conj()).real[:, v, u].sum()
                powers[int(radius * 5)] += (abs(y) ** 2)[:, v, u].sum()
    found = correspondence(iterate.measurement, iterate.target, 5)
    np.testing.assert_allclose(found.numpy(), sums / powers, rtol=1e-3, atol=1e-6)


def test_correspondence_is_0_of_nothing_and_1_of_everything():
    target = torch.rand(1, 1, 17, 20)
    assert correspondence(0 * target, target, 4).max() == 0
    torch.testing.assert_close(correspondence(target, target, 4), torch.ones(4))
    other = torch.rand(1, 1, 17, 20, generator=torch.Generator().manual_seed(2))
    assert correspondence(other, target, 2).abs().max() < 0.3, "a texture of its own is no fit"


@pytest.mark.parametrize("age", [lambda _: 22.0, lambda step: step / 5])
@pytest.mark.parametrize("name", RULES)
def test_of_an_average_the_image_is_taken_as_much_later_as_it_is_old(name, age):
    make, words, _ = RULES[name]
    iterates = [each._replace(age=age(each.step)) for each in trajectory(**words)]
    young, old = watched(make(), trajectory(**words)), watched(make(), iterates)
    later = 0 if name == "fixed" else age(old.step)
    assert old.detected
    assert abs(old.step - young.step - later) <= old.every / 2
    assert torch.equal(old.average, iterates[old.step].average)


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
