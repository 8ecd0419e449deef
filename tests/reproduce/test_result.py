import csv

import pytest

from tests.report.folder import run_folder
from untrained.report.paired import Paired, paired
from untrained.reproduce.folder import FITS
from untrained.reproduce.result import Line, lines
from untrained.reproduce.table import read_table
from untrained.reproduce.writing import mean_cells, spoken_difference, write_files

SET5 = read_table("dip-set5-x4")


def line_of(name, *compared, **changes):
    row = SET5.images[name]._replace(**changes)
    return Line(row, compared, {"psnr.last": sum(compared) / len(compared)})


def test_a_row_is_the_mean_of_its_seeds_and_the_spread_is_kept(tmp_path):
    found = [line_of("baby", 31.0, 32.0), line_of("bird", 30.0, 30.0)]
    write_files(tmp_path, SET5, found, [])
    with (tmp_path / "table.csv").open(newline="") as file:
        baby, bird = csv.DictReader(file)
    assert baby["published"] == "31.49"
    assert float(baby["difference"]) == pytest.approx(31.5 - 31.49)
    assert (baby["seeds"], baby["lowest"], baby["highest"]) == ("2", "31.0", "32.0")
    assert float(bird["difference"]) == pytest.approx(-1.8)
    text = (tmp_path / "table.md").read_text()
    assert "| mean of 2 | 31.64 | 30.75 | -0.89 |" in text
    assert "2 of the table's 5 rows are here" in text
    assert "beside the table's own" not in text
    assert (tmp_path / "table.png").stat().st_size > 1000


def test_rows_of_one_image_have_no_interval():
    table = read_table("deep-decoder-denoising")
    assert "interval" not in spoken_difference(table, [0.1, 0.2])
    assert "interval" in spoken_difference(SET5, [0.1, 0.2])


def test_words_beside_the_table_s_own_are_said(tmp_path):
    write_files(tmp_path, SET5, [line_of("baby", 31.0)], ["steps=20"])
    text = (tmp_path / "table.md").read_text()
    assert "Settings that were typed besides those of the table: `steps=20`." in text


def test_a_number_of_another_measure_has_no_difference(tmp_path):
    found = [line_of("baby", 31.0, unlike="over four channels")]
    assert found[0].difference is None
    write_files(tmp_path, SET5, found, [])
    assert (
        "The published number of baby is over four channels." in (tmp_path / "table.md").read_text()
    )
    assert not (tmp_path / "table.png").exists()


def test_a_row_without_a_published_number_has_no_difference_and_is_left_out_of_the_means():
    found = [line_of("baby", 31.0), line_of("bird", 10.0, published=None)]
    assert mean_cells(SET5, found)[:3] == ["mean of 1", "31.49", "31.00"]


def test_only_finished_fits_of_the_same_words_count(tmp_path):
    name = "experiment=dip-set5-x4"
    for seed, words in enumerate([[], ["steps=5"], []]):
        status = {"status": "finished" if seed < 2 else "interrupted"}
        words = [f"{name}/baby", f"seed={seed}", *words]
        run_folder(tmp_path / FITS / str(seed), *words, number=seed, **status)
    run_folder(tmp_path / FITS / "3", "experiment=dip-set14-x4/baby", "seed=0", number=3)
    (found,) = lines(SET5, tmp_path, [])
    assert found.row.image == "baby"
    assert found.compared == [24.0]
    assert lines(SET5, tmp_path, ["steps=7"]) == []
    assert lines(SET5, tmp_path / "nowhere", []) == []


def test_the_interval_is_that_of_the_paired_t_test():
    from scipy.stats import ttest_rel

    ours, theirs = [30.1, 28.4, 33.0, 25.2], [30.0, 28.9, 32.1, 25.0]
    found = paired([one - other for one, other in zip(ours, theirs, strict=True)])
    low, high = ttest_rel(ours, theirs).confidence_interval(0.95)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert paired([0.5]) == Paired(1, 0.5, None)
    assert paired([0.5]).spoken() == "+0.50 dB"
