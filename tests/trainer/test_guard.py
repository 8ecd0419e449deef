"""The guard, in whole runs with a spike put into them."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.left import checkpoint, rows, summary
from untrained.record.name import FRAMES, RECORD
from untrained.trainer.guard import Guard
from untrained.trainer.prior import ImagePrior

WORDS = (
    "image.size=16",
    "model.width=4",
    "model.depth=1",
    "steps=26",
    "checkpoint.keep=0",
    "log.every=5",
    "checkpoint.every=8",
    "callbacks.guard.factor=3",
    "callbacks.guard.every=6",
    "callbacks.guard.limit=2",
    "~callbacks.video",
    "baseline=[]",
    "stopping=[emv]",
    "refinement=none",
    "logger=none",
)
# SOAP, whose steps and state are ten times as large, has its own tests below.
DIP = (*WORDS, "model=dip", "optimizer=adam")
UNGUARDED = (*[word for word in WORDS if "guard" not in word], "~callbacks.guard")


undrawn = pytest.mark.usefixtures("undrawn")


class Killed(BaseException):
    """What a test ends a run by, at any moment."""


def spike(prior):
    with torch.no_grad():
        for weight in prior.fit.generators.parameters():
            weight.add_(20)


def nan(prior):
    with torch.no_grad():
        next(prior.fit.generators.parameters()).fill_(float("nan"))


def halt(prior):
    prior.trainer.should_stop = True


def kill(prior):
    raise Killed


@pytest.fixture
def inject(monkeypatch):
    """Do something to the prior before a step, at one attempt or (None) at each."""
    genuine = ImagePrior.training_step

    def injected(*deeds):
        def training_step(self, observation, index):
            for deed, step, attempt in deeds:
                if self.global_step == step and attempt in (None, self.fit.latent.attempt):
                    deed(self)
            return genuine(self, observation, index)

        monkeypatch.setattr(ImagePrior, "training_step", training_step)

    return injected


def frames(folder):
    return {path.name: path.read_bytes() for path in Path(folder, FRAMES).iterdir()}


def learnt(folder):
    """Return weights, averages, moments and schedule at the end of a run."""
    saved = checkpoint(folder)
    return [saved[key] for key in ("state_dict", "optimizer_states", "lr_schedulers")]


def assert_same(one, other):
    torch.testing.assert_close(learnt(one), learnt(other), rtol=0, atol=0)
    assert rows(one) == rows(other)
    assert frames(one) == frames(other)
    first, second = (Path(folder, "reconstruction.png") for folder in (one, other))
    assert first.read_bytes() == second.read_bytes()


@undrawn
@pytest.mark.parametrize(("deed", "step"), [(nan, 1), (spike, 14), (spike, 25)])
def test_a_fit_goes_on_from_before_its_spike(run, fitted, inject, deed, step):
    alone, *_ = fitted(*DIP, "hydra.run.dir=run", undrawn=True)
    inject((deed, step, 0))
    logger = ("logger=tensorboard",) if step == 14 else ()
    code, _, err = run(*DIP, *logger, "hydra.run.dir=run")
    assert code == 0
    assert "step 26/26" in err.replace("\r", "\n").splitlines()[-1]
    assert (summary(alone)["restorations"], summary("run")["restorations"]) == (0, 1)
    assert (summary("run")["status"], summary("run")["steps"]) == ("finished", 26)
    well, curve = rows(alone), rows("run")
    assert [row["step"] for row in well] == [row["step"] for row in curve], "once each"
    assert max(float(row["loss"]) for row in curve) < 1.5 * max(float(row["loss"]) for row in well)
    before = [row for row in well if int(row["step"]) < step - 12]
    assert curve[: len(before)] == before
    assert curve[-1] != well[-1], "the jitter is drawn anew"
    assert frames("run").keys() == frames(alone).keys()
    assert f"at step {step}: rolled back to step" in Path("run", RECORD, "train.log").read_text()
    if logger:
        events = EventAccumulator(f"run/{RECORD}", {"images": 0, "scalars": 0}).Reload()
        losses = [(event.step, event.value) for event in events.Scalars("loss")]
        assert losses == [(int(row["step"]), pytest.approx(float(row["loss"]))) for row in curve]
        assert len(events.Images("reconstruction")) == 5, "0, 1, 4, 16 and the last"


@undrawn
def test_nothing_is_left_of_a_spike_nor_of_what_is_no_number(run, inject):
    """Without jitter, the same steps again are the run that had no spike, bit for bit."""
    words = (*WORDS, "model=dd", "average=window", "average.window=7", "latent.jitter=0")
    words = (*words, "scheduler=cosine")
    run(*words, "hydra.run.dir=well")
    inject((spike, 9, 0), (nan, 17, 1))
    run(*words, "hydra.run.dir=run")
    assert summary("run")["restorations"] == 2
    assert_same("well", "run")


@undrawn
@pytest.mark.parametrize(
    ("deed", "optimizer", "kills"),
    [
        pytest.param(spike, "adam", {"unnoticed": (17, 0), "restored": (17, 1)}, id="spike"),
        pytest.param(
            nan,
            "soap",
            {"before": (9, 0), "long after": (25, 1)},
            id="nan",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_run_with_a_spike_is_resumed_bit_for_bit(run, inject, deed, optimizer, kills):
    words = (*WORDS, "model=dip", f"optimizer={optimizer}")
    inject((deed, 14, 0))
    assert run(*words, "hydra.run.dir=whole")[0] == 0
    for name, (step, attempt) in kills.items():
        inject((deed, 14, 0), (kill, step, attempt))
        with pytest.raises(Killed):
            run(*words, f"hydra.run.dir='{name}'")
        inject((deed, 14, 0))
        assert run(*words, f"resume='{name}'")[0] == 0
        assert summary(name)["restorations"] == 1
        assert_same("whole", name)


@undrawn
def test_a_fit_that_cannot_be_mended_is_given_up(run, inject):
    inject((nan, 14, None))
    code, _, err = run(*DIP, "hydra.run.dir=run")
    assert code == 1
    assert err.splitlines()[-1] == (
        "optimizer.lr must be lower: the loss is nan at step 14 after 2 rollbacks, got 0.01"
    )
    assert not Path("run/summary.json").exists()


@undrawn
def test_a_finite_spike_that_comes_again_with_any_jitter_is_let_be_at_last(run, inject):
    inject((spike, 14, None))
    assert run(*DIP, "hydra.run.dir=run")[0] == 0
    assert (summary("run")["restorations"], summary("run")["steps"]) == (2, 26)
    log = Path("run", RECORD, "train.log").read_text()
    assert log.count("the fit goes on, and may recover by itself") == 1


@undrawn
def test_a_loss_that_does_not_fall_again_ends_the_run(run, inject):
    every = ("callbacks.guard.every=1", "callbacks.guard.limit=1")
    inject((spike, 14, None))
    code, _, err = run(*DIP, *every, "hydra.run.dir=run")
    assert code == 1
    line = err.splitlines()[-1]
    assert "at step 14 after 1 rollback, and does not fall again, got 0.01" in line


def checked(guard, losses, first, trainer):
    """Let a guard see losses from a step on, and return whether it went on from its last check."""
    prior = SimpleNamespace(fit=SimpleNamespace(latent=SimpleNamespace(varies=True)))
    problem = SimpleNamespace(has_other_objective=lambda number: False)
    for step, loss in enumerate(losses, first):
        trainer.global_step = step + 1
        prior.computed = SimpleNamespace(losses=torch.tensor([loss]), number=step, problem=problem)
        guard.on_train_batch_end(trainer, prior)
    return not guard.unchecked


@pytest.fixture
def trainer(monkeypatch):
    """Return a trainer of which no snapshot is taken."""
    monkeypatch.setattr(Guard, "take", lambda *_: None)
    optimizer = SimpleNamespace(defaults={"lr": 0.01})
    data = SimpleNamespace(steps=1000)
    return SimpleNamespace(
        global_step=0, should_stop=False, datamodule=data, optimizers=[optimizer]
    )


def test_a_spike_that_was_let_be_and_fell_is_forgotten(trainer):
    guard = Guard(factor=5, every=10, limit=0)
    assert checked(guard, [1.0] * 20, 0, trainer)
    assert not checked(guard, [1.0, 9.0, 8.0, *[1.0] * 7], 20, trainer), "until it is calm"
    assert not guard.state_dict()["snapshots"], "none of the spike is kept"
    assert checked(guard, [1.0] * 20, 30, trainer)
    assert guard.recent == [[1.0]] * 10
    assert not checked(guard, [*[1.0] * 9, 9.0], 50, trainer), "a new spike is seen"
    with pytest.raises(ValueError, match=r"^lr must be lower: .* does not fall again, got 0\.01$"):
        checked(guard, [9.0] * 120, 60, trainer)


def test_short_spikes_that_come_again_and_again_end_no_fit(trainer):
    """The loss falls after each of them, though not for as long as from one check to the next."""
    guard = Guard(factor=5, every=10, limit=0)
    checked(guard, [1.0] * 20 + [*[1.0] * 7, 9.0] * 50, 0, trainer)


@undrawn
def test_a_finite_spike_that_comes_again_without_jitter_is_let_be(run, inject):
    inject((spike, 14, None))
    assert run(*WORDS, "model=dd", "hydra.run.dir=run")[0] == 0
    assert summary("run")["restorations"] > 0
    run(*UNGUARDED, "model=dd", "hydra.run.dir=alone")
    assert_same("run", "alone")


@undrawn
def test_a_loss_that_is_not_finite_is_never_let_be(run, inject):
    inject((spike, 14, None), (nan, 16, None))
    code, _, err = run(*WORDS, "model=dd", "hydra.run.dir=run")
    assert code == 1
    assert "the loss is nan at step 16 after 2 rollbacks" in err.splitlines()[-1]


@undrawn
def test_who_halts_on_a_spike_has_not_halted(run, inject):
    inject((spike, 14, 0), (halt, 16, 0))
    assert run(*DIP, "hydra.run.dir=run")[0] == 0
    assert summary("run")["status"] == "finished"


@undrawn
def test_a_new_objective_is_no_spike(run):
    """The mean squared error is a small part of 1 - SSIM."""
    words = ("objective=mse_then_ssim", "objective.mse_steps=15", "callbacks.guard.limit=0")
    assert run(*DIP, *words, "hydra.run.dir=run")[0] == 0
    losses = [float(row["loss"]) for row in rows("run") if row["step"] in ("10", "15")]
    assert losses[1] > 3 * losses[0], "what the guard would take for a spike"
    assert "recover" not in Path("run", RECORD, "train.log").read_text()


@undrawn
def test_a_fit_without_a_spike_is_left_alone(run, fitted):
    guarded, *_ = fitted(*DIP, "hydra.run.dir=run", undrawn=True)
    run(*UNGUARDED, *DIP[len(WORDS) :], "hydra.run.dir=alone")
    assert_same(guarded, "alone")
    assert summary(guarded)["restorations"] == summary("alone")["restorations"] == 0


@pytest.mark.parametrize(
    ("word", "value"),
    [("factor", 1), ("factor", "big"), ("factor", float("nan")), ("every", 0), ("limit", -1)],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        Guard(**{word: value})


def test_one_fit_of_many_that_spikes_is_seen():
    guard = Guard(factor=5.0)
    guard.recent = [[1.0] * 8] * 3
    assert guard.is_high([1.0] * 7 + [6.0])
    assert not guard.is_high([4.0] * 8)
