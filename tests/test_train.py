"""The whole of a run, from its words to its folder."""

import json
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from tests.callback.test_run import NoMemoryError, fail
from tests.conftest import SMALL, TINY, UNDRAWN
from tests.left import checkpoint, rows, same, summary, weights
from untrained import image
from untrained.command.fit import allow_tf32, warn_of_bfloat16
from untrained.metric import psnr
from untrained.record.name import CHECKPOINT, CLEAN, EVENTS, LOCK, NETWORK, RECORD, TARGET

# Two runs that leave all that a run leaves; the first one is drawn.
DD = (*SMALL, "model=dd", "fits=2")
DIP = (*SMALL, "model=dip", "recipe=authors")
# A run that leaves its images; nothing else of it is drawn where a test takes `undrawn` too.
KEPT = (*TINY[:4], "~callbacks.video", "checkpoint.keep=0", "baseline=[]", "hydra.run.dir=run")
KEPT = (*KEPT, "stopping=[]", "refinement=none")
BARE = (*TINY, "hydra.run.dir=run")
FILES = {
    ".hydra",
    "metrics.csv",
    "summary.json",
    CHECKPOINT,
    "record/train.log",
    TARGET,
    CLEAN,
    "reconstruction.png",
    "panel.jpg",
    "curves.png",
    "stopping.png",
    "bands.png",
    "training.gif",
}
FILES_OF_DD = {*FILES, NETWORK, "uncertainty.png"}


@pytest.mark.parametrize("words", [DD, DIP], ids=["dd", "dip"])
def test_a_run_leaves_its_folder(fitted, words):
    folder, out, err = fitted(*words, undrawn=words == DIP)
    files = FILES_OF_DD if words == DD else FILES
    for name in files:
        assert (folder / name).exists(), name
        assert (folder / name).is_dir() or (folder / name).stat().st_size > 0, name
    assert list(folder.glob(EVENTS))
    at_the_top = {name.partition("/")[0] for name in files}
    assert {path.name for path in folder.iterdir()} == at_the_top | {LOCK}
    assert not list(folder.rglob(".part*")), "a temporary file is left"
    assert str(folder.resolve()) in out
    assert "PSNR" in out
    assert "Warning" not in err + out
    assert "Tip" not in err + out


@pytest.mark.slow
def test_a_small_default_run_takes_little_over_two_megabytes(run):
    assert run("image.size=64", "hydra.run.dir=run")[0] == 0
    assert sum(path.stat().st_size for path in Path("run").rglob("*")) < 2.3e6


def test_the_summary_keeps_its_contract(fitted):
    folder, *_ = fitted(*DIP, undrawn=True)
    found, table = summary(folder), rows(folder)
    assert list(found)[:8] == [
        "status",
        "steps",
        "seconds",
        "seconds_per_step",
        "peak_memory_mb",
        "parameters",
        "target_sha256",
        "versions",
    ]
    assert found["status"] == "finished"
    assert found["steps"] == 6
    for metric in ("psnr", "ssim"):
        assert list(found[metric]) == ["target", "last", "average", "best", "best_step"]
    curve = [float(row["psnr/last"]) for row in table]
    assert found["psnr"]["best"] == max(curve)
    assert found["psnr"]["last"] == curve[-1]
    assert found["psnr"]["average"] == float(table[-1]["psnr/average"])
    assert int(table[curve.index(max(curve))]["step"]) == found["psnr"]["best_step"]


def test_the_curves_are_of_every_tenth_and_the_log_spaced_steps(run):
    run(*BARE, "steps=32")
    steps = [int(row["step"]) for row in rows()]
    assert steps == [*range(9), 10, 11, 13, 16, 19, 20, 23, 27, 30, 31]


def test_tensorboard_shows_curves_images_and_the_hyper_parameters(fitted):
    folder, *_ = fitted(*DIP, undrawn=True)
    events = EventAccumulator(
        str(folder / RECORD), size_guidance={"images": 0, "scalars": 0}
    ).Reload()
    shown = events.Scalars("psnr/average")
    assert [(e.step, e.value) for e in shown] == [
        (int(row["step"]), pytest.approx(float(row["psnr/average"]))) for row in rows(folder)
    ]
    assert len(events.Images("reconstruction")) == 4, "0, 1, 4 and the last"
    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    words = HParamsPluginData.FromString(content).session_start_info.hparams
    assert words["model"].string_value == "dip"
    assert words["recipe"].string_value == "authors"
    assert words["model.width"].number_value == 8
    assert words["noise.sigma"].number_value == 25
    last = events.Scalars("result/psnr_last")[0].value
    assert last == pytest.approx(summary(folder)["psnr"]["last"])


@pytest.mark.usefixtures("undrawn")
def test_the_recommended_image_is_the_average_where_there_is_one(run):
    words = (*KEPT, "model=dip")
    run(*words)
    average = iio.imread("run/reconstruction.png")
    run(*words, "average=none", "hydra.run.dir=other")
    assert summary("other")["psnr"]["average"] is None
    assert not np.array_equal(average, iio.imread("other/reconstruction.png"))
    last = image.pixels(checkpoint("other")["images"]["reconstruction"])
    assert np.array_equal(iio.imread("other/reconstruction.png"), last)


@pytest.mark.usefixtures("undrawn")
def test_several_fits_give_their_mean_and_where_they_differ(run):
    words = (*KEPT, "model=dip")
    assert run(*words, "fits=2")[0] == 0
    images = []
    for seed in range(2):
        run(*words, f"seed={seed}", f"hydra.run.dir={seed}")
        state = checkpoint(str(seed))["state_dict"]
        images.append(state["fit.average._extra_state"]["value"])
    mean = torch.cat(images).mean(0, keepdim=True)
    assert np.array_equal(iio.imread("run/reconstruction.png"), image.pixels(mean))
    apart = torch.cat(images).std(0, keepdim=True)
    last = rows()[-1]
    assert float(last["deviation"]) == pytest.approx(255 * apart.mean().item(), rel=1e-4)
    assert summary()["deviation"] == pytest.approx(float(last["deviation"]))
    each = [summary(str(seed))["psnr"]["average"] for seed in range(2)]
    assert float(last["psnr/fits"]) == pytest.approx(sum(each) / 2)
    assert summary()["psnr"]["average"] > sum(each) / 2
    drawn = iio.imread("run/uncertainty.png").astype(float)
    assert np.corrcoef(drawn.ravel(), apart[0].mean(0).ravel())[0, 1] > 0.99
    assert not Path("0/uncertainty.png").exists()
    assert "deviation" not in rows("0")[0]
    assert summary("0")["deviation"] is None


@pytest.mark.usefixtures("undrawn")
def test_where_fits_differ_is_shown_of_the_image_that_is_recommended(run):
    words = (*KEPT, "model=dip", "optimizer=adam", "fits=2", "stopping=[fixed]", "steps=7")
    run(*words, "stopping.fixed.step=2", "stopping.choose=fixed")
    drawn = iio.imread("run/uncertainty.png")
    run(*words, "steps=3", "stopping.fixed.step=99", "hydra.run.dir=short")
    assert np.array_equal(drawn, iio.imread("short/uncertainty.png"))
    run(*words, "stopping.fixed.step=99", "hydra.run.dir=long")
    assert not np.array_equal(drawn, iio.imread("long/uncertainty.png"))


@pytest.mark.usefixtures("undrawn")
def test_several_fits_that_are_no_number_end_as_one_does(run):
    words = ("~callbacks.guard", "optimizer=sgd", "optimizer.lr=1e30")
    assert run(*KEPT, *words, "fits=2")[0] == 0
    assert summary()["deviation"] is None


@pytest.mark.usefixtures("undrawn")
def test_nothing_is_claimed_against_a_clean_image_that_nobody_knows(run):
    iio.imwrite("photo.jpg", np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8))
    code, out, _ = run(*SMALL[1:], "~callbacks.video", "image.path=photo.jpg", "noise=none")
    assert code == 0
    assert not Path("run", CLEAN).exists()
    assert set(summary()["psnr"].values()) == set(summary()["ssim"].values()) == {None}
    columns = {name for name in rows()[0] if "/" in name}
    assert {name for name in columns if not name.startswith("stopping/")} == {
        "mse/against_target",
        "psnr/against_target",
    }
    for verdict in summary()["stopping"].values():
        assert verdict["psnr"] is verdict["ssim"] is verdict["gap_db"] is None
    assert "noisy target" not in out
    assert iio.imread("run/reconstruction.png").shape == (40, 50, 3)


@pytest.mark.usefixtures("undrawn")
def test_noise_is_added_to_a_photo_of_one_s_own(run):
    iio.imwrite("photo.png", np.full((40, 50), 128, np.uint8))
    assert run(*KEPT[1:], "image.path=photo.png", "noise.sigma=10")[0] == 0
    assert summary()["psnr"]["target"] == pytest.approx(28.1, abs=0.5)
    assert iio.imread(f"run/{TARGET}").shape == (40, 50)


def test_the_same_command_gives_the_same_run_though_a_drawing_fails(run, fitted, monkeypatch):
    first, *_ = fitted(*DD)
    torch.manual_seed(5)
    with monkeypatch.context() as patch:
        patch.setattr("untrained.figure.panel", fail)
        with pytest.raises(NoMemoryError):
            run(*DD)
    assert run(*DD, "resume=run")[0] == 0
    assert same(weights(first), weights())
    for name in [each for each in FILES_OF_DD if each.endswith((".csv", ".jpg", ".png", ".gif"))]:
        assert Path("run", name).read_bytes() == (first / name).read_bytes(), name
    for key in ("status", "steps", "psnr", "ssim", "reconstruction", "stopping", "deviation"):
        assert summary()[key] == summary(first)[key], key
    assert len(list(Path("run").glob(EVENTS))) == 1


def test_the_seed_of_the_weights_leaves_the_target_alone(run, fitted):
    first, *_ = fitted(*BARE)
    run(*BARE, "seed=1", "hydra.run.dir=other")
    run(*BARE, "noise.seed=1", "hydra.run.dir=noisy")
    assert not same(weights(first), weights("other"))
    assert summary(first)["target_sha256"] == summary("other")["target_sha256"]
    assert summary(first)["target_sha256"] != summary("noisy")["target_sha256"]


@pytest.mark.usefixtures("undrawn")
def test_the_classic_comparison_draws_both_methods_together(run):
    words = (*TINY[:3], "steps=3", "~callbacks.video", "stopping=[]", "hydra.sweep.dir=sweep")
    assert run("experiment=dip_vs_dd", *words)[0] == 0
    for name in ("panel.jpg", "curves.png", "training.gif"):
        assert Path("sweep", name).stat().st_size > 0
    found = [json.loads(path.read_text()) for path in Path("sweep").glob("*/summary.json")]
    assert len(found) == 2
    assert len({each["target_sha256"] for each in found}) == 1


def test_a_callback_can_be_taken_away(fitted):
    folder, *_ = fitted(*BARE)
    assert set(UNDRAWN) < set(BARE)
    assert not (folder / "training.gif").exists()
    assert not (folder / "panel.jpg").exists()
    assert (folder / "summary.json").exists()


def test_a_gpu_may_round_to_tf32_where_the_accelerator_says_so(run):
    assert run(*BARE, "steps=1", "accelerator.tf32=false")[0] == 0
    assert torch.backends.cudnn.allow_tf32 is False
    allow_tf32(True)
    assert torch.backends.cudnn.allow_tf32 is True
    assert torch.get_float32_matmul_precision() == "highest"


def test_bfloat16_where_there_is_none_is_warned_of(run, monkeypatch, logged):
    for capability, warned in (("AVX512", False), ("AVX2", True)):
        warn_of_bfloat16(capability)
        assert ("this CPU has no bfloat16" in logged.text) is warned
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    code, _, err = run(*BARE, "steps=1", "accelerator.precision=bf16-mixed")
    assert code == 0
    assert "this CPU has no bfloat16" in err


@pytest.mark.usefixtures("undrawn")
def test_tensorboard_shows_a_small_target_enlarged_under_its_name(run):
    words = ("degradation=downsampling", "degradation.factor=2", "~callbacks.video")
    assert run(*SMALL, *words, "steps=2", "stopping=[]", "baseline=[]")[0] == 0
    events = EventAccumulator(f"run/{RECORD}").Reload()
    (picture,) = events.Images("target (low resolution)")
    assert (picture.width, picture.height) == (32, 32)
    assert image.read(f"run/{TARGET}").shape == (1, 3, 16, 16)


def test_a_target_that_is_too_small_to_read_its_noise_leaves_the_rules_out(run):
    """A target of 4 x 4 pixels, which is drawn all the same, in a film too."""
    words = ("degradation=downsampling", "degradation.factor=8", "noise=poisson")
    words = (*words, "noise.peak=100", "steps=3", "logger=none")
    code, _, err = run(*SMALL, *words)
    assert code == 0
    assert "bands left out, because the target is not a picture of at least 16 x 16 pixels" in err


@pytest.mark.parametrize("name", ["bands.npy", "bands.tif"])
def test_bands_go_out_as_they_came_in_and_three_of_them_are_drawn(run, name, request):
    more = ()
    if name == "bands.tif":
        request.getfixturevalue("undrawn")
        more = ("optimizer=adam", "refinement=none")
    cube = np.random.default_rng(0).integers(16384, 65536, (18, 20, 24)).astype(np.uint16)
    np.save("bands.npy", cube)
    tifffile.imwrite("bands.tif", cube, photometric="minisblack")
    words = (f"image.path={name}", "image.channel_axis=0", *SMALL[1:], "steps=2", "stopping=[]")
    code, _, err = run(*words, *more, "baseline=[tv]")
    assert code == 0, err
    read = {"bands.npy": np.load, "bands.tif": tifffile.imread}[name]
    found = read(f"run/reconstruction{Path(name).suffix}")
    assert (found.dtype, found.shape) == (np.uint16, cube.shape)
    clean = image.read(name, channel_axis=0)
    target = torch.from_numpy(np.load("run/record/target.npy")).permute(2, 0, 1)[None]
    assert np.array_equal(np.load("run/record/clean.npy"), clean[0].permute(1, 2, 0).numpy())
    summary = json.loads(Path("run/summary.json").read_text())
    assert summary["channels"] == 18
    assert summary["psnr"]["target"] == pytest.approx(psnr(target, clean).item())
    result = torch.from_numpy(found / np.float32(65535)).float()[None]
    assert summary["reconstruction"]["psnr"] == pytest.approx(psnr(result, clean).item(), abs=0.01)
    drawn = image.read("run/reconstruction.png")
    torch.testing.assert_close(drawn, result[:, [15, 9, 3]], rtol=0, atol=1e-4)
    assert Path("run/training.gif").exists()
    shown = EventAccumulator(f"run/{RECORD}").Reload().Tags()["images"]
    assert {each.partition(" (channels")[2] for each in shown} == {" 16, 10, 4 of 18)"}


@pytest.mark.usefixtures("undrawn")
def test_a_deep_tiff_goes_out_as_it_came_in(run):
    values = np.random.default_rng(0).integers(0, 4096, (32, 32, 3)).astype(np.uint16)
    tifffile.imwrite("deep.tif", values, photometric="rgb")
    words = ("target.path=deep.tif", "target.white=4095", *SMALL[1:], "steps=2")
    code, _, err = run(*words, "~callbacks.video", "stopping=[]", "baseline=[]")
    assert code == 0, err
    found = tifffile.imread("run/reconstruction.tif")
    assert (found.dtype, found.shape) == (np.uint16, (32, 32, 3))
    shown = image.read("run/reconstruction.png")
    torch.testing.assert_close(image.read("run/reconstruction.tif"), shown, rtol=0, atol=2e-4)
    assert image.origin("run/reconstruction.png").number == "uint16"
