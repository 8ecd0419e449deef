"""What the folder of a run tells."""

import json
import math

import pytest

from tests.report.folder import run_folder
from untrained.record.curve import best_point, last_value, read_curve
from untrained.record.file import path_in
from untrained.record.name import RECORD, ROWS, SUMMARY, TARGET
from untrained.record.result import read_result, write_result
from untrained.record.run import numbers, record, records
from untrained.record.summary import read_summary, write_summary


def test_the_numbers_of_a_run_are_those_of_its_summary_and_its_drop(tmp_path):
    found = numbers(record(run_folder(tmp_path / "run", "model=dip")))
    assert found["psnr.last"] == 24
    assert found["overfitting_drop"] == 2
    assert "versions.torch" not in found


def test_a_run_without_a_picture_of_its_target_is_read(tmp_path):
    folder = run_folder(tmp_path / "run")
    (folder / TARGET).unlink()
    found = record(folder)
    assert (found.status, found.target, found.notes) == ("finished", "noise.sigma=25", [])


def test_a_folder_of_an_older_version_is_read(tmp_path):
    new, old = (run_folder(tmp_path / name, "model=dip") for name in ("new", "old"))
    for path in (old / RECORD).iterdir():
        path.rename(old / path.name)
    (old / RECORD).rmdir()
    found, expected = records([old])[0], records([new])[0]
    assert found.result == expected.result
    assert list(found.frames) == list(expected.frames)
    assert path_in(old, TARGET) == old / "target.png"
    assert found.notes == []


@pytest.mark.parametrize(
    ("text", "steps", "note"),
    [
        ("step,psnr/last\n0,10\n1,15\n", [0, 1], None),
        ("step,psnr/last\n0,10\n1,1", [0], "metrics.csv is cut off"),
        ("step,psnr/last\n0,\n", [0], None),
        ("", [], "metrics.csv is cut off"),
        ("loss\n1\n", [], None),
    ],
)
def test_a_curve_is_read_as_far_as_it_is_whole(tmp_path, text, steps, note):
    notes = []
    (tmp_path / ROWS).write_text(text)
    assert read_curve(tmp_path / ROWS, notes)["step"] == steps
    assert notes == ([note] if note else [])


def test_the_best_and_the_last_value_are_finite_ones():
    curve = {"step": [0, 1, 2, 3], "psnr": [math.nan, 5.0, 5.0, math.inf]}
    assert best_point(curve, "psnr") == (1, 5.0)
    assert last_value(curve, "psnr") == 5.0
    assert best_point(curve, "ssim") is last_value(curve, "ssim") is None


def test_a_summary_and_a_result_are_read_as_they_were_written(tmp_path):
    write_summary(tmp_path, {"status": "finished", "psnr": {"last": None}})
    write_result(tmp_path, {"status": "failed", "words": [tmp_path]})
    assert read_summary(tmp_path) == {"status": "finished", "psnr": {"last": None}}
    assert read_result(tmp_path) == {"status": "failed", "words": [str(tmp_path)]}
    with pytest.raises(ValueError, match="JSON"):
        write_summary(tmp_path, {"psnr": math.nan})
    assert json.loads((tmp_path / SUMMARY).read_text())["status"] == "finished", "whole or absent"


@pytest.mark.parametrize("text", ["{", "[]", None])
def test_what_cannot_be_read_is_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / SUMMARY).write_text(text)
    assert read_summary(tmp_path) == {}
