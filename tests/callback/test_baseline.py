"""What one would use instead: run beside a fit, shown with it, and never at its cost."""

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from tests.callback.test_run import CLEAN, known
from tests.callback.test_table import table_rows
from tests.conftest import SMALL, TINY
from tests.left import summary
from untrained.baseline.baseline import Baseline, Outcome
from untrained.callback.baseline import Baselines
from untrained.callback.pictures import baseline_tiles
from untrained.callback.table import beside_baselines, table_of_baselines
from untrained.command.typed import asked_for_baselines
from untrained.degradation.downsampling import Downsampling

COMPARED = tuple(word for word in TINY if word != "baseline=[]")


class Shifted(Baseline):
    name = "Shifted"

    def __init__(self, by=0.1):
        self.by = by

    def __call__(self, target, degradation):
        return target + self.by


class Failing(Baseline):
    name = "Failing"

    def __call__(self, target, degradation):
        raise RuntimeError("no room\nfor it")


class Cropped(Shifted):
    def __call__(self, target, degradation):
        return target[..., 1:]


class Unfit(Shifted):
    def suits(self, target, degradation):
        return "it is for nothing"


def test_a_baseline_that_fails_is_left_out_in_a_line_and_the_others_stay(logged):
    run = known(done=12)
    every = {"bad": Failing(), "small": Cropped(), "nan": Shifted(torch.nan), "good": Shifted()}
    Baselines(**every).save(run)
    assert list(run.baselines) == ["good"]
    assert logged.messages == [
        "baseline.bad is left out: RuntimeError: no room for it",
        "baseline.small is left out: ValueError: its image is (1, 3, 24, 19), and that of the fit "
        "(1, 3, 24, 20)",
        "baseline.nan is left out: ValueError: its image has values that are not finite",
    ]


def test_what_a_baseline_makes_is_within_0_and_1_and_timed():
    run = known(done=12)
    Baselines(light=Shifted(2.0)).save(run)
    outcome = run.baselines["light"]
    assert torch.equal(outcome.image, torch.ones_like(CLEAN))
    assert outcome.name == "Shifted"
    assert 0 < outcome.seconds < 1


def test_an_interrupted_run_leaves_the_baselines_for_when_it_goes_on():
    run = known(done=11)
    Baselines(good=Shifted()).save(run)
    assert not run.baselines
    run.halted = "blind"
    Baselines(good=Shifted()).save(run)
    assert list(run.baselines) == ["good"]


def test_one_that_does_not_apply_is_refused_where_it_was_typed_and_else_left_out():
    run = known()
    watcher = Baselines(unfit=Unfit(), good=Shifted())
    with pytest.raises(ValueError, match=r"^baseline.unfit cannot be used: it is for nothing$"):
        watcher.leave_out(run.problem.degradation, run.target, ["unfit"])
    watcher.leave_out(run.problem.degradation, run.target, ["good"])
    assert list(watcher.baselines) == ["good"]


@pytest.mark.parametrize("thing", [None, 3, torch.nn.Identity()])
def test_what_is_no_baseline_is_refused(thing):
    with pytest.raises(ValueError, match=r"^baseline.mine must be a baseline, got "):
        Baselines(mine=thing)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], []),
        (["steps=3"], []),
        (["baseline=[nlm,tv]"], ["nlm", "tv"]),
        (["baseline.tv.sigma=3"], ["tv"]),
        (["+baseline.nlm._target_=mine.NLM"], ["nlm"]),
        (["~baseline.wavelet"], []),
    ],
)
def test_a_baseline_is_asked_for_by_its_group_or_its_words(monkeypatch, words, names):
    monkeypatch.setattr("untrained.command.typed.typed", lambda: words)
    assert asked_for_baselines(["nlm", "tv"]) == names


def test_the_panel_shows_two_in_their_order_and_none_that_is_the_target_itself():
    run = known(Downsampling(2))
    run.baselines["same"] = Outcome("Same", run.view[0], 0.1)
    for name in "abcd":
        run.baselines[name] = Outcome(name, CLEAN, 0.1)
    assert [tile.title for tile in baseline_tiles(run)] == ["a", "b"]


def told(answer, *baselines):
    figures = {name: {"name": name, "psnr": p, "seconds": s} for name, p, s in baselines}
    return list(beside_baselines({"reconstruction": {"psnr": answer}, "baselines": figures}))


@pytest.mark.parametrize(
    ("answer", "baselines", "line"),
    [
        (
            28.41,
            [("TV", 26.0, 0.2), ("NLM", 28.0, 0.1)],
            "The network is 0.41 dB better than NLM (28.00 dB, 0.1 s), the best baseline by the "
            "clean image",
        ),
        (
            27.7,
            [("NLM", 28.0, 0.02), ("TV", 26.0, 0.2)],
            "The network is 0.30 dB worse than NLM (28.00 dB, under 0.1 s), the best baseline by "
            "the clean image",
        ),
        (28.0, [("NLM", 28.004, 0.1)], "The network is as good as NLM (28.00 dB, 0.1 s)"),
    ],
)
def test_one_line_says_what_the_network_brings(answer, baselines, line):
    assert told(answer, *baselines) == [line]


def test_nothing_is_said_where_nothing_is_measured():
    assert told(None, ("NLM", 28.0, 0.1)) == []
    assert told(28.0, ("NLM", None, 0.1)) == []
    table = table_of_baselines({"nlm": {"name": "NLM", "seconds": 0.1}})
    assert [column.header for column in table.columns] == ["baseline", "seconds"]


def test_baselines_are_in_every_place_of_a_run(fitted):
    words = (*SMALL, "~callbacks.video", "baseline=[nlm,median]", "stopping=[]", "logger=none")
    folder, out, _ = fitted(*words, undrawn=True)
    found = summary(folder)["baselines"]
    assert list(found) == ["nlm", "median"]
    assert found["nlm"].keys() == {"name", "psnr", "ssim", "seconds"}
    row = table_rows(out)["NLM"]
    assert row[:2] == [f"{found['nlm']['psnr']:.2f}", f"{found['nlm']['ssim']:.3f}"]
    assert "the best baseline by the clean image\n" in out
    image = iio.imread(folder / "record" / "baseline" / "nlm.png")
    clean = iio.imread(folder / "record" / "clean.png")
    error = (image.astype(float) - clean) / 255
    assert -10 * np.log10((error**2).mean()) == pytest.approx(found["nlm"]["psnr"], abs=0.05)


def test_without_a_clean_image_only_seconds_are_known(run):
    iio.imwrite("noisy.png", np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8))
    words = ("target.path=noisy.png", "baseline=[nlm]", "hydra.run.dir=run")
    code, out, _ = run(*words, *COMPARED[1:])
    assert code == 0
    assert summary()["baselines"]["nlm"].keys() == {"name", "seconds"}
    assert list(table_rows(out)["NLM"]) == [f"{summary()['baselines']['nlm']['seconds']:.2f}"]
    assert not Path("run/record/baseline").exists(), "pictures were not asked for"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["baseline=[nlm]", "degradation=inpainting"],
            "baseline.nlm cannot be used: it is for degradation=identity and jpeg, where the "
            "target shows the image",
        ),
        (
            ["baseline=[bicubic]"],
            "baseline.bicubic cannot be used: it is for degradation=downsampling, where the target "
            "is small",
        ),
        (["baseline=[nml]"], "baseline=nml does not exist; did you mean nlm?; options: bicubic"),
        (["baseline.bm3d.sigma=3"], "baseline.bm3d is a setting of baseline=bm3d, which is not"),
        (["baseline.nlm.sigma=-1"], "baseline.nlm.sigma must be a number over 0, got -1"),
        (["nlm"], "nlm cannot be read; type baseline=nlm"),
    ],
)
def test_a_bad_word_on_baselines_is_refused_before_the_fit(run, words, line):
    code, _, err = run(*COMPARED, *words)
    assert code == 1
    assert err.splitlines()[-1].startswith(line)
    assert not Path("outputs").exists()


def test_baselines_change_nothing_of_a_run_but_what_is_told(run):
    run(*COMPARED, "hydra.run.dir=with")
    run(*TINY, "hydra.run.dir=without", "baseline=[]")
    one, other = summary("with"), summary("without")
    assert list(one["baselines"]) == ["nlm", "tv", "wavelet"]
    assert other["baselines"] == {}
    assert one["reconstruction"] == other["reconstruction"]
    code, _, err = run(*TINY, "resume=with", "baseline=[]")
    assert code == 1
    assert "has all of its 4 steps" in err
