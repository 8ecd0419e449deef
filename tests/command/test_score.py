"""The score of a run, read from its folder."""

import json
import math

import pytest
from omegaconf import OmegaConf

from tests.report.folder import run_folder
from untrained.command.score import score


def config(name, sigma=25):
    return OmegaConf.create({"score": name, "noise": {"sigma": sigma}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("psnr.last", 24.0),
        ("psnr/last", 24.0),
        ("overfitting_drop", 2.0),
        ("stopping.blind.psnr", 25.0),
        ("loss", 0.1 / 40),
    ],
)
def test_a_score_is_any_number_of_a_finished_run(tmp_path, name, value):
    run_folder(tmp_path / "run", stopping={"blind": {"step": 10, "psnr": 25.0}})
    assert score(config(name), tmp_path / "run") == pytest.approx(value)


def test_the_discrepancy_is_how_far_the_residual_is_from_the_noise(tmp_path):
    run_folder(tmp_path / "run", clean=False)
    expected = abs(255 * math.sqrt(10**-2.4) - 25)
    assert score(config("discrepancy"), tmp_path / "run") == pytest.approx(expected)


def test_null_scores_nothing(tmp_path):
    assert score(config(None), tmp_path) is None


@pytest.mark.parametrize("lost", ["summary.json", "metrics.csv"])
def test_a_run_that_failed_or_has_no_such_number_is_nan(tmp_path, lost):
    folder = run_folder(tmp_path / "run")
    assert math.isnan(score(config("psnr.lost"), folder))
    (folder / lost).unlink()
    assert math.isnan(score(config("psnr/last"), folder))
    assert math.isnan(score(config("psnr.last"), folder))


def test_a_photo_in_tiles_has_a_score_though_it_has_no_curve(tmp_path):
    folder = run_folder(tmp_path / "run")
    (folder / "metrics.csv").unlink()
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"tiles": {"count": 4}}))
    assert score(config("psnr.last"), folder) == summary["psnr"]["last"]
