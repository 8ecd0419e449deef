"""What the stopping rules saw, and the bands."""

import math

import pytest

from tests.figure.drawing import RISING_AND_FALLING, overlapping, run_of, watched_run, words
from untrained.figure import (
    bands,
    stopping,
)


@pytest.mark.parametrize(("last", "average"), [(RISING_AND_FALLING, 29.0), (math.nan, math.nan)])
def test_each_rule_has_a_panel_with_its_pick(last, average):
    figure = stopping(watched_run(last, average))
    drawn = words(figure)
    for word in ("wmv · step 1336 |", "whiteness · step 1400 |", "bands · step 2999 so far"):
        assert word in drawn
    assert ("PSNR" in drawn) == (average == 29.0)
    assert not overlapping(figure)


def test_the_bands_are_drawn_with_the_rule_s_pick():
    figure = bands(watched_run())
    assert "band 1, lowest" in words(figure)
    assert "band 5, highest" in words(figure)
    assert not overlapping(figure)
    (axes,) = figure.axes
    assert len([line for line in axes.lines if len(line.get_xdata()) > 2]) == 5
    assert [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1] == [2999]


def test_what_no_rule_watched_is_not_drawn():
    assert stopping(run_of()) is None
    assert bands(run_of()) is None
