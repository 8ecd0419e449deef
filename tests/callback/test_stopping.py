"""The stopping rules of whole runs."""

import json
import shutil
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch
from torch.nn.functional import mse_loss

from tests.conf.option import options
from tests.conf.test_stopping import NEEDS
from tests.left import rows, rules, same, summary, weights
from tests.stopping.trajectory import problem, same_state
from untrained import image
from untrained.callback.pictures import save_image
from untrained.callback.stopping import Stopping
from untrained.degradation.blur import Blur
from untrained.degradation.identity import Identity
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.mosaic import Mosaic
from untrained.objective import BackProjection
from untrained.problem import Problem
from untrained.stopping.bands import Bands
from untrained.stopping.blind import Blind
from untrained.stopping.discrepancy import Discrepancy
from untrained.stopping.emv import ExponentialVariance
from untrained.stopping.fixed import FixedStep
from untrained.stopping.sure import GaussianRisk
from untrained.stopping.wmv import WindowedVariance
from untrained.trainer.data import SingleImage
from untrained.twin import Twin

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = (
    "image.size=16",
    "model.width=4",
    "model.depth=1",
    "steps=24",
    "checkpoint.keep=0",
    "optimizer=adam",
    "hydra.run.dir=run",
    "~callbacks.video",
    "baseline=[]",
    "refinement=none",
    "logger=none",
)
BARE = (*SMALL, "~callbacks.pictures")
RULES = ("model=dip", "stopping=[fixed,emv]", "stopping.fixed.step=13")
DRAWN, FIXED = (*SMALL, *RULES), (*BARE, *RULES)
HALTED = (*DRAWN, "stopping.halt=fixed")
# All that suit a picture; `rounding` is for the numbers of a JPEG file.
SUITED = [rule for rule in options("stopping") if rule != "rounding"]
EVERY_RULE = (
    *SMALL,
    "model=dip",
    "fits=2",
    "steps=14",
    f"stopping=[{','.join(SUITED)}]",
    "stopping.wmv.window=5",
    "stopping.emv.warmup=3",
    *{word for words in NEEDS.values() for word in words},
)


@pytest.fixture
def halted(run, fitted):
    """Stand beside a run that a rule has ended; return what it printed."""
    found = fitted(*HALTED, undrawn=True)
    shutil.copytree(found.folder, "run")
    return found.out


def test_a_rule_that_halts_ends_the_run_with_its_image(halted, fitted):
    whole, *_ = fitted(*FIXED)
    found, out = summary(), halted
    assert (found["status"], found["steps"]) == ("stopped", 14)
    assert found["stopping"]["fixed"]["halted"]
    assert not found["stopping"]["emv"]["halted"]
    assert "fixed (halted)" in out
    expected = rows(whole)[11]
    assert int(expected["step"]) == found["stopping"]["fixed"]["step"] == 13
    assert found["stopping"]["fixed"]["psnr"] == float(expected["psnr/average"])
    picked = rules()["fixed"]["average"]
    assert np.array_equal(iio.imread("run/reconstruction.png"), image.pixels(picked))
    last = rows()
    assert [row["stopping/emv"] for row in last] == [
        row["stopping/emv"] for row in rows(whole)[: len(last)]
    ]


def test_a_run_that_a_rule_ended_goes_on_without_that_rule_alone(halted, run, fitted):
    code, out, err = run(*HALTED, "resume=run")
    assert (code, out, err.strip()) == (
        1,
        "",
        "resume=run was ended by stopping.halt=fixed after 14 steps; "
        "stopping.halt=null continues it",
    )
    assert run(*DRAWN, "resume=run", "stopping.halt=null")[0] == 0
    whole, *_ = fitted(*FIXED)
    assert same(weights(), weights(whole))
    assert Path("run/metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()
    assert summary()["status"] == "finished"
    assert summary()["stopping"] == summary(whole)["stopping"]


def test_blind_ends_a_run_where_it_watches(run, monkeypatch):
    monkeypatch.setattr("untrained.stopping.whiteness.Whiteness.gain", 0.0)
    short = ("stopping.blind.every=1", "stopping.blind.patience=1")
    run(*BARE, "optimizer=soap", *short)
    assert (summary()["status"], summary()["stopping"]["blind"]["halted"]) == ("stopped", True)
    assert summary()["steps"] < 24


def test_a_rule_s_image_is_recommended_without_halting(run):
    run(*DRAWN, "stopping.choose=fixed")
    assert (summary()["status"], summary()["steps"]) == ("finished", 24)
    picked = rules()["fixed"]["average"]
    assert np.array_equal(iio.imread("run/reconstruction.png"), image.pixels(picked))


def test_a_rule_that_is_chosen_is_recommended_though_another_ends_the_run(run):
    code, _, _ = run(*DRAWN, "stopping.halt=fixed", "stopping.choose=emv", "stopping.emv.warmup=2")
    found = summary()
    assert (code, found["status"], found["steps"]) == (0, "stopped", 14)
    assert found["reconstruction"]["rule"] == "emv"
    assert found["reconstruction"]["psnr"] == found["stopping"]["emv"]["psnr"]
    assert found["reconstruction"]["psnr"] != found["stopping"]["fixed"]["psnr"]


def test_the_rules_of_a_run_that_is_resumed_are_those_of_the_whole(run, fitted):
    whole, *_ = fitted(*EVERY_RULE, undrawn=True)
    run(*EVERY_RULE, "steps=7")
    assert run(*EVERY_RULE, "resume=run")[0] == 0
    assert summary()["steps"] == 14
    assert same(weights(), weights(whole))
    for name in ("metrics.csv", "reconstruction.png", "uncertainty.png"):
        assert Path("run", name).read_bytes() == (whole / name).read_bytes(), name
    here, there = rules(), rules(whole)
    assert here.keys() == there.keys() == set(SUITED)
    for name in here:
        assert same_state(here[name], there[name]), name


def test_nan_in_the_clean_image_changes_nothing_but_the_report(run, fitted, monkeypatch):
    """Neither the fit nor a rule reads the clean image."""
    clear, *_ = fitted(*EVERY_RULE, undrawn=True)
    make = SingleImage.__init__

    def blind(self, *args, **kwargs):
        make(self, *args, **kwargs)
        nan = self.observation.clean * float("nan")
        self.observation = self.observation._replace(clean=nan)

    monkeypatch.setattr(SingleImage, "__init__", blind)
    assert run(*EVERY_RULE, "hydra.run.dir=blind")[0] == 0
    assert same(weights(clear), weights("blind"))
    for name in ("reconstruction.png", "uncertainty.png"):
        assert (clear / name).read_bytes() == Path("blind", name).read_bytes(), name
    assert [row["loss"] for row in rows(clear)] == [row["loss"] for row in rows("blind")]
    assert summary("blind")["psnr"]["best"] is None
    seen, unseen = summary(clear)["stopping"], summary("blind")["stopping"]
    assert seen.keys() == set(SUITED)
    here, there = rules(clear), rules("blind")
    for name, verdict in seen.items():
        assert same_state(here[name], there[name]), name
        assert here[name]["statistic"].isfinite()
        for key in ("step", "detected"):
            assert verdict[key] == unseen[name][key]
        for key in ("psnr", "ssim", "gap_db"):
            assert isinstance(verdict[key], float)
            assert unseen[name][key] is None


def test_the_gap_is_to_the_best_image_of_the_same_kind(run, fitted):
    whole, *_ = fitted(*FIXED)
    curve = [float(row["psnr/average"]) for row in rows(whole)]
    verdict = summary(whole)["stopping"]["fixed"]
    assert verdict["gap_db"] == pytest.approx(max(curve) - verdict["psnr"])
    run(*FIXED, "average=none", "hydra.run.dir=other")
    curve = [float(row["psnr/last"]) for row in rows("other")]
    verdict = summary("other")["stopping"]["fixed"]
    assert verdict["gap_db"] == pytest.approx(max(curve) - verdict["psnr"])


def test_a_run_without_curves_halts_at_the_same_step_and_shows_its_rules(run):
    words = (*FIXED, "stopping.halt=fixed", "stopping.fixed.step=9")
    run(*words, "hydra.run.dir=whole")
    assert run(*words, "~callbacks.curves")[0] == 0
    assert summary()["steps"] == summary("whole")["steps"] == 11, "the next step of a row"
    assert summary()["stopping"]["fixed"]["step"] == summary("whole")["stopping"]["fixed"]["step"]
    whole = rows("whole")
    kept = ("step", "loss", "stopping/fixed", "stopping/emv")
    assert rows() == [{name: row[name] for name in kept} for row in whole]
    assert [row["step"] for row in rows()] == [*map(str, range(9)), "10"]


@pytest.mark.parametrize(
    ("words", "line"),
    {
        ("stopping.halt=wvm",): "stopping.halt must be null, emv or wmv, got 'wvm'",
        ("stopping=[emw]",): "stopping=emw does not exist; did you mean emv?",
        ("stopping.wmv.window=1",): "stopping.wmv.window must be a whole number from 2 up, got 1",
        ("stopping=[self_validation]",): "holdout.share must be a number between 0 and 1, got 0.0",
        ("stopping=[sure]",): "twin.epsilon must be a number over 0, got 0.0",
        ("holdout.share=1",): "holdout.share must be a number from 0 to less than 1, got 1",
    }.items(),
)
def test_bad_words_are_answered_in_a_line(run, words, line):
    words = words if words[0].startswith("stopping=") else ("stopping=[wmv,emv]", *words)
    code, out, err = run(*BARE, *words)
    assert (code, out) == (1, "")
    assert err.startswith(line)
    assert len(err.strip().splitlines()) == 1
    assert not Path("run").exists()


def test_summary_names_what_each_rule_found(run):
    run(*BARE)
    verdicts = json.loads(Path("run/summary.json").read_text())["stopping"]
    assert verdicts["blind"].pop("noise") == "white noise"
    for verdict in verdicts.values():
        assert list(verdict) == ["step", "detected", "psnr", "ssim", "gap_db", "halted"]


def test_a_halted_run_that_is_killed_while_it_draws_is_resumed(run, fitted, monkeypatch):
    whole, *_ = fitted(*HALTED, undrawn=True)
    words = (*HALTED, "checkpoint.every=5")
    with monkeypatch.context() as patch:
        patch.setattr("untrained.callback.pictures.save_image", killed)
        assert run(*words)[0] == 1
    assert not Path("run/reconstruction.png").exists()
    assert run(*words, "resume=run")[0] == 0
    for name in ("reconstruction.png", "metrics.csv"):
        assert Path("run", name).read_bytes() == (whole / name).read_bytes()
    assert summary()["status"] == summary(whole)["status"] == "stopped"


def killed(path, picture, like):
    if path.name == "reconstruction.png":
        raise OSError("killed")
    return save_image(path, picture, like)


def test_an_experiment_takes_a_list_of_rules(run):
    words = ("experiment=dip_sooner", "stopping=[wmv,discrepancy]", "stopping.halt=wmv")
    assert run(*SMALL, *words, "model.width=4", "steps=2")[0] == 0


TARGET = torch.rand(1, 3, 24, 20, generator=torch.Generator().manual_seed(0))


def attached(halt=None, choose=None):
    return Stopping(
        halt, choose, blind=Blind(), bands=Bands(), fixed=FixedStep(3), sure=GaussianRisk()
    )


def test_rules_that_do_not_suit_are_left_out_in_a_line_each_reason():
    stopping = attached(halt="blind", choose="fixed")
    lines = stopping.leave_out(problem(noisy=False, twin=Twin(1)), TARGET, [])
    assert list(stopping.rules) == ["fixed"]
    assert (stopping.halt, stopping.choose) == (None, "fixed")
    assert lines == ["stopping: blind, bands, sure left out, because the target has no noise"]


def test_rules_that_suit_are_kept_without_a_word():
    stopping = attached(halt="blind", choose="bands")
    lines = stopping.leave_out(problem(twin=Twin(1)), TARGET, ["blind", "bands"])
    assert list(stopping.rules) == ["blind", "bands", "fixed", "sure"]
    assert (stopping.halt, stopping.choose) == ("blind", "bands")
    assert not lines


def test_a_rule_that_needs_a_whole_target_is_left_out_where_pixels_are_lost():
    stopping = attached(choose="bands")
    lines = stopping.leave_out(problem(Inpainting(0.5), twin=Twin(1)), TARGET, ["blind"])
    assert list(stopping.rules) == ["blind", "fixed"]
    assert stopping.choose == "blind"
    assert lines == [
        "stopping: bands, sure left out, because parts of the target are unknown",
        "stopping: blind takes the place of the rule that is left out",
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bands", "^stopping.bands cannot be used: the target has no noise$"),
        ("sure", "^twin.epsilon must be a number over 0, got 0.0$"),
    ],
)
def test_a_rule_that_was_asked_for_is_refused_where_it_does_not_suit(name, line):
    with pytest.raises(ValueError, match=line):
        attached().leave_out(problem(noisy=False), TARGET, [name])


@pytest.mark.parametrize("halt", [None, "blind"])
def test_emv_takes_the_place_of_a_rule_that_does_not_see_the_noise(halt):
    amplifying = Problem(Blur("uniform", size=3), BackProjection(epsilon=0.1))
    stopping = Stopping(halt, "blind", blind=Blind(), emv=ExponentialVariance())
    stopping.leave_out(amplifying, TARGET, [])
    assert (stopping.halt, stopping.choose) == (halt and "emv", "emv")
    alone = Stopping(halt, "blind", blind=Blind())
    alone.leave_out(amplifying, TARGET, [])
    assert (alone.halt, alone.choose) == (None, None)
    other = Stopping(halt, "blind", blind=Blind(), mine=WindowedVariance())
    other.leave_out(amplifying, TARGET, [])
    assert (other.halt, other.choose) == (halt and "mine", "mine")


@pytest.mark.parametrize("halt", [None, "blind"])
def test_the_discrepancy_takes_the_place_where_a_sigma_is_known_and_the_noise_is_not_seen(halt):
    target = torch.rand(1, 1, 20, 20)
    rules = {"blind": Blind, "emv": ExponentialVariance, "discrepancy": Discrepancy}
    for sigma, expected in ((None, None), (10.0, "discrepancy")):
        stopping = Stopping(halt, "blind", **{name: make() for name, make in rules.items()})
        stopping.leave_out(Problem(Mosaic(), mse_loss, sigma=sigma), target, [])
        assert (stopping.halt, stopping.choose) == (halt and expected, expected)


def test_no_rule_is_left_out_where_back_projection_is_the_squared_error():
    plain = Problem(Identity(), BackProjection(epsilon=0.01))
    stopping = Stopping("blind", blind=Blind(), emv=ExponentialVariance())
    assert not stopping.leave_out(plain, TARGET, [])
    assert (stopping.halt, list(stopping.rules)) == ("blind", ["blind", "emv"])


INPAINTING = ("degradation=inpainting", "steps=2", "logger=none")


def test_a_run_says_in_a_line_which_rules_it_leaves_out(run):
    assert run(*BARE, *INPAINTING)[0] == 0
    assert summary()["stopping"] == {}
    noisy = ("image.size=32", "noise=gaussian", "noise.sigma=25", "hydra.run.dir=noisy")
    code, _, err = run(*BARE, *INPAINTING, *noisy)
    assert code == 0
    line = "stopping: bands left out, because parts of the target are unknown"
    assert err.splitlines()[0] == line
    assert err.count("left out") == 1
    assert summary("noisy")["stopping"].keys() == {"blind", "discrepancy", "emv"}


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["stopping=[fixed,bands]", "stopping.fixed.step=3"], "bands"),
        (["stopping.halt=blind"], "blind"),
        (["stopping.choose=discrepancy"], "discrepancy"),
    ],
)
def test_a_rule_that_was_typed_and_is_of_no_use_is_refused(run, words, rule):
    code, out, err = run(*BARE, *INPAINTING, *words)
    assert (code, out) == (1, "")
    assert err == f"stopping.{rule} cannot be used: the target has no noise\n"
    assert not Path("run").exists()
