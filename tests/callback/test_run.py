"""How a run ends: early, by whatever means, or in the middle of its drawings."""

import json
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback

from tests.left import checkpoint, same, summary, weights
from tests.stopping.trajectory import problem
from untrained.callback.run import Run
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.function import Function
from untrained.degradation.inpainting import Inpainting
from untrained.metric import Metric, psnr
from untrained.noise.gaussian import Gaussian
from untrained.record.name import CHECKPOINT, RESULT
from untrained.stopping.fixed import FixedStep

SMALL = ("image.size=16", "model.width=4", "model.depth=1", "~callbacks.video")
SMALL = (*SMALL, "optimizer=adam", "baseline=[]", "refinement=none", "logger=none")
BARE = (*SMALL, "~callbacks.pictures", "checkpoint.keep=0", "stopping=[]")


CLEAN = torch.rand(1, 3, 24, 20, generator=torch.Generator().manual_seed(0))


def known(degradation=None, clean=CLEAN, target=None, steps=12, **words):
    """Make what is known of a run."""
    of = problem(degradation)
    target = of.degradation(clean) if target is None else target
    return Run(Path(), clean, target, of, Metric(), steps, 7, trainer=None, words={}, **words)


def test_a_run_is_finished_stopped_or_interrupted():
    assert known(done=12).status == "finished"
    assert known(done=11).status == "interrupted"
    rules = {"fixed": FixedStep(3)}
    assert known(done=11, rules=rules).status == "interrupted"
    assert known(done=11, rules=rules, halted="fixed").status == "stopped"
    assert known(done=12, rules=rules, halted="fixed").status == "stopped"


@pytest.mark.parametrize(
    ("degradation", "name"),
    [(None, "Noisy"), (Inpainting(0.5), "Masked"), (Downsampling(2), "Low resolution")],
)
def test_the_target_is_drawn_under_its_name(degradation, name):
    picture, found = known(degradation).view
    assert found == name
    assert picture.shape == CLEAN.shape


def test_a_target_that_is_no_picture_is_not_drawn():
    assert known(Function(lambda image: image.mean(3))).view is None
    assert known(Function(lambda image: image.mean(3))).level is None


def test_the_level_of_a_target_is_its_psnr_where_it_is_a_whole_image():
    noisy = Gaussian(25)(CLEAN)
    assert known(target=noisy).level == pytest.approx(psnr(noisy, CLEAN).item())
    assert known(Inpainting(0.5)).level is None
    assert known(clean=None, target=noisy).level is None


def test_the_quality_of_an_image_is_known_beside_the_clean_one_alone():
    run = known()
    assert run.quality(CLEAN.flip(3)) == Metric().quality(CLEAN.flip(3), CLEAN)
    assert run.quality(None) == {}
    assert run.quality(CLEAN[..., :12]) == {}
    assert known(clean=None, target=CLEAN).quality(CLEAN) == {}


def test_the_images_that_are_kept_are_four_an_octave_and_the_last():
    run = known(steps=10)
    assert [number for number in range(10) if run.is_shown(number)] == [*range(9), 9]
    assert not known(steps=20).is_shown(9)


def status(folder="run"):
    files = [Path(folder, name) for name in ("summary.json", RESULT)]
    return [json.loads(file.read_text())["status"] for file in files]


class Ender(Callback):
    """A user's callback that ends the fit; it comes after all of ours."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, *_):
        trainer.should_stop = trainer.global_step == self.step


ENDER = ("+callbacks.mine._target_=tests.callback.test_run.Ender", "+callbacks.mine.step=7")
EARLY = {
    "a callback": (ENDER, 7),
    "max_epochs": (("trainer.max_epochs=1", "+trainer.limit_train_batches=5"), 5),
    "max_steps": (("trainer.max_steps=6",), 6),
    "fast_dev_run": (("+trainer.fast_dev_run=true",), 1),
    "max_time": (("+trainer.max_time={milliseconds: 1}",), 1),
}


@pytest.mark.parametrize(("words", "done"), EARLY.values(), ids=EARLY)
def test_whoever_ends_a_fit_early_interrupts_it(run, fitted, words, done):
    common = (*BARE, "model=dip", "steps=9")
    code, out, err = run(*common, *words, "hydra.run.dir=run")
    folder = Path("run").resolve()
    assert code == 0
    assert status() == ["interrupted", "interrupted"]
    assert summary()["steps"] == done
    assert f"interrupted after {done} steps" in out
    assert err.endswith(f"run has {done} of its 9 steps; continue with \"resume='{folder}'\"\n")
    assert checkpoint()["global_step"] == done
    # A callback of one's own may change the fit, so that it belongs to the words of the run.
    mine = [word for word in words if word.startswith("+callbacks")]
    assert run(*common, *mine, "resume=run")[0] == 0
    assert status() == ["finished", "finished"]
    whole, *_ = fitted(*common, "hydra.run.dir=run")
    assert same(weights(), weights(whole))
    assert Path("run/metrics.csv").read_text() == (whole / "metrics.csv").read_text()


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_goes_on_with_runs_that_ran_out_of_time(run):
    words = ("-m", *BARE, "steps=2", "seed=0,1", "+trainer.max_time={milliseconds: 1}")
    code, _, err = run(*words, "hydra.sweep.dir=sweep")
    assert code == 0
    assert err.count(' has 1 of its 2 steps; continue with "resume=') == 2
    for folder in Path("sweep").glob("*/.hydra"):
        assert status(folder.parent) == ["interrupted", "interrupted"]
    assert run(*words, "hydra.sweep.dir=sweep")[0] == 0
    _, _, err = run(*words, "hydra.sweep.dir=sweep")
    assert err.count(" is finished\n") == 2


def test_a_fit_that_may_not_begin_says_so(run):
    code, out, err = run(*BARE, "steps=9", "+trainer.limit_train_batches=0", "hydra.run.dir=run")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "trainer allows none of the 9 steps"


class NoMemoryError(Exception):
    """What a drawing may meet."""


def fail(*_, **__):
    raise NoMemoryError


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("drawing", "halt"),
    [("panel", "fixed"), ("curves", "fixed"), ("stopping", "fixed"), ("stopping", "null")],
)
def test_a_drawing_that_fails_costs_nothing(run, monkeypatch, drawing, halt):
    words = (*SMALL, "model=dip", "steps=6", "stopping=[fixed]", "stopping.fixed.step=2")
    words = (*words, f"stopping.halt={halt}")
    with monkeypatch.context() as patch:
        patch.setattr(f"untrained.figure.{drawing}", fail)
        with pytest.raises(NoMemoryError):
            run(*words, "hydra.run.dir=run")
    for name in ("reconstruction.png", "summary.json", "metrics.csv", CHECKPOINT):
        assert Path("run", name).exists(), name
    assert json.loads(Path("run", RESULT).read_text())["status"] == "failed"
    # Nothing is fitted anew.
    monkeypatch.setattr("untrained.trainer.prior.ImagePrior.training_step", fail)
    assert run(*words, "resume=run")[0] == 0
