"""What a run goes on with: the words, what they point at, and one process."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.conftest import ANY, TINY, contents
from tests.left import rows, same, weights
from tests.test_complaint import one_line
from tests.test_folder import photo
from untrained.command.process import check_trainer, check_words
from untrained.command.resume import differences
from untrained.record.name import CHECKPOINT, RESULT
from untrained.record.tree import read_tree

pytestmark = pytest.mark.usefixtures("undrawn")

PHOTO = ("image.path=photo.png", "image.size=20", *TINY[1:])
ANOTHER = "image.path=photo.png is not the picture that the run began with"


def test_a_run_does_not_go_on_with_another_picture(run):
    photo("photo.png")
    assert run(*PHOTO, "hydra.run.dir=run")[0] == 0
    before = Path("run", CHECKPOINT).read_bytes()
    photo("photo.png", seed=1)
    assert one_line(*run(*PHOTO, "resume=run", "steps=8")).startswith(ANOTHER)
    assert Path("run", CHECKPOINT).read_bytes() == before
    photo("photo.png")
    assert run(*PHOTO, "resume=run", "steps=8")[0] == 0


def test_a_sweep_does_not_take_another_picture_for_finished(run):
    photo("photo.png")
    words = ("-m", *PHOTO, "seed=0", "hydra.sweep.dir=sweep")
    assert run(*words)[0] == 0
    (path,) = Path("sweep").glob(f"*/{RESULT}")
    known, saved = json.loads(path.read_text()), path.parents[1] / CHECKPOINT
    before = saved.read_bytes()
    photo("photo.png", seed=1)
    code, _, err = run(*words, "seed=0,1")
    assert code == 1
    assert f"failed: {ANOTHER}" in err
    assert saved.read_bytes() == before
    refused = json.loads(path.read_text())
    assert refused.pop("refused").startswith(ANOTHER)
    assert refused | {"refused": None} == known
    assert len(list(Path("sweep").glob(f"*/{RESULT}"))) == 2
    photo("photo.png")
    code, _, err = run(*words)
    assert (code, err.count(" is finished\n")) == (0, 1)
    assert json.loads(path.read_text()) == known


def test_the_picture_is_read_where_the_run_begins_not_where_it_ends(run, monkeypatch):
    photo("photo.png")
    words = ("-m", *PHOTO, "hydra.sweep.dir=sweep")

    def edited():
        photo("photo.png", seed=1)

    with monkeypatch.context() as patch:
        patch.setattr("untrained.command.fit.quieten", edited)
        assert run(*words)[0] == 0
    assert ANOTHER in run(*words)[2]


def test_results_stay_where_a_resumed_run_fails_before_its_first_step(run, monkeypatch):
    words = [word for word in TINY if word != "logger=none"]
    assert run(*words, "hydra.run.dir=run")[0] == 0
    before = {name: data for name, data in contents("run").items() if "events" in name}
    summary, known = Path("run/summary.json").read_bytes(), read_tree(Path("run", RESULT), [])

    def fails(*_):
        raise MemoryError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr("untrained.callback.watch.Watch.on_train_start", fails)
        assert run(*words, "resume=run", "steps=8")[0] == 1
    assert Path("run/summary.json").read_bytes() == summary
    refused = read_tree(Path("run", RESULT), [])
    assert "no memory" in refused.pop("refused")
    assert refused == {key: value for key, value in known.items() if key != "refused"}
    after = {name: data for name, data in contents("run").items() if "events" in name}
    assert after == before
    assert run(*words, "resume=run", "steps=8")[0] == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("callbacks.guard.factor=1.5",), "callbacks.guard.factor was 5.0 and is now 1.5"),
        (("callbacks.guard.every=7",), "callbacks.guard.every was 50 and is now 7"),
        (("~callbacks.guard",), "callbacks.guard.factor was 5.0 and is now None"),
        (
            ("+trainer.gradient_clip_val=0.1",),
            "trainer.gradient_clip_val was None and is now 0.1",
        ),
        (
            ("+callbacks.mine._target_=pytorch_lightning.callbacks.StochasticWeightAveraging",),
            "callbacks.mine._target_ was None and is now pytorch_lightning.callbacks.Stochastic",
        ),
    ],
    ids=str,
)
def test_what_changes_the_weights_is_a_word_of_the_run(finished, run, words, named):
    line = one_line(*run(*TINY, "resume=run", "steps=8", *words))
    assert line.startswith("resume=run has other settings: ")
    assert named in line


def test_what_only_looks_may_change(finished, run):
    words = ("log.every=10", "checkpoint.every=3", "~callbacks.progress")
    timer = ("+callbacks.timer._target_=pytorch_lightning.callbacks.Timer",)
    assert run(*TINY, "resume=run", "steps=8", *words, *timer)[0] == 0


def test_a_run_does_not_go_on_with_a_class_of_one_s_own_that_was_edited(run, monkeypatch):
    code = "import torch\n\nclass Loss(torch.nn.MSELoss):\n    pass\n"
    Path("myloss.py").write_text(code)
    monkeypatch.syspath_prepend(Path.cwd())
    words = (*TINY, "objective._target_=myloss.Loss")
    assert run(*words, "hydra.run.dir=run")[0] == 0
    Path("myloss.py").write_text(f"{code}    # edited\n")
    line = one_line(*run(*words, "resume=run", "steps=8"))
    assert line.startswith("objective._target_=myloss.Loss is not the file that the run began")
    Path("myloss.py").write_text(code)
    assert run(*words, "resume=run", "steps=8")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        {"devices": 2},
        {"devices": 0},
        {"devices": True},
        {"devices": [0, 1]},
        {"devices": "0,1"},
        {"devices": "2"},
        {"devices": 1, "num_nodes": 2},
        {"devices": 1, "strategy": "ddp"},
        {"devices": 1, "strategy": "ddp_spawn"},
        {"devices": 1, "strategy": "fsdp"},
        {"devices": 1, "strategy": "deepspeed_stage_2"},
    ],
)
def test_words_of_several_processes_are_refused(words):
    with pytest.raises(ValueError, match="; one image is fitted by one process") as refused:
        check_words(words)
    assert str(refused.value).startswith(f"trainer.{list(words)[-1]}=")


@pytest.mark.parametrize("devices", [1, [0], "auto", "0,", "1"])
def test_words_of_one_device_are_let_through(devices):
    check_words({"devices": devices, "num_nodes": 1, "strategy": "auto"})


@pytest.mark.parametrize(
    "word",
    [
        "trainer.devices=1000",
        "+trainer.strategy._target_=pytorch_lightning.strategies.DDPStrategy",
    ],
)
def test_several_processes_are_refused_before_one_starts(run, monkeypatch, word):
    monkeypatch.setattr("pytorch_lightning.Trainer.fit", lambda *_, **__: 1 / 0)
    line = one_line(*run(*TINY, word, "hydra.run.dir=run"))
    assert line.startswith(word.lstrip("+").partition("=")[0].removesuffix("._target_"))
    assert "one image is fitted by one process" in line
    assert not Path("run").exists()


def test_one_device_may_be_named(run):
    assert run(*TINY, "trainer.devices='0,'", "steps=1", "hydra.run.dir=run")[0] == 0


@pytest.mark.parametrize("count", [1, 2])
def test_auto_is_refused_where_it_is_several_gpus(count):
    trainer = SimpleNamespace(
        callbacks=[], num_devices=count, num_nodes=1, strategy=SimpleNamespace(launcher=None)
    )
    if count == 1:
        check_trainer(trainer)
    else:
        with pytest.raises(ValueError, match="trainer.devices would be 2 here; one image"):
            check_trainer(trainer)


# A finished fit as short as these keeps no checkpoint, unless a test says so.
FORGETFUL = (*ANY[:-1], "model=dip")
AGAIN = "resume=run took less than checkpoint.keep seconds and kept no checkpoint: its 4 steps are"


def test_a_short_fit_keeps_no_checkpoint_and_goes_on_bit_for_bit(run):
    assert run(*FORGETFUL, "hydra.run.dir=run")[0] == 0
    assert not Path("run", CHECKPOINT).exists()
    code, _, err = run(*FORGETFUL, "steps=8", "resume=run", "checkpoint.keep=0")
    assert code == 0
    assert AGAIN in err
    assert run(*FORGETFUL, "steps=8", "hydra.run.dir=whole", "checkpoint.keep=0")[0] == 0
    assert same(weights("run"), weights("whole"))
    assert rows("run") == rows("whole")


def test_a_fit_without_its_checkpoint_is_known_by_its_result(run):
    photo("photo.png")
    words = (*FORGETFUL[1:], "image.path=photo.png", "image.size=20", "stopping=[fixed]")
    words = (*words, "stopping.fixed.step=0", "stopping.halt=fixed")
    assert run(*words, "hydra.run.dir=run")[0] == 0
    before = contents("run")

    def refused(*more):
        line = one_line(*run(*words, "resume=run", *more))
        assert contents("run").keys() == before.keys()
        return line

    ended = (
        "resume=run was ended by stopping.halt=fixed after 1 steps; stopping.halt=null continues it"
    )
    assert refused() == refused("steps=8", "metric.border=1") == ended
    assert refused("seed=1") == "resume=run has other settings: seed was 0 and is now 1"
    assert refused("stopping.halt=null", "steps=1") == (
        "resume=run has all of its 1 steps; type more by steps=..."
    )
    photo("photo.png", seed=1)
    assert refused("stopping.halt=null").startswith(ANOTHER)
    photo("photo.png")
    assert run(*words, "resume=run", "stopping.halt=null")[0] == 0


@pytest.mark.parametrize("value", ["-1", "long"])
def test_what_is_no_time_to_keep_is_refused(run, value):
    line = one_line(*run(*TINY, f"checkpoint.keep={value}", "hydra.run.dir=run"))
    assert line.startswith("checkpoint.keep must be a number")
    assert not Path("run").exists()


def test_a_folder_of_an_older_version_is_not_resumed(finished, run):
    for name in (CHECKPOINT, RESULT):
        Path("run", name).rename(Path("run", Path(name).name))
    line = one_line(*run(*TINY, "steps=8", "resume=run"))
    assert line == "resume=run was made by an older version, and only that version can continue it"


def test_a_run_whose_words_drew_other_numbers_is_not_resumed(finished, run):
    checkpoint = torch.load(Path("run", CHECKPOINT), weights_only=True)
    del checkpoint["config"]["draws"]
    torch.save(checkpoint, Path("run", CHECKPOINT))
    line = one_line(*run(*TINY, "steps=8", "resume=run"))
    assert line == "resume=run was made by an older version, and only that version can continue it"


def test_a_schedule_that_follows_the_steps_says_how_to_go_on(run):
    words = (*TINY, "scheduler=cosine")
    assert run(*words, "hydra.run.dir=run")[0] == 0
    line = one_line(*run("resume=run", "steps=8"))
    assert (
        "scheduler.T_max was 4 and is now 8, as it follows steps (scheduler.T_max=4 keeps" in line
    )
    assert run("resume=run", "steps=8", "scheduler.T_max=4")[0] == 0


def test_words_of_hydra_s_own_users(run):
    quiet = ("hydra/job_logging=disabled", "hydra/hydra_logging=disabled")
    photo("photo.png")
    words = ("target.path=photo.png", *TINY[1:], "hydra.job.chdir=true", "hydra.output_subdir=null")
    code, _, err = run(*words, *quiet, "hydra.run.dir=run")
    assert code == 0
    assert err.startswith("hydra.output_subdir=null: .hydra is written all the same")
    assert run("resume=run", "steps=6", "hydra.job.chdir=true")[0] == 0


@pytest.mark.parametrize("share", [0, 0.5], ids=["empty", "half"])
def test_without_a_checkpoint_that_is_damaged_all_steps_are_done_again(finished, run, share):
    """A computer that loses its power may leave such a file."""
    path = Path("run", CHECKPOINT)
    known = weights()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    line = one_line(*run(*TINY, "resume=run", "steps=6"))
    assert line.startswith(f"{path.absolute()} is cut short or damaged: remove it, ")
    assert json.loads(Path("run", RESULT).read_text())["status"] == "finished"
    path.unlink()
    Path("run", RESULT).unlink()
    assert run(*TINY, "resume=run")[0] == 0
    assert same(weights(), known)


def test_a_setting_that_an_older_version_had_not_may_be_off():
    before = {"model": {"width": 8}}
    assert differences(before, {"model": {"width": 8, "bias": False}}, set()) == []
    now = {"model": {"width": 8, "bias": True}}
    assert differences(before, now, set()) == ["model.bias was None and is now True"]


def test_a_setting_that_is_typed_anew_is_a_difference_even_if_it_is_off(finished, run):
    line = one_line(*run(*TINY, "resume=run", "steps=6", "+optimizer.amsgrad=false"))
    assert "optimizer.amsgrad was None and is now False" in line
