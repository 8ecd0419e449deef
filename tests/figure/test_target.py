"""Figures of any A: the target is called by its name, and a masked one sets no level."""

import math

import numpy as np
import pytest

from tests.figure.drawing import kept, overlapping, run_of, words
from untrained.figure import Band, Panel, comparison, curves
from untrained.figure.film import Stage


@pytest.mark.parametrize(
    ("name", "spoken"), [("Low resolution", "low resolution image"), (None, "target")]
)
def test_curves_call_the_target_by_its_name(name, spoken):
    figure = curves([run_of()], 20.34, name)
    drawn = words(figure)
    assert f"| {spoken} 20.3 dB" in f"| {drawn}"
    assert f"against the {spoken}" in drawn
    assert "noisy" not in drawn
    assert not overlapping(figure)


@pytest.mark.parametrize(
    ("name", "said"), [("Masked", "dB against masked"), (None, "dB against target")]
)
def test_a_film_without_a_clean_image_is_against_the_target(tmp_path, name, said):
    stage = Stage([run_of("", math.nan, frames=kept(tmp_path / "f", 0))], [], None, name)
    stage.at(0)
    drawn = words(stage.figure)
    assert said in drawn
    assert "image image" not in drawn
    assert "noisy" not in drawn


def band():
    line = np.array([10.0, 20.0])
    return Band("DIP", np.array([0.0, 9.0]), line, line, line)


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([("Noisy", 20.0), ("Noisy", 15.0)], "noisy image"),
        ([("Noisy", 20.0), ("Low resolution", 25.0)], "target"),
        ([("Noisy", 20.0), ("Masked", None)], "noisy image"),
        ([(None, 20.0)], "target"),
    ],
)
def test_the_key_of_a_comparison_names_the_line_of_the_target(targets, said):
    row = [Panel("", [band()], level, target) for target, level in targets]
    assert said in words(comparison([row])).split(" | ")


def test_without_a_level_there_is_no_line():
    figure = comparison([[Panel("", [band()], None, "Masked")]])
    assert "masked" not in words(figure)
    assert len([line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]) == 1
