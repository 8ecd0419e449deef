import csv
import json

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from tests.report.folder import sweep_folder
from untrained import image
from untrained.record.name import CLEAN
from untrained.record.run import records
from untrained.report import report
from untrained.report.seeds import ensembles


def seeds_folder(folder, **words):
    """Make a sweep whose results are grey: 100 more than 20 times the run's number, of 255."""
    sweep_folder(folder, **words)
    for run in records([folder]):
        grey = (100 + 20 * run.number) / 255
        image.write(run.folder / "reconstruction.png", torch.full((1, 3, 16, 16), grey))
    return folder


def test_the_mean_over_seeds_is_taken_of_runs_that_differ_in_nothing_else(tmp_path):
    seeds_folder(tmp_path, model=["dip", "dd"], seed=[0, 1])
    dip, dd = ensembles(records([tmp_path]))
    assert [each.name for each in (dip, dd)] == ["DIP", "DD"]
    assert dip.mean == pytest.approx(110 / 255)
    assert dd.mean == pytest.approx(150 / 255)
    assert dip.deviation == pytest.approx(20 / np.sqrt(2) / 255)


def test_no_mean_is_taken_of_drawings_of_three_of_many_channels(tmp_path):
    seeds_folder(tmp_path, seed=[0, 1])
    for path in tmp_path.glob("*/summary.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"channels": 5}))
    assert not list(ensembles(records([tmp_path])))


def test_the_means_are_written_with_their_figures(tmp_path):
    report([seeds_folder(tmp_path, seed=[0, 1, 2])], tmp_path)
    with (tmp_path / "seeds.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["seeds"] == "3"
    clean, errors = 128 / 255, (np.array([100, 120, 140]) / 255)
    psnr = -10 * np.log10((errors - clean) ** 2)
    assert float(row["psnr.mean"]) == pytest.approx(psnr.mean(), abs=1e-6)
    mean = -10 * np.log10((120 / 255 - clean) ** 2)
    assert float(row["psnr.mean_image"]) == pytest.approx(mean, abs=1e-6)
    assert (iio.imread(tmp_path / "seeds" / "Seeds.png") == 120).all()
    assert iio.imread(tmp_path / "seeds.png").shape[1] > 300


@pytest.mark.usefixtures("undrawn")
def test_without_a_clean_image_no_quality_is_claimed(tmp_path):
    seeds_folder(tmp_path, seed=[0, 1])
    for path in tmp_path.glob(f"*/{CLEAN}"):
        path.unlink()
    report([tmp_path], tmp_path)
    with (tmp_path / "seeds.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["psnr.mean"] == row["psnr.mean_image"] == ""


@pytest.mark.usefixtures("undrawn")
def test_the_means_of_several_pictures_are_files_of_one_folder(tmp_path):
    pictures = ["my/photos/ä.png", "my/photos/b.png", "my/photos_b.png"]
    report([seeds_folder(tmp_path, **{"target.path": pictures, "seed": [0, 1]})], tmp_path)
    found = {path.name for path in (tmp_path / "seeds").iterdir()}
    names = ["my_photos_ä.png", "my_photos_b.png", "my_photos_b.png (2)"]
    assert found == {f"target.path={each}.png" for each in names}
    with (tmp_path / "seeds.csv").open(newline="", encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert sorted(names) == sorted(f"target.path={each}" for each in pictures)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("words", [{"model": ["dip", "dd"]}, {"noise.sigma": [15, 25]}])
def test_what_is_no_seed_is_not_averaged(tmp_path, words):
    report([seeds_folder(tmp_path, **words)], tmp_path)
    assert not list(tmp_path.glob("seeds*"))
