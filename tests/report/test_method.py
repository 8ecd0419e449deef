import csv
import json

import pytest

from tests.report.folder import run_folder
from untrained.record.run import records
from untrained.report import report
from untrained.report.method import comparisons, methods, write_methods


def run_of(folder, number, psnr, *words, target="", baselines=None, status="finished"):
    """Write the folder of a run of an image of a set, whose result has a PSNR."""
    place = folder / str(number)
    run_folder(place, *words, number=number, status=status)
    summary = json.loads((place / "summary.json").read_text())
    path = next(word.partition("=")[2] for word in words if word.startswith("image.path="))
    summary |= {"target_sha256": target or path, "reconstruction": {"psnr": psnr}}
    summary["baselines"] = {
        name: {"name": name, "psnr": value} for name, value in (baselines or {}).items()
    }
    (place / "summary.json").write_text(json.dumps(summary))


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def two_methods(tmp_path):
    """Write DIP and DD on three images; DIP has two seeds on the first."""
    psnr = {("dip", "a"): 30, ("dd", "a"): 29, ("dip", "b"): 25, ("dd", "b"): 25.5}
    psnr |= {("dip", "c"): 28, ("dd", "c"): 27}
    for number, ((model, name), value) in enumerate(psnr.items()):
        words = (f"model={model}", f"image.path={name}.png", "seed=0")
        run_of(tmp_path, number, value, *words, baselines={"NLM": value - 1})
    run_of(tmp_path, 9, 32, "model=dip", "image.path=a.png", "seed=1")
    return tmp_path


def test_each_image_counts_once_and_the_difference_is_paired(two_methods):
    write_methods(two_methods, records([two_methods]))
    first, *_, mean = rows_of(two_methods / "images.csv")
    assert (first["image"], first["DIP"], first["DD"]) == ("a", "31.0", "29.0")
    assert float(mean["DIP"]) == pytest.approx((31 + 25 + 28) / 3)
    pair = rows_of(two_methods / "comparison.csv")[0]
    assert (pair["method"], pair["other"], pair["images"]) == ("DIP", "DD", "3")
    assert float(pair["difference"]) == pytest.approx((2 - 0.5 + 1) / 3)
    assert float(pair["low"]) < 0 < float(pair["high"])


def test_a_baseline_is_compared_with_the_fits_and_not_with_another_baseline(tmp_path):
    for number, name in enumerate("ab"):
        words = ("model=dip", f"image.path={name}.png")
        run_of(tmp_path, number, 30, *words, baselines={"NLM": 29, "TV": 28})
    found = list(comparisons(methods(records([tmp_path]))))
    assert [(each.one.name, each.other.name) for each in found] == [("fit", "NLM"), ("fit", "TV")]
    assert found[1].found.mean == 2


def test_methods_are_compared_on_the_same_targets_alone(tmp_path):
    number = 0
    for sigma in (15, 25):
        for name in "ab":
            words = ("model=dip", f"image.path={name}.png", f"noise.sigma={sigma}")
            run_of(tmp_path, number, 30 - sigma, *words, target=f"{name}{sigma}")
            number += 1
    assert list(comparisons(methods(records([tmp_path])))) == []


def test_an_experiment_of_each_image_is_no_method(tmp_path):
    for number, name in enumerate("ab"):
        run_of(tmp_path, number, 30, f"experiment=table/{name}", f"image.path={name}.png")
    (found,) = methods(records([tmp_path]))
    assert found.means() == {"a.png": 30, "b.png": 30}


def test_images_of_one_name_in_two_folders_are_two(tmp_path):
    for number, folder in enumerate(("set", "other")):
        run_of(tmp_path, number, 30 + number, "model=dip", f"image.path={folder}/a.png")
    write_methods(tmp_path, records([tmp_path]))
    names = [row["image"] for row in rows_of(tmp_path / "images.csv")]
    assert names == ["set/a.png", "other/a.png", "mean"]


def test_a_run_that_failed_is_left_out_and_one_image_is_no_set(tmp_path):
    run_of(tmp_path, 0, 30, "model=dip", "image.path=a.png")
    run_of(tmp_path, 1, 10, "model=dip", "image.path=b.png", status="interrupted")
    write_methods(tmp_path, records([tmp_path]))
    assert not (tmp_path / "images.csv").exists()


@pytest.mark.usefixtures("undrawn")
def test_the_page_says_the_difference(two_methods):
    page = report([two_methods], two_methods).read_text()
    assert "Over the images" in page
    assert "+0.83 dB, 95 % confidence interval" in page
    assert (two_methods / "comparison.csv").exists()
