"""What a person types, and what Hydra is given to read."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from untrained.command.argument import settled


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["target.path=~/a.png"], ["target.path=/home/me/a.png"]),
        (["hydra.run.dir=~"], ["hydra.run.dir=/home/me"]),
        (["resume='~/a run'"], ["resume='/home/me/a run'"]),
        (["image.path=~/a.png,~/b.png"], ["image.path=/home/me/a.png,/home/me/b.png"]),
        (["~callbacks.video"], ["~callbacks.video"]),
        (["~callbacks"], ["callbacks=none"]),
        (["~noise"], ["noise=none"]),
        (["~logger=tensorboard"], ["logger=none"]),
        (["~stopping"], ["stopping=[]"]),
        (["~callbacks/video"], ["~callbacks/video"]),
        (["~experiment"], ["~experiment"]),
        (["image.path=a~b.png"], ["image.path=a~b.png"]),
        (["seed=0", "-m", "model=dip,dd"], ["-m", "seed=0", "model=dip,dd"]),
        (["seed=0", "--cfg", "job"], ["--cfg", "job", "seed=0"]),
        (["--info", "seed=0"], ["--info", "seed=0"]),
        (["--info", "config", "seed=0"], ["--info", "config", "seed=0"]),
        (["-cn", "train", "--config-dir=mine"], ["-cn", "train", "--config-dir=mine"]),
        (["logger.name="], ["logger.name="]),
        (["logger=[csv,wandb]", "stopping=[]"], ["logger=[csv,wandb]", "stopping=[]"]),
    ],
)
def test_what_hydra_reads(typed, read):
    assert settled(typed) == read


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("--model dd", "--model dd: settings have no dashes; type model=dd"),
        ("--model=dd", "--model=dd: settings have no dashes; type model=dd"),
        ("-lr 0.01", "-lr 0.01: settings have no dashes; type optimizer.lr=0.01"),
        ("--noise-sigma 5", "--noise-sigma 5: settings have no dashes; type noise.sigma=5"),
        ("--multi", "--multi is not a flag; did you mean --multirun?"),
        ("steps 100", "steps 100 cannot be read; type steps=100"),
        ("steps = 100", "steps 100 cannot be read; type steps=100"),
        ("steps= 100", "steps= 100 cannot be read; type steps=100"),
        ("size 64", "size 64 cannot be read; type image.size=64 or target.size=64"),
        ("steps", "steps cannot be read; type steps=..."),
        ("model dip", "model dip cannot be read; type model=dip"),
        ("dip", "dip cannot be read; type model=dip"),
        ("~model", "~model: every run needs one; options: convdecoder, dd, dip, "),
        ("~trainer", "~trainer: every run needs one; options: default"),
        ("penalty=[tv,tv]", "penalty=[tv,tv] names tv twice, and an option counts once"),
        ("model=[dip,dd]", "model=[dip,dd]: choose one of its options, convdecoder, dd, dip, "),
        ("noise=[poisson]", "noise=[poisson]: choose one of its options, correlated, gaussian, "),
        ("photo.jpg", "photo.jpg is a file: target.path=photo.jpg restores it, "),
    ],
)
def test_what_to_type_is_said(typed, told):
    with pytest.raises(ValueError, match=".") as error:
        settled(typed.split())
    assert str(error.value).startswith(told)


def begun(name, words, hydra=(), **choices):
    """Leave the words of a run, or of a sweep, in its folder."""
    words = {"task": words, "hydra": list(hydra)}
    tree = {"hydra": {"overrides": words, "runtime": {"choices": choices}}}
    for file in name:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(tree | {"image": {"_target_": "untrained.image.read"}}, file)


RUN = ("run/.hydra/config.yaml", "run/.hydra/hydra.yaml")


def test_a_run_goes_on_with_its_own_words_and_those_that_are_typed_win():
    limit = "+trainer.max_time=00:00:01:00"
    begun(RUN, ["model=dip", "steps=20", limit, "~callbacks.video"], ["hydra.run.dir=run"])
    assert settled(["resume=run"]) == ["model=dip", "steps=20", "~callbacks.video", "resume=run"]
    assert settled(["resume='run'", "steps=40", "+model.skip=4"]) == [
        *("model=dip", "~callbacks.video"),
        *("resume='run'", "steps=40", "+model.skip=4"),
    ]


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("logger=none", ["model.width=8", "baseline.nlm.sigma=9"]),
        ("logger=tensorboard", ["logger.name=a", "model.width=8", "baseline.nlm.sigma=9"]),
        ("model=dip", ["logger.name=a", "model.width=8", "baseline.nlm.sigma=9"]),
        ("baseline=[nlm]", ["logger.name=a", "model.width=8", "baseline.nlm.sigma=9"]),
        ("baseline=[]", ["logger.name=a", "model.width=8"]),
    ],
)
def test_a_setting_of_an_option_that_is_chosen_no_longer_is_left_behind(word, kept):
    words = ["logger.name=a", "model.width=8", "baseline.nlm.sigma=9"]
    begun(RUN, words, logger="tensorboard", model="dip")
    assert settled(["resume=run", word]) == [*kept, "resume=run", word]


@pytest.mark.parametrize("flags", [[], ["-m"]])
def test_a_sweep_goes_on_with_its_own_words_and_needs_no_flag(flags):
    place = ["hydra.mode=MULTIRUN", "hydra.sweep.dir='sw'", "hydra.output_subdir=null"]
    begun(["sw/multirun.yaml"], ["seed=0,1"], [*place, "hydra/sweeper=optuna"])
    assert settled([*flags, "resume=sw"]) == ["-m", "hydra/sweeper=optuna", "seed=0,1", "resume=sw"]


def test_nothing_is_taken_from_a_folder_of_another_program():
    Path("run/.hydra").mkdir(parents=True)
    Path(RUN[0]).write_text("model: resnet\n")
    Path(RUN[1]).write_text("hydra: {overrides: {task: [model=resnet], hydra: []}}\n")
    assert settled(["resume=run"]) == ["resume=run"]
