"""The words that `conf/` has: what may be meant by another one, and what `--help` lists."""

import re

import pytest

from untrained.command.vocabulary import CONF, meant, vocabulary
from untrained.command.word import names_of

HIDDEN = (".", "hydra", "trainer", "recipe/")  # `--cfg job` has them.


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("lr", ["optimizer.lr"]),
        ("size", ["image.size", "target.size", "tile.size"]),
        ("sigma", ["noise.sigma"]),
        ("mask", ["degradation.mask"]),
        ("peak", ["noise.peak"]),
        ("T_max", ["scheduler.T_max"]),
        ("learning_rate", ["optimizer.lr"]),
        ("iterations", ["steps"]),
        ("noise_sigma", ["noise.sigma"]),
        ("widht", ["model.width"]),
        ("gpu", ["accelerator=gpu"]),
        ("quux", []),
    ],
)
def test_the_word_that_is_meant(typed, words):
    assert meant(typed) == words


def test_every_word_has_one_meaning_of_its_own():
    assert meant("model.width") == ["model.width"]
    assert all(meant(word.name) == [word.name] for word in vocabulary())


def test_help_fits_on_two_screens_and_shows_each_group_and_only_words_that_exist(run, configure):
    code, text, _ = run("--help")
    lines = text.splitlines()
    assert code == 0
    assert len(lines) <= 124
    assert max(map(len, lines)) <= 120
    shown = set(re.findall(r"^ *([\w./]+)=", text, re.MULTILINE))
    folders = {path.parent.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml")}
    assert {each for each in folders if not each.startswith(HIDDEN)} <= shown
    assert shown - folders <= names_of(configure()).keys()


@pytest.mark.parametrize("logger", ["tensorboard", "csv", "mlflow", "wandb"])
def test_help_names_the_folder_of_a_run_that_is_not_there_yet(logger, run):
    _, text, _ = run(f"logger={logger}", "--help")
    assert "RUN/record" in text
    assert "None/" not in text


@pytest.mark.parametrize("latent", ["uniform", "code", "grid", "image", "masked"])
def test_help_says_what_the_seed_of_this_latent_code_draws(latent, run):
    words = ("latent.path=flash.png",) if latent == "image" else ()
    _, text, _ = run(f"latent={latent}", *words, "--help")
    (told,) = re.findall(r"^ *latent\.seed=0 +(.*)", text, re.MULTILINE)
    assert ("masks" in told) == (latent == "masked")


def test_help_does_not_call_normal_noise_bounded(run):
    _, text, _ = run("latent=normal", "--help")
    assert re.search(r"latent\.scale=0\.1 +standard deviation", text)
