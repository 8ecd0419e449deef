import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from pytorch_lightning.loggers import CSVLogger

from untrained.command import worker
from untrained.command.tile import fit as tile
from untrained.command.tile.piece import piece_path, pieces

from ..conftest import ROOT

WORDS = ("model.width=4", "model.depth=1", "steps=4", "optimizer=adam")
WORDS = (*WORDS, "baseline=[]", "~callbacks.video", "hydra.run.dir=run")
# For those who do not look at them.
UNRULED = ("stopping=[]", "refinement=none")
# How many at once is measured where nothing says it.
TILES = ("tile.size=32", "tile.overlap=8", "tile.workers=1")
ONE = (*UNRULED, "steps=1")


class Here:
    """A pool of one worker: this process."""

    def submit(self, function, *values):
        future = Future()
        future.set_result(function(*values))
        return future


@pytest.fixture
def here(monkeypatch):
    @contextmanager
    def pool(config, workers):
        worker.configs[:] = [config]
        yield Here(), Path()

    monkeypatch.setattr(tile, "pool", pool)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    values = np.random.default_rng(0).integers(0, 256, (44, 56, 3), dtype=np.uint8)
    iio.imwrite(path, values)
    return path


@pytest.fixture
def strip(tmp_path):
    """A photo of two tiles side by side, for tests that do not look at more."""
    path = tmp_path / "strip.png"
    iio.imwrite(path, np.random.default_rng(0).integers(0, 256, (32, 56, 3), dtype=np.uint8))
    return path


def test_a_photo_in_tiles_is_restored_in_its_size(here, photo, run):
    code, out, err = run(f"target.path={photo}", *WORDS, *TILES)
    assert code == 0, err
    assert "44 x 56 pixels in 4 tiles of 32 x 32" in err
    assert iio.imread("run/reconstruction.png").shape == (44, 56, 3)
    summary = json.loads(Path("run/summary.json").read_text())
    assert [each["top"] for each in summary["tiles"]] == [0, 0, 12, 12]
    assert all(each["steps"] == 4 for each in summary["tiles"])
    is_refined = summary["reconstruction"]["refined"]
    assert is_refined == all(each["refined"] for each in summary["tiles"])
    assert ("each of 4 steps, refined" in " ".join(out.split())) == is_refined
    assert "blend of 4 tiles" in out
    assert not list(Path("run/record/tiles").glob("*.pt"))
    assert Path("run/panel.jpg").exists()
    # It has all of its tiles.
    words = [word for word in WORDS if not word.startswith("hydra")]
    code, _, err = run(f"target.path={photo}", *words, *TILES, "resume=run")
    assert code == 1
    assert err == "resume=run has all of its tiles\n"


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("noise", "may_end"), [("noise.sigma=60", True), ("noise=poisson", False)])
def test_less_time_is_spoken_of_where_a_rule_may_end_a_tile(here, run, noise, may_end):
    words = ("image.size=[32,56]", "degradation=mosaic", noise, "refinement=none", "steps=1")
    code, _, err = run(*WORDS, *TILES, *words)
    assert code == 0, err
    assert ("less if a stopping rule ends a fit sooner" in err) == may_end


@pytest.mark.usefixtures("undrawn")
def test_a_tile_is_the_fit_of_its_part(here, strip, run):
    assert run(f"target.path={strip}", *WORDS, *TILES, "tile.overlap=0")[0] == 0
    whole = iio.imread("run/reconstruction.png")
    iio.imwrite("part.png", iio.imread(strip)[:32, :32])
    part = ("target.path=part.png", *WORDS[:-1], "hydra.run.dir=part")
    assert run(*part)[0] == 0
    # The neighbour begins at column 24.
    assert np.array_equal(iio.imread("part/reconstruction.png")[:, :24], whole[:, :24])


def test_several_fits_of_each_tile_are_unsure_in_one_picture(here, strip, run):
    words = (*WORDS, *TILES, "tile.overlap=0", *UNRULED, "fits=2")
    assert run(f"target.path={strip}", *words)[0] == 0
    whole = iio.imread("run/uncertainty.png")
    assert whole.shape == (32, 56)
    iio.imwrite("part.png", iio.imread(strip)[:, 24:])
    part = ("target.path=part.png", *WORDS[:-1], *UNRULED, "fits=2", "hydra.run.dir=part")
    assert run(*part)[0] == 0
    alone = iio.imread("part/uncertainty.png").astype(float)
    # White is the greatest deviation of each picture.
    assert np.corrcoef(whole[:, 32:].ravel(), alone[:, 8:].ravel())[0, 1] > 0.99


@pytest.mark.usefixtures("undrawn")
def test_a_run_that_was_cut_short_fits_the_tiles_that_are_missing(here, strip, run, monkeypatch):
    assert run(f"target.path={strip}", *WORDS, *UNRULED, *TILES)[0] == 0
    whole = iio.imread("run/reconstruction.png")
    words = [*WORDS[:-1], "hydra.run.dir=again", *UNRULED, *TILES]
    fit, fitted = tile.fit_tile, []

    def fit_one(number, *values):
        if fitted:
            raise MemoryError("out of memory")
        fitted.append(number)
        fit(number, *values)

    monkeypatch.setattr(tile, "fit_tile", fit_one)
    assert run(f"target.path={strip}", *words)[0] == 1
    assert fitted == [0]
    words.remove("hydra.run.dir=again")
    code, _, err = run(f"target.path={strip}", *words, "resume=again", "steps=9")
    assert code == 1
    assert "resume=again has other settings: steps was 4 and is now 9" in err
    fitted.clear()
    seconds = Path("again/record/tiles/seconds.json")
    seconds.write_text('{"seconds": 1000}')
    assert run(f"target.path={strip}", *words, "resume=again")[0] == 0
    assert fitted == [1]
    assert 1000 < json.loads(Path("again/summary.json").read_text())["seconds"] < 1100
    assert not seconds.exists()
    assert np.array_equal(iio.imread("again/reconstruction.png"), whole)


@pytest.mark.usefixtures("undrawn")
def test_each_local_degradation_goes_with_tiles(here, strip, run):
    mask = np.full((32, 56), 255, np.uint8)
    mask[4:28, 18:46] = 0
    iio.imwrite("mask.png", mask)
    inpainting = (
        "degradation=inpainting",
        "degradation.mask=mask.png",
        *ONE,
        "~callbacks.pictures",
    )
    code, _, err = run(f"target.path={strip}", *WORDS, *TILES, *inpainting)
    assert code == 0, err
    code, _, err = run(
        *(f"target.path={strip}", *WORDS[:-1], *TILES, *inpainting),
        *("tile.size=16", "tile.overlap=2", "hydra.run.dir=hole"),
    )
    assert code == 1
    assert err == "tile.size is too small: a tile of 16 x 16 pixels lies in a hole\n"
    small = ("degradation=downsampling", "degradation.factor=2", "tile.size=64", *ONE)
    code, _, err = run(
        f"target.path={strip}",
        *WORDS[:-1],
        *TILES,
        *small,
        "hydra.run.dir=large",
    )
    assert code == 0, err
    assert iio.imread("large/reconstruction.png").shape == (64, 112, 3)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("words", "size"),
    [
        (("degradation=jpeg", "tile.size=48"), (48, 64)),
        (("degradation=compressed_sensing", "degradation.block=8"), (48, 72)),
    ],
)
def test_tiles_of_blocks_begin_and_end_with_a_block(here, run, words, size, tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (52, 75, 3), dtype=np.uint8)
    iio.imwrite("photo.png", values)
    code, _, err = run("image.path=photo.png", *WORDS, *TILES, *ONE, *words)
    assert code == 0, err
    assert iio.imread("run/reconstruction.png").shape == (*size, 3)
    side = 16 if "jpeg" in words[0] else 8
    for each in json.loads(Path("run/summary.json").read_text())["tiles"]:
        assert not any(each[name] % side for name in ("top", "left", "height", "width"))


@pytest.mark.usefixtures("undrawn")
def test_a_file_of_one_s_own_that_is_no_picture_is_fitted_in_tiles(here, run):
    values = np.random.default_rng(0).integers(0, 256, (52, 75, 3), dtype=np.uint8)
    iio.imwrite("photo.jpg", values)
    words = (*WORDS[:-1], *TILES, *ONE)
    jpeg = ("target.path=photo.jpg", "degradation=jpeg", "tile.size=48", "hydra.run.dir=jpeg")
    code, _, err = run(*words, *jpeg)
    assert code == 0, err
    assert iio.imread("jpeg/reconstruction.png").shape == (48, 64, 3)
    np.save("sums.npy", np.random.default_rng(0).random((4, 10, 16)))
    sums = ("target.path=sums.npy", "degradation=compressed_sensing", "degradation.block=8")
    code, _, err = run(*words, *sums, "hydra.run.dir=sums")
    assert code == 0, err
    assert np.load("sums/reconstruction.npy").shape == (32, 80, 1)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["degradation=jpeg"], "tile.size=32 must be at least 48 with blocks of 16 x 16"),
        (["degradation=compressed_sensing"], "tile.size=32 must be at least 96 with blocks of 32 "),
        (
            ["degradation=mri"],
            "tile.size cannot be used: degradation=mri needs the whole image, be",
        ),
    ],
)
def test_tiles_that_hold_too_few_blocks_are_refused(words, line, run):
    iio.imwrite("photo.png", np.zeros((100, 75, 3), np.uint8))
    code, _, err = run("image.path=photo.png", *WORDS, *TILES, *words)
    assert code == 1
    assert err.startswith(line)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("boundary", ["valid", "circular"])
def test_a_blurred_photo_is_sharpened_in_tiles_in_its_size(here, strip, run, boundary):
    blur = ("degradation=blur", "degradation.size=9", f"degradation.boundary={boundary}")
    words = (*WORDS, *TILES, *blur, *ONE, "baseline=[wiener]")
    code, _, err = run(f"target.path={strip}", *words)
    assert code == 0, err
    assert "32 x 56 pixels in 2 tiles of 32 x 32" in err
    assert iio.imread("run/reconstruction.png").shape == (32, 56, 3)
    assert iio.imread("run/record/baseline/wiener.png").shape == (32, 56, 3)


def test_the_longest_time_has_the_start_of_the_workers_and_a_last_tile_alone(monkeypatch):
    monkeypatch.setattr(tile.time, "process_time", lambda: 4.0)
    assert tile.most_seconds(8.0, count=5, workers=2) == 4 + 3 * 8


@pytest.mark.usefixtures("undrawn")
def test_the_overlap_follows_the_size_where_none_is_typed(here, strip, run):
    words = (*WORDS, "tile.size=32", *ONE, "~callbacks.pictures")
    code, _, err = run(f"target.path={strip}", *words)
    assert code == 0, err
    summary = json.loads(Path("run/summary.json").read_text())
    assert [each["left"] for each in summary["tiles"]] == [0, 24]


def test_noise_that_nobody_asked_for_is_said_of_tiles_too(here, strip, run):
    code, _, err = run(f"image.path={strip}", *WORDS, *TILES, *ONE, "~callbacks.pictures")
    assert code == 0, err
    assert f"noise.sigma=25 was added to {strip}" in err


class Failing(CSVLogger):
    def log_metrics(self, *_):
        raise OSError("no network")


@pytest.mark.usefixtures("undrawn")
def test_a_logger_that_fails_costs_no_tile(here, strip, run):
    mine = f"+logger.mine={{_target_:{__name__}.Failing,save_dir:logs}}"
    code, _, err = run(f"target.path={strip}", *WORDS, *TILES, *ONE, "logger=none", mine)
    assert code == 0, err
    assert "Failing failed, and the run continues without it" in err
    assert Path("run/reconstruction.png").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("tile.size=8",), "tile.size must be a whole number from 16 up, got 8"),
        (("tile.size=32", "tile.overlap=16"), "tile.overlap=16 must be below half of tile.size=32"),
        (("tile.size=32", "tile.overlap=4", "tile.workers=0"), "tile.workers must be a whole"),
        (
            ("tile.size=32", "tile.overlap=4", "+trainer.max_time=00:00:01:00"),
            "trainer.max_time=00:00:01:00 ends one fit, and a photo in tiles is many",
        ),
        (
            ("tile.size=32", *(f"degradation{each}" for each in ("=downsampling", ".factor=4"))),
            "tile.size=32 must be at least 64 with degradation.factor=4",
        ),
        (
            ("tile.size=50", "tile.overlap=24", "degradation=downsampling", "degradation.factor=3"),
            "tile.overlap=24 must be below half of tile.size=50, which is 48 with degradation.fact",
        ),
    ],
)
def test_words_that_make_no_tiles_are_one_line_and_leave_nothing(words, line, photo, run):
    code, _, err = run(f"target.path={photo}", *WORDS, *words)
    assert code == 1
    assert err.startswith(line)
    assert err.count("\n") == 1
    assert not Path("run").exists()


@pytest.mark.launcher
def test_tiles_that_are_killed_go_on_with_the_same_bits(photo, tmp_path):
    words = [f"target.path={photo}", *WORDS[:3], *TILES[:2], "steps=60", "~callbacks.video"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    train = [sys.executable, str(ROOT / "train.py"), *words]

    def start(*more):
        return subprocess.Popen(
            [*train, *more],
            cwd=tmp_path,
            env=environment,
            text=True,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    assert start("hydra.run.dir=whole").wait() == 0
    process = start("hydra.run.dir=cut")
    tiles = tmp_path / "cut" / "record" / "tiles"
    while not list(tiles.glob("*.pt")):
        assert process.poll() is None
        time.sleep(0.05)
    workers = [int(pid) for pid in children(process.pid)]
    assert workers
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for each in workers:  # They notice by themselves.
        wait_until_gone(each)
    process = start("resume=cut")
    assert process.wait() == 0, process.stderr.read()
    images = [iio.imread(tmp_path / name / "reconstruction.png") for name in ("whole", "cut")]
    assert np.array_equal(*images)


@pytest.mark.usefixtures("undrawn")
def test_a_worker_that_is_killed_is_told_with_how_to_go_on(photo, run, monkeypatch):
    class Broken(Future):
        def result(self, timeout=None):
            raise BrokenProcessPool

    class Killed:
        def submit(self, *_):
            found = Broken()
            found.set_result(None)
            return found

    monkeypatch.setattr(tile, "pool", lambda *_: nullcontext((Killed(), Path())))
    code, _, err = run(f"target.path={photo}", *WORDS, *TILES, "tile.workers=2")
    assert code == 1
    line = err.splitlines()[-1]
    assert line.startswith("tile.workers=2: the process of a tile was killed")
    folder = Path("run").absolute()
    assert line.endswith(f"""continue with "resume='{folder}'", with tile.workers=1""")


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def wait_until_gone(pid):
    for _ in range(600):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"worker {pid} is still there")


TROUBLE = """
import resource
from pathlib import Path
from pytorch_lightning import Callback

class OfTheSecond(Callback):
    def on_train_batch_end(self, *_):
        if list(Path("run").rglob("0000.pt")):
            raise ValueError("my own trouble")


class Full(Callback):
    def teardown(self, *_, **__):
        if list(Path("run").rglob("0000.pt")):
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
"""


def test_what_a_tile_has_found_is_named_where_it_is_damaged(tmp_path):
    path = piece_path(tmp_path, 0)
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(ValueError, match="0000.pt is cut short or damaged: remove it, "):
        list(pieces(tmp_path, 1))


@pytest.mark.parametrize(
    ("name", "said"), [("OfTheSecond", "my own trouble"), ("Full", "run: File too large")]
)
def test_what_ends_a_tile_in_its_worker_is_one_line(strip, run, name, said):
    """A real worker, which fits two tiles: what the parent has said it does not say again."""
    Path("trouble.py").write_text(TROUBLE)
    words = ("degradation=blur", "degradation.sigma=1")
    words = (*words, f"+callbacks.mine._target_=trouble.{name}")
    code, _, err = run(f"target.path={strip}", *WORDS, *TILES, *words)
    assert code == 1
    assert "Traceback" not in err
    assert err.splitlines()[-1].endswith(said)
    assert [path.name for path in Path("run/record/tiles").glob("*.pt")] == ["0000.pt"]
    assert err.count("left out, because") == 1


def test_a_wrong_word_is_told_before_any_tile(strip, run):
    code, _, err = run(f"target.path={strip}", *WORDS, *TILES, "stopping.halt=nope")
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("stopping.halt must be null, ")


def test_a_border_that_leaves_too_little_is_refused_before_the_first_tile(run):
    iio.imwrite("photo.png", np.zeros((100, 76, 3), np.uint8))
    code, _, err = run("image.path=photo.png", *WORDS, *TILES, "metric.border=45")
    assert code == 1
    assert err.startswith("metric.border must leave 11 x 11 of 100 x 76 pixels, got 45")


def half_plain(height, width):
    """Return a noisy picture whose left half is plain, and whose right half has broad waves."""
    values = np.full((height, width, 3), 128.0)
    values[:, width // 2 :] += 100 * np.sin(np.arange(width // 2) / 4)[:, None]
    noise = np.random.default_rng(0).normal(0, 4, values.shape)
    return (values + noise).clip(0, 255).astype(np.uint8)


def test_a_rule_that_does_not_suit_a_later_tile_is_refused_before_the_first(run):
    iio.imwrite("half.png", half_plain(32, 80))
    words = ("target.path=half.png", *WORDS, *TILES, "degradation=blur", "noise.sigma=4")
    code, _, err = run(*words, "stopping=[discrepancy]")
    assert code == 1
    assert err == (
        "stopping.discrepancy cannot be used: the blurred image does not show the noise that "
        "objective=backprojection fits (2 of 3 tiles)\n"
    )
    assert not Path("run").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_rule_is_left_out_of_some_tiles_in_a_line(here, run):
    iio.imwrite("half.png", half_plain(32, 80))
    words = (*TILES, "degradation=blur", "noise.sigma=4", "steps=1", "refinement=none")
    code, _, err = run("target.path=half.png", *WORDS, *words)
    assert code == 0, err
    line = next(each for each in err.splitlines() if "fits (" in each)
    assert line.startswith("stopping: blind, discrepancy")
    assert line.endswith("fits (2 of 3 tiles)")


@pytest.mark.usefixtures("undrawn")
def test_pixels_of_each_tile_are_held_out_for_the_rule_that_needs_them(here, strip, run):
    rule = ("stopping=[self_validation]", "refinement=none", "steps=1")
    words = (f"target.path={strip}", *WORDS, *TILES, *rule)
    code, _, err = run(*words)
    assert code == 1
    assert err == "holdout.share must be a number between 0 and 1, got 0.0\n"
    code, _, err = run(*words, "holdout.share=0.1")
    assert code == 0, err
