"""Reports of any A: the target has a name, or none, and a picture, or none."""

import csv
import json

import numpy as np
import pytest
import torch

from tests.report.folder import run_folder
from tests.report.test_seeds import seeds_folder
from untrained import image
from untrained.metric import Metric
from untrained.record.name import CLEAN, NETWORK, RECONSTRUCTION, RESULT, SUMMARY, TARGET
from untrained.record.run import record, records
from untrained.report import report
from untrained.report.layout import layout, panels
from untrained.report.page.album import Album
from untrained.report.page.entry import entry
from untrained.report.series import drawn
from untrained.report.target import level_of, observed, of_one_target, view_of
from untrained.report.tile import tiles, tiles_of


def run_with(folder, *words, view="Noisy", **changes):
    """Write the folder of a run whose target has this name, and whose summary has these keys."""
    run_folder(folder, *words)
    path = folder / SUMMARY
    path.write_text(json.dumps(json.loads(path.read_text()) | {"view": view} | changes))
    return folder


def without_target(folder):
    (folder / TARGET).unlink()
    return folder


def masked(folder, *words, **changes):
    """Write the folder of an inpainting whose known pixels are put in place."""
    answer = {"kind": "last", "step": 39, "merged": True, "psnr": 30.0, "ssim": 0.9}
    changes |= {"view": "Masked", "reconstruction": answer}
    run_with(folder, "degradation=inpainting", *words, **changes)
    image.write(folder / TARGET, torch.zeros(1, 3, 16, 16))
    image.write(folder / RECONSTRUCTION, torch.full((1, 3, 16, 16), 0.4))
    image.write(folder / NETWORK, torch.full((1, 3, 16, 16), 0.2))
    return folder


@pytest.mark.parametrize("view", ["Noisy", "Masked", "Low resolution", None])
def test_a_target_is_called_as_its_summary_says(tmp_path, view):
    run = record(run_with(tmp_path / "run", view=view))
    assert view_of(run) == view
    assert level_of(run) == (None if view == "Masked" else 20.0)


def test_an_older_run_is_noisy_unless_it_is_degraded(tmp_path):
    assert view_of(record(run_folder(tmp_path / "older"))) == "Noisy"
    killed = run_folder(tmp_path / "killed", "degradation=inpainting")
    (killed / SUMMARY).unlink()
    assert view_of(record(killed)) is None


def test_runs_of_one_target_need_no_picture_of_it(tmp_path):
    folders = [without_target(run_with(tmp_path / name, view=None)) for name in "ab"]
    found = records(folders)
    assert of_one_target(found) == found
    titles = [tile.title for tile in tiles(found)]
    assert titles[0] == "Original"
    assert titles[1].startswith("a, "), "no tile of a target"


def test_the_picture_of_another_run_stands_for_one_that_lost_it(tmp_path):
    without_target(run_folder(tmp_path / "a"))
    run_folder(tmp_path / "b")
    assert [tile.title for tile in tiles(records([tmp_path]))][:2] == ["Original", "Noisy"]


def test_a_small_target_is_enlarged_to_squares(tmp_path):
    folder = run_with(tmp_path / "run", view="Low resolution")
    image.write(folder / TARGET, torch.rand(1, 3, 4, 4))
    _, target = observed([record(folder)])
    assert target.title == "Low resolution"
    assert target.image.shape == (16, 16, 3)
    assert (target.image == target.image[::4, ::4].repeat(4, 0).repeat(4, 1)).all()


def test_the_result_with_the_known_pixels_is_shown_with_its_own_figures(tmp_path):
    result, last = tiles_of(record(masked(tmp_path / "run")), "DIP")
    assert (result.title, result.caption) == (
        "DIP, known values in place",
        "30.00 dB · SSIM 0.900",
    )
    assert last.title == "DIP, step 39"


def test_the_degradation_makes_the_columns_and_a_masked_target_no_line(tmp_path):
    run_with(tmp_path / "a", "degradation=identity")
    masked(tmp_path / "b")
    factor = ("degradation=downsampling", "degradation.factor=4")
    run_with(tmp_path / "c", *factor, view="Low resolution")
    found = records([tmp_path])
    assert tuple(layout(found)) == ("", "degradation", "", [])
    (row,) = panels(found, layout(found))
    assert [(panel.title, panel.level, panel.target) for panel in row] == [
        ("degradation=identity", 20, "Noisy"),
        ("degradation=inpainting", None, "Noisy"),
        ("degradation=downsampling", 20, "Low resolution"),
    ]


def test_targets_of_several_kinds_have_no_common_line(tmp_path):
    run_with(tmp_path / "a", "degradation=identity")
    run_with(tmp_path / "b", "degradation=downsampling", view="Low resolution")
    found = records([tmp_path])
    ((panel,),) = panels(found, layout(found, colour="degradation"))
    assert panel.level is None


def test_a_run_is_named_by_what_was_swept_though_it_alone_has_its_target(tmp_path):
    run_with(tmp_path / "a", "degradation=identity", "steps=40")
    masked(tmp_path / "b", "steps=40", target_sha256="another")
    (shown,) = drawn(records([tmp_path]))
    assert shown.name == "degradation=identity"


@pytest.mark.parametrize(
    ("view", "note"),
    [(None, "the target is not a picture"), ("Masked", "no picture of the target")],
)
def test_the_page_says_why_a_target_is_not_shown(tmp_path, view, note):
    run = record(without_target(run_with(tmp_path / "run", view=view)))
    found = entry(run, [], Album(75), every=1)
    assert (found["target"], found["view"], found["notes"]) == (None, view, [note])
    assert found["composite"] is None


def test_the_page_offers_the_network_s_own_image(tmp_path):
    album = Album(75)
    found = entry(record(masked(tmp_path / "run")), [], album, every=1)["composite"]
    assert found["result"] != found["network"]
    assert (found["step"], found["psnr"], found["ssim"]) == (39, 30.0, 0.9)


def test_the_page_shows_what_the_baselines_made_and_notices_a_summary_that_is_damaged(tmp_path):
    nlm = {"name": "NLM", "psnr": 28.0, "seconds": 0.1}
    folder = run_folder(tmp_path / "run", baselines={"nlm": nlm, "tv": 3, "bm3d": nlm})
    (folder / "record" / "baseline" / "bm3d.png").unlink()
    found = entry(record(folder), [], Album(75), every=1)["baselines"]
    assert list(found) == ["nlm", "bm3d"]
    assert found["nlm"]["image"] is not None
    assert found["bm3d"] == nlm | {"image": None}


def test_a_report_of_runs_without_pictures_of_their_targets_is_whole(tmp_path):
    without_target(run_with(tmp_path / "sweep" / "a", "model=dip", view=None))
    without_target(run_with(tmp_path / "sweep" / "b", "model=dd", view=None))
    page = report([tmp_path / "sweep"], tmp_path / "out", film=True)
    names = {path.name for path in page.parent.iterdir()}
    assert {"panel.jpg", "comparison.png", "curves.png", "training.gif"} <= names


@pytest.mark.usefixtures("undrawn")
def test_the_quality_of_a_mean_is_of_the_metric_of_the_runs(tmp_path):
    draw = np.random.default_rng(0)
    config = {"metric": {"channel": "y", "border": 2}, "model": {"width": 8}}
    seeds_folder(tmp_path, seed=[0, 1])
    for run in records([tmp_path]):
        path = run.folder / RESULT
        path.write_text(json.dumps(json.loads(path.read_text()) | {"config": config}))
        clean = torch.from_numpy(np.random.default_rng(1).random((1, 3, 16, 16), np.float32))
        image.write(run.folder / CLEAN, clean)
        image.write(run.folder / RECONSTRUCTION, torch.from_numpy(draw.random((1, 3, 16, 16))))
    report([tmp_path], tmp_path)
    with (tmp_path / "seeds.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    metric, clean = Metric("y", 2), image.read(str(run.folder / CLEAN))
    each = [image.read(str(run.folder / RECONSTRUCTION)) for run in records([tmp_path])]
    means = [metric.psnr(one, clean).item() for one in each]
    assert float(row["psnr.mean"]) == pytest.approx(sum(means) / 2, abs=1e-4)
    whole = metric.psnr(sum(each) / 2, clean).item()
    assert float(row["psnr.mean_image"]) == pytest.approx(whole, abs=1e-4)
