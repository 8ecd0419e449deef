"""Curves over the steps, and the labels beside them."""

import math

import numpy as np
import pytest

from tests.figure.drawing import (
    RISING,
    RISING_AND_FALLING,
    STEPS,
    crossing,
    curve_of,
    overlapping,
    run_of,
    size,
    watched_run,
    words,
)
from untrained.figure import (
    Series,
    curves,
)
from untrained.figure.label import spread


def test_the_best_step_and_the_noisy_image_are_named():
    drawn = words(curves([run_of()], 20.34))
    assert "28.4 dB at step 1336" in drawn
    assert "noisy image 20.3 dB" in drawn
    assert "against the clean image" in drawn
    assert "against the noisy image" in drawn
    assert "moving average" not in drawn


def test_every_run_has_its_name_and_best_step():
    drawn = words(curves([run_of(), run_of("DD", RISING, average=25.0)], 20.34))
    for word in ("DIP", "best 28.4 dB at step 1336", "DD", "best 26.9 dB at step 2999"):
        assert word in drawn
    assert "moving average" in drawn


@pytest.mark.parametrize("count", [1, 2, 8])
def test_nothing_is_said_of_a_clean_image_that_is_not_known(count):
    runs = [run_of(last=math.nan)] * count
    absent = [
        Series("", {name: run.curve[name] for name in run.curve if "last" not in name}, {})
        for run in runs
    ]
    for drawn in (words(curves(runs, None)), words(curves(absent, None))):
        assert "against the noisy image" in drawn
        for claim in ("clean", "best", "step 1", "average", "noisy image 2"):
            assert claim not in drawn


@pytest.mark.parametrize(
    ("count", "noisy"), [(1, 24.4), (1, None), (2, 8.0), (2, math.inf), (8, 24.4)]
)
def test_the_words_of_curves_do_not_overlap(count, noisy):
    lasts = [RISING_AND_FALLING, RISING, *([24.5] * 6)]
    runs = [run_of(f"width={n}", last, average=23.1) for n, last in enumerate(lasts[:count])]
    figure = curves(runs, noisy)
    assert not overlapping(figure)
    assert ("noisy image" in words(figure).replace("the noisy image", "")) == (
        noisy is not None and math.isfinite(noisy)
    )


@pytest.mark.parametrize(("peak", "average"), [(0, math.nan), (3, 22.0), (10, 30.0)])
def test_no_curve_passes_through_the_label_of_the_best_step(average, peak):
    last = np.full(11, 20.0)
    last[peak] = 28.4
    figure = curves([run_of(last=last, average=average)], 28.2)
    assert not crossing(figure, f"28.4 dB at step {STEPS[peak]}")


def test_step_zero_stands_at_the_left_end_of_the_axis():
    for axes in curves([run_of()], None).axes:
        assert axes.get_xlim() == (0, 2999)
        assert [tick.get_text() for tick in axes.get_xticklabels()] == [
            "0",
            "1",
            "10",
            "100",
            "1000",
        ]


@pytest.mark.parametrize("steps", [[], [0], [0, 1]])
def test_a_run_that_has_hardly_begun_has_curves(steps):
    run = Series("", curve_of(9.0, steps=steps), {})
    assert size(curves([run], 20.34)) == size(curves([run_of()], 20.34))


def test_an_infinite_value_is_left_out():
    last = [*RISING_AND_FALLING[:-1], math.inf]
    assert "28.4 dB at step 1336" in words(curves([run_of(last=last)], 20.34))


def test_curves_of_nothing_are_refused():
    with pytest.raises(ValueError, match="^runs must"):
        curves([], None)


@pytest.mark.parametrize("count", range(1, 9))
def test_labels_are_moved_apart_in_their_order(count):
    random = np.random.default_rng(count)
    wished, heights = random.uniform(40, 60, count), random.uniform(5, 10, count)
    middles = spread(wished, heights, 100)
    order = np.argsort(wished)
    assert (np.diff(middles[order]) >= (heights[order][1:] + heights[order][:-1]) / 2 - 1e-9).all()
    assert (middles - heights / 2 >= -1e-9).all()
    assert (middles + heights / 2 <= 100 + 1e-9).all()


def test_curves_name_each_rule_at_its_step():
    figure = curves([watched_run()], 20.34)
    for rule in ("wmv", "whiteness", "bands", "sure"):
        assert rule in words(figure)
    assert not overlapping(figure)
    unknown = curves([watched_run(math.nan, math.nan)], None)
    assert "wmv" not in words(unknown), "there is no PSNR on which to mark it"
