import csv
import shutil
import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from tests.report.folder import run_folder, sweep_folder
from untrained import figure, image
from untrained.record.name import FRAMES, RESULT, TARGET
from untrained.record.result import write_result
from untrained.record.run import records
from untrained.report import report
from untrained.report.__main__ import main
from untrained.report.difference import run_name, spoken_word, swept
from untrained.report.layout import default_stop, layout, panels
from untrained.report.series import drawn
from untrained.report.tile import tiles, tiles_of


def rows(folder):
    with (folder / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_is_read_in_its_order_and_named_by_what_differs(tmp_path):
    sweep_folder(tmp_path, **{"model": ["dip", "dd"], "optimizer.lr": [0.1, 0.01], "steps": [5]})
    found = records([tmp_path])
    words = swept(found)
    assert words == ["model", "optimizer.lr"]
    assert [run_name(run, words) for run in found] == [
        "DIP lr=0.1",
        "DIP lr=0.01",
        "DD lr=0.1",
        "DD lr=0.01",
    ]


def test_a_word_that_was_not_typed_is_read_from_the_config(tmp_path):
    run_folder(tmp_path / "a", "model=dip", "model.width=64")
    run_folder(tmp_path / "b")
    found = records([tmp_path / "a", tmp_path / "b"])
    assert [[run.value(word) for run in found] for word in swept(found)] == [
        ["dip", "dd"],
        ["64", "128"],
    ]


@pytest.mark.usefixtures("undrawn")
def test_results_csv_has_every_word_and_every_number(tmp_path):
    sweep_folder(tmp_path, model=["dip", "dd"], steps=[40])
    run_folder(tmp_path / "ruled", "model=dd", number=9, stopping={"wmv": {"step": 10, "psnr": 25}})
    report([tmp_path], tmp_path)
    found = rows(tmp_path)
    assert [row["model"] for row in found] == ["dip", "dd", "dd"]
    assert [row["psnr.best"] for row in found] == ["26.0", "25.75", "26.0"]
    assert [row["overfitting_drop"] for row in found] == ["2.0"] * 3
    assert [row["stopping.wmv.step"] for row in found] == ["", "", "10"]
    assert found[0]["steps"] == found[0]["summary.steps"] == "40"


@pytest.mark.usefixtures("undrawn")
def test_results_csv_has_the_baselines_of_each_run(tmp_path):
    nlm = {"name": "NLM", "psnr": 28.0, "ssim": 0.8, "seconds": 0.1}
    run_folder(tmp_path / "one", "model=dip", baselines={"nlm": nlm})
    run_folder(tmp_path / "two", "model=dd", number=1)
    report([tmp_path], tmp_path)
    found = rows(tmp_path)
    assert [row["baselines.nlm.psnr"] for row in found] == ["28.0", ""]
    assert [row["baselines.nlm.seconds"] for row in found] == ["0.1", ""]


def broken(folder):
    """Return a sweep with everything that may be wrong with its runs."""
    sweep_folder(folder, model=["dip", "dd"], seed=[0, 1])
    (folder / "model=dip,seed=0" / "metrics.csv").write_text("step,psnr/last\n0,10\n1,15\n10,2")
    whole = (folder / "model=dd,seed=0" / "metrics.csv").read_text()
    (folder / "model=dd,seed=0" / "metrics.csv").write_text(whole[:-9])
    (folder / "model=dip,seed=1" / TARGET).unlink()
    (folder / "model=dip,seed=1" / FRAMES / "00000001.jpg").write_bytes(b"\x89PNG\r\n")
    (folder / "model=dd,seed=1" / RESULT).write_text("{")
    (folder / "model=dd,seed=1" / "summary.json").write_text("[]")
    failed = folder / "model=dd,seed=2" / ".hydra"
    failed.mkdir(parents=True)
    shutil.copy(folder / "model=dd,seed=1" / ".hydra" / "hydra.yaml", failed)
    result = {"status": "failed", "error": "lr must be positive", "words": ["model=dd", "seed=2"]}
    write_result(failed.parent, result)
    (folder / "model=dd,seed=3" / ".hydra").mkdir(parents=True)  # killed as it began
    (folder / "notes.txt").write_text("mine")
    (folder / "foreign").mkdir()
    (folder / "foreign" / "metrics.csv").write_bytes(b"\xff\xfe")
    (folder / "foreign" / "0001.png").write_bytes(b"")
    return folder


@pytest.mark.usefixtures("undrawn")
def test_what_is_broken_is_noted_and_the_rest_is_reported(tmp_path):
    report([broken(tmp_path / "sweep")], tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "comparison.png",
        "panel.jpg",
        "report.html",
        "results.csv",
    ]
    found = {run.folder.name: run for run in records([tmp_path / "sweep"])}
    assert len(found) == 6
    assert found["model=dd,seed=0"].notes == ["metrics.csv is cut off"]
    assert found["model=dd,seed=0"].curve["step"] == [0, 1, 10]
    assert found["model=dd,seed=1"].notes == [
        "summary.json cannot be read",
        "result.json cannot be read",
    ]
    assert found["model=dd,seed=2"].status == "failed"
    assert found["model=dd,seed=3"].status == "interrupted"
    assert [row["status"] for row in rows(tmp_path / "out")].count("failed") == 1


@pytest.mark.usefixtures("undrawn")
def test_runs_without_anything_still_give_a_table_and_a_page(tmp_path):
    (tmp_path / "run" / ".hydra").mkdir(parents=True)
    report([tmp_path], tmp_path)
    assert [row["status"] for row in rows(tmp_path)] == ["interrupted"]
    assert not (tmp_path / "comparison.png").exists()


def test_a_folder_without_a_run_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no run is found"):
        report([tmp_path], tmp_path)
    monkeypatch.setattr(sys, "argv", ["report", str(tmp_path / "absent")])
    with pytest.raises(SystemExit, match="absent is not a folder"):
        main()


@pytest.mark.usefixtures("undrawn")
def test_the_command_takes_several_folders(tmp_path, monkeypatch, capsys):
    for folder, model in (("a", "dip"), ("b", "dd")):
        sweep_folder(tmp_path / folder, model=[model], seed=[0, 1])
    out = tmp_path / "out"
    folders = [str(tmp_path / folder) for folder in "ab"]
    monkeypatch.setattr(sys, "argv", ["report", *folders, "--out", str(out), "--colour", "seed"])
    main()
    assert capsys.readouterr().out == f"{out / 'report.html'}\n"
    assert len(rows(out)) == 4
    monkeypatch.setattr(sys, "argv", ["report", *folders, "--rows", "noise.sigma"])
    with pytest.raises(
        SystemExit, match="--rows noise.sigma does not differ between the runs; these do: mod"
    ):
        main()


@pytest.mark.parametrize(
    ("words", "typed", "chosen"),
    [
        ({"model": ["dip", "dd"], "seed": [0, 1]}, {}, ("", "", "model", ["seed"])),
        (
            {"model.width": [8, 16], "noise.sigma": [15, 25], "model": ["dip", "dd"]},
            {},
            ("model.width", "noise.sigma", "model", []),
        ),
        ({"noise.sigma": [15, 25]}, {}, ("", "noise.sigma", "", [])),
        ({"noise.sigma": [15, 25]}, {"colour": "noise.sigma"}, ("", "", "noise.sigma", [])),
        ({"seed": [0, 1]}, {}, ("", "", "", ["seed"])),
    ],
)
def test_the_comparison_is_laid_out_by_what_was_swept(tmp_path, words, typed, chosen):
    found = layout(records([sweep_folder(tmp_path, **words)]), **typed)
    assert tuple(found) == chosen


def test_a_line_is_the_mean_and_the_range_over_the_seeds(tmp_path):
    found = records([sweep_folder(tmp_path, model=["dip", "dd"], seed=[0, 1])])
    ((panel,),) = panels(found, layout(found))
    assert [band.name for band in panel.bands] == ["DIP", "DD"]
    assert panel.level == 20
    band = panel.bands[1]
    assert band.fits == 2
    assert band.steps.tolist() == [0, 1, 10, 39]
    assert band.low[0] == 10 - 3 / 4
    assert band.mean[0] == 10 - 2.5 / 4
    assert band.high[0] == 10 - 2 / 4
    assert [step for step, _ in band.peaks] == [10, 10]
    assert not band.stops


def test_the_comparison_draws_what_it_is_given(tmp_path):
    found = records([sweep_folder(tmp_path, **{"model": ["dip", "dd"], "noise.sigma": [15, 25]})])
    pixels = figure.render(figure.comparison(panels(found, layout(found)), "over all"))
    assert pixels.shape[1] == pytest.approx(1800, abs=40)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    with pytest.raises(ValueError, match="panels must hold"):
        figure.comparison([])


def only(folder, *words, **kwargs):
    return records([run_folder(folder, *words, **kwargs)])[0]


def test_a_run_that_overfits_is_shown_at_its_best_too(tmp_path):
    best, last = tiles_of(only(tmp_path / "run"), "DIP")
    assert (best.title, best.caption) == ("DIP, best: step 10", "26.00 dB · SSIM 0.500")
    assert best.image[-1, -1, 0] == 10
    assert last.title == "DIP, step 39"
    assert last.image[-1, -1, 0] == 39


def test_a_run_that_does_not_overfit_is_shown_once(tmp_path):
    (tile,) = tiles_of(only(tmp_path / "run", psnr=(10, 15, 26, 25.8)), "DIP")
    assert (tile.title, tile.caption) == ("DIP, step 39", "25.80 dB · SSIM 0.500")


def test_a_rule_s_step_goes_before_the_best_one(tmp_path):
    rules = {"wmv": {"step": 9, "psnr": 20.0, "ssim": 0.5, "gap_db": 6.0, "halted": False}}
    rule, _ = tiles_of(only(tmp_path / "run", stopping=rules), "DIP")
    assert (rule.title, rule.caption) == ("DIP, wmv step 1", "15.00 dB · SSIM 0.500")


def test_no_other_rule_stands_for_the_default_one_that_was_left_out(tmp_path):
    emv = {"emv": {"step": 0, "psnr": 10.0}}
    run_folder(tmp_path / "run", "stopping.choose=blind", stopping=emv, psnr=(10.0, 15.0, 26.0))
    (found,) = records([tmp_path])
    assert default_stop(found) is None
    assert [tile.title for tile in tiles([found])][2:] == ["run, step 10"]


def test_two_words_that_end_alike_are_told_apart():
    assert spoken_word("target.path", "a.png") == "target.path=a.png"
    assert spoken_word("image.path", "a.png") == "image.path=a.png"


def test_what_a_run_recommends_is_shown_where_a_rule_has_chosen_it(tmp_path):
    rules = {"blind": {"step": 9, "psnr": 28.0, "ssim": 0.75, "gap_db": 0.1, "halted": False}}
    run_folder(tmp_path / "run", stopping=rules, config={"stopping": {"choose": "blind"}})
    image.write(tmp_path / "run" / "reconstruction.png", torch.full((1, 3, 16, 16), 0.2))
    (run,) = records([tmp_path])
    result, last = tiles_of(run, "DIP")
    assert (result.title, result.caption) == ("DIP, blind step 9", "28.00 dB · SSIM 0.750")
    assert (result.image == 51).all()
    assert last.title == "DIP, step 39"


def test_without_a_clean_image_the_last_is_shown_and_nothing_claimed(tmp_path):
    (tile,) = tiles_of(only(tmp_path / "run", clean=False), "DIP")
    assert (tile.title, tile.caption) == ("DIP, step 39", "")


def test_the_panel_shows_one_target_and_of_many_runs_one_of_each_method(tmp_path):
    words = {"noise.sigma": [15, 25], "model": ["dip", "dd"], "seed": range(6)}
    shown = tiles(records([sweep_folder(tmp_path, **words)]))
    assert [tile.title for tile in shown] == [
        "Original",
        "Noisy",
        "DIP, best: step 10",
        "DIP, step 39",
        "DD, best: step 10",
        "DD, step 39",
    ]
    assert np.array_equal(
        shown[1].image, iio.imread(tmp_path / "noise.sigma=15,model=dd,seed=5" / TARGET)
    )


def test_the_film_is_of_the_runs_of_one_target(tmp_path):
    words = {"noise.sigma": [15, 25], "model": ["dip", "dd"]}
    found = records([sweep_folder(tmp_path / "sweep", **words)])
    assert [each.name for each in drawn(found)] == ["DIP", "DD"]
    report([tmp_path / "sweep"], tmp_path / "out", film=True)
    for file in ("curves.png", "training.gif"):
        assert (tmp_path / "out" / file).stat().st_size > 0


def test_an_older_run_without_a_result_is_read(tmp_path):
    folder = run_folder(tmp_path / "run", "model=dip")
    (folder / RESULT).unlink()
    found = only_record(folder)
    assert (found.status, found.words, found.config["model.width"]) == (
        "finished",
        {"model": "dip"},
        128,
    )


def only_record(folder: Path):
    return records([folder])[0]
