"""The one callback that shows a run to all that look at it."""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Callback

from tests.callback.watching import watched
from tests.left import rows, summary
from untrained.callback.curves import Curves
from untrained.callback.pictures import Pictures
from untrained.callback.progress import Progress
from untrained.callback.recommendation import recommendation
from untrained.callback.stopping import Stopping
from untrained.callback.summary import Summary
from untrained.callback.video import Video
from untrained.callback.watch import Watch
from untrained.callback.watcher import Watcher
from untrained.record.name import CHECKPOINT, FRAMES
from untrained.stopping.fixed import FixedStep
from untrained.stopping.wmv import WindowedVariance
from untrained.trainer.checkpoint import Checkpoint
from untrained.trainer.guard import Guard
from untrained.trainer.prior import ImagePrior

pytestmark = pytest.mark.usefixtures("undrawn")

STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]


def measuring(halt=None):
    rules = {"wmv": WindowedVariance(window=3), "fixed": FixedStep(9)}
    return {"curves": Curves(5), "stopping": Stopping(halt, **rules)}


class Noting(Watcher):
    """A watcher that notes what it is told of, one column its own."""

    def __init__(self):
        self.calls, self.seen, self.told_rows, self.taken_back = [], [], [], []

    def begin(self, run):
        self.calls.append("begin")

    def see(self, step):
        self.seen.append(step.number)

    def columns(self, step):
        return {"mine/mean": step.reconstruction.mean().item()}

    def told(self, row):
        self.told_rows.append(dict(row))

    def save(self, run):
        self.calls.append("save")

    def draw(self, run):
        self.calls.append("draw")

    def close(self):
        self.calls.append("close")

    def take_back(self, run, number):
        self.seen = [each for each in self.seen if each < number]
        self.taken_back.append((number, [row["step"] for row in run.rows], run.trainer.global_step))

    def state_dict(self):
        return {"seen": list(self.seen)}

    def load_state_dict(self, state):
        self.seen = state["seen"]


class Asking(Watcher):
    """A watcher that asks at each step what is recommended."""

    def __init__(self):
        self.images = []

    def begin(self, run):
        run.refinement = lambda image, _: image.clone()
        self.run = run

    def see(self, step):
        self.images.append((recommendation(self.run).image, step.average.clone()))


def test_what_is_recommended_is_made_anew_of_each_step(tmp_path):
    mine = Asking()
    watched(tmp_path, {"mine": mine}, steps=3)
    assert all(torch.equal(*pair) for pair in mine.images)
    assert not torch.equal(mine.images[0][0], mine.images[2][0])


def test_what_is_recommended_is_made_anew_after_a_rollback(tmp_path):
    watch = watched(tmp_path, {"mine": Asking()}, steps=3)
    before = recommendation(watch.run).image
    watch.take_back(SimpleNamespace(global_step=3, loggers=[]))
    assert recommendation(watch.run).image is not before


def test_the_rows_are_of_every_so_manieth_and_the_log_spaced_steps_and_the_last(tmp_path):
    mine = Noting()
    watch = watched(tmp_path, measuring() | {"mine": mine}, steps=26, every=6)
    steps = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 18, 19, 23, 24, 25]
    assert [row["step"] for row in watch.rows] == steps
    assert mine.seen == list(range(26))
    assert mine.told_rows == watch.rows
    assert list(watch.rows[0])[:3] == ["step", "loss", "mse/last"]
    assert list(watch.rows[0])[-3:] == ["stopping/wmv", "stopping/fixed", "mine/mean"]
    assert [int(row["step"]) for row in rows(tmp_path)] == steps


def test_an_optimizer_that_looks_several_times_a_step_is_seen_once_a_step(tmp_path):
    mine = Noting()
    lbfgs = partial(torch.optim.LBFGS, max_iter=4, line_search_fn="strong_wolfe")
    watch = watched(tmp_path, {"mine": mine}, Guard(every=2), steps=4, optimizer=lbfgs)
    assert mine.seen == [row["step"] for row in watch.rows] == [0, 1, 2, 3]
    assert watch.rows[3]["loss"] < watch.rows[0]["loss"]
    assert watch.run.restorations == 0


def test_the_watchers_are_called_in_the_order_of_a_run(tmp_path):
    mine = Noting()
    watched(tmp_path, {"mine": mine}, steps=2)
    assert mine.calls == ["begin", "close", "save", "close", "draw"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A run that only those watch who measure."""
    folder = tmp_path_factory.mktemp("alone")
    return watched(folder, measuring()).rows, (folder / "metrics.csv").read_bytes()


@pytest.mark.parametrize("make", [Pictures, Progress, Video, Summary])
@pytest.mark.parametrize("place", ["before", "after"])
def test_who_only_looks_changes_no_row(tmp_path, alone, make, place):
    looks = {"looks": make()}
    both = looks | measuring() if place == "before" else measuring() | looks
    found = watched(tmp_path, both)
    assert str(found.rows) == str(alone[0]), "nan is nan"
    assert (tmp_path / "metrics.csv").read_bytes() == alone[1]


def test_without_curves_the_run_halts_at_the_same_step_and_has_its_stopping_columns(tmp_path):
    whole = watched(tmp_path / "whole", measuring("fixed"), steps=20)
    watchers = measuring("fixed")
    del watchers["curves"]
    watch = watched(tmp_path / "bare", watchers, steps=20)
    assert [row["step"] for row in watch.rows] == STEPS[:-1]
    kept = ("step", "loss", "stopping/wmv", "stopping/fixed")
    assert str(watch.rows) == str([{name: row[name] for name in kept} for row in whole.rows])
    for each in (watch, whole):
        assert (each.run.status, each.run.done) == ("stopped", 11)


def test_of_several_fits_the_loss_of_a_row_is_their_mean(tmp_path):
    several = watched(tmp_path, {}, steps=3, fits=2)
    alone = [watched(tmp_path / str(seed), {}, steps=3, seed=seed) for seed in range(2)]
    for row, *each in zip(several.rows, *(watch.rows for watch in alone), strict=True):
        assert row["loss"] == pytest.approx(sum(one["loss"] for one in each) / 2)


def test_a_run_that_is_resumed_goes_on_with_the_state_of_each_watcher(tmp_path):
    mine = Noting()
    whole = watched(tmp_path / "whole", measuring() | {"mine": mine}, Checkpoint(100))
    watched(tmp_path / "run", measuring() | {"mine": Noting()}, Checkpoint(100), steps=7)
    again = Noting()
    checkpoint = tmp_path / "run" / CHECKPOINT
    watchers = measuring() | {"mine": again}
    watch = watched(tmp_path / "run", watchers, Checkpoint(100), resume=checkpoint)
    assert str(watch.rows) == str(whole.rows)
    assert again.seen == mine.seen == list(range(12))
    assert watch.run.done == 12


def test_a_watcher_of_another_name_is_given_nobody_s_state(tmp_path):
    watched(tmp_path, measuring() | {"mine": Noting()}, Checkpoint(100), steps=7)
    checkpoint = tmp_path / CHECKPOINT
    saved = torch.load(checkpoint, weights_only=True)["callbacks"]["Watch"]["watchers"]
    assert saved.keys() == {"curves", "stopping", "mine"}
    other = Noting()
    watched(tmp_path, measuring() | {"other": other}, Checkpoint(100), resume=checkpoint)
    assert other.seen == list(range(7, 12)), "it begins anew"
    saved = torch.load(checkpoint, weights_only=True)["callbacks"]["Watch"]["watchers"]
    assert saved.keys() == {"curves", "stopping", "other"}
    assert saved["other"] == {"seen": list(range(7, 12))}


@pytest.mark.parametrize(("first", "second"), [("curves", "mine"), ("mine", "curves")])
def test_a_run_that_is_watched_by_others_when_it_is_resumed_keeps_what_was_told(
    tmp_path, first, second
):
    watchers = {"curves": Curves(5), "mine": Noting()}
    whole = watched(tmp_path / "whole", watchers)
    watched(tmp_path, {first: watchers[first]}, Checkpoint(100), steps=7)
    checkpoint = tmp_path / CHECKPOINT
    watchers = {"curves": Curves(5), "mine": Noting()}
    watchers = {second: watchers[second], "summary": Summary(), "pictures": Pictures()}
    watch = watched(tmp_path, watchers, Checkpoint(100), resume=checkpoint)
    assert [int(row["step"]) for row in rows(tmp_path)] == STEPS
    for row, expected in zip(watch.rows, whole.rows, strict=True):
        assert row == {name: expected[name] for name in row}


def nan_at(monkeypatch, number):
    """Let the loss be no number at one step, the first time."""
    genuine, done = ImagePrior.training_step, []

    def training_step(self, observation, index):
        if self.global_step == number and not done:
            done.append(number)
            with torch.no_grad():
                next(self.fit.generators.parameters()).fill_(float("nan"))
        return genuine(self, observation, index)

    monkeypatch.setattr(ImagePrior, "training_step", training_step)


def test_what_the_guard_takes_back_is_taken_back_of_every_watcher(tmp_path, monkeypatch):
    nan_at(monkeypatch, 9)
    first, last = Noting(), Noting()
    watchers = {"first": first} | measuring() | {"pictures": Pictures(), "last": last}
    watch = watched(tmp_path, watchers, Guard(every=4), steps=16, every=5)
    ((number, before, now),) = first.taken_back
    assert first.taken_back == last.taken_back
    assert number == now == 4
    assert before == [0, 1, 2, 3], "the rows are taken back already"
    assert [row["step"] for row in watch.rows] == [*range(9), 10, 11, 13, 15]
    assert first.seen == last.seen == list(range(16))
    assert watch.run.restorations == 1
    assert watch.run.rows is watch.rows
    names = sorted(path.stem for path in (tmp_path / FRAMES).iterdir())
    assert [int(name) for name in names] == [*range(9), 10, 11, 13, 15]


@pytest.mark.parametrize("every", [0, 1.5, True])
def test_bad_every_is_refused(every):
    with pytest.raises(ValueError, match="^every must be"):
        Watch({}, every)


class Own(Callback):
    """A user's callback that notes who comes after it, and what it sees of a step."""

    def __init__(self, path):
        self.path, self.steps = path, []

    def on_train_batch_end(self, trainer, *_):
        row = trainer.callbacks[0].rows[-1]
        saved = Path(trainer.default_root_dir, CHECKPOINT).exists()
        self.steps.append([trainer.global_step - 1, row["step"], row["mine/mean"], saved])

    def on_train_end(self, trainer, *_):
        names = [type(each).__name__ for each in trainer.callbacks]
        Path(self.path).write_text(json.dumps({"names": names, "steps": self.steps}))


def test_one_s_own_callback_sees_the_row_of_its_step_and_is_before_the_guard(run):
    words = ("image.size=16", "model.width=4", "model.depth=1", "steps=4", "~callbacks.video")
    own = (
        "+callbacks.own._target_=tests.callback.test_watch.Own",
        "+callbacks.own.path=own.json",
        "+callbacks.mine._target_=tests.callback.test_watch.Noting",
    )
    bare = ("~callbacks.pictures", "logger=none", "checkpoint.every=1", "hydra.run.dir=run")
    assert run(*words, *own, *bare)[0] == 0
    found = json.loads(Path("own.json").read_text())
    ours = [name for name in found["names"] if name in ("Watch", "Own", "Interruption", "Guard")]
    assert ours == ["Watch", "Own", "Interruption", "Guard"]
    assert found["names"].index("Guard") < found["names"].index("Checkpoint")
    assert [(now, of) for now, of, _, _ in found["steps"]] == [(each, each) for each in range(4)]
    assert [saved for _, _, _, saved in found["steps"]] == [False, True, True, True]
    assert [mean for _, _, mean, _ in found["steps"]] == [float(row["mine/mean"]) for row in rows()]
    assert summary()["status"] == "finished"


def test_what_is_no_callback_is_refused_by_its_word(run):
    words = ("+callbacks.mine._target_=pathlib.PurePath", "hydra.run.dir=run")
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert err.startswith("callbacks.mine must be a callback, got PurePosixPath")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("watchers", "said"), [({}, ", "), (measuring("fixed"), "at most ")])
def test_the_time_left_is_the_most_where_a_rule_may_end_the_run(tmp_path, capsys, watchers, said):
    watched(tmp_path, {"progress": Progress()} | watchers, steps=2)
    assert f"{said}00:00 left" in capsys.readouterr().err
