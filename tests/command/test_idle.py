"""A setting that the run never reads is refused, before PyTorch is imported."""

import inspect

import imageio.v3 as iio
import numpy as np
import pytest
from hydra.utils import get_class

import untrained
from tests.command.test_source import ours
from untrained.command import job
from untrained.command.idle import OF_LIBRARIES
from untrained.command.own import attribute
from untrained.command.vocabulary import vocabulary

OWN = "target.path=photo.png"
IDLE = [
    (OWN, "noise.seed=3"),
    (OWN, "noise.sigma=25"),
    (OWN, "noise=poisson"),
    (OWN, "image.path=photo.png", "noise.seed=3"),
    (OWN, "degradation=downsampling", "noise.sigma=1", "noise.seed=3"),
    (OWN, "degradation=downsampling", "degradation.observe=pillow"),
    (OWN, "metric.border=4"),
    (OWN, "metric.channel=y"),
    ("image.path=photo.png", "noise=none", "metric.border=4"),
    (OWN, "tile.overlap=8"),
    (OWN, "tile.workers=2"),
    (OWN, "tile.size=32", "checkpoint.every=5"),
    (OWN, "tile.size=32", "callbacks.video.format=gif"),
    ("noise.sigma=0", "noise.seed=3"),
    ("noise=correlated", "noise.sigma=0", "noise.blur=2"),
    ("model=dd", "latent.jitter_every=5"),
    ("model=dd", "latent.jitter_decay=0.5"),
    ("model=dip", "latent.jitter_every=5"),
    ("holdout.seed=3",),
    ("twin.seed=3",),
    ("scheduler.factor=0.5",),
    ("degradation=compressed_sensing", "degradation.kind=fourier", "degradation.block=8"),
    ("degradation=mri", "degradation.white=2"),
    ("score=psnr.last",),
    ("~callbacks.stopping", "stopping.blind.radius=2"),
    ("~callbacks.baseline", "baseline.nlm.sigma=3"),
]
READ = [
    (OWN, "noise=none"),
    (OWN, "noise.sigma=0"),
    (OWN, "degradation=downsampling", "noise.sigma=10"),
    (OWN, "image.path=photo.png", "metric.border=4"),
    (OWN, "tile.size=32", "tile.overlap=8", "~callbacks.video"),
    (OWN, "tile.overlap=null"),
    ("noise.seed=3",),
    ("image.path=photo.png", "metric.border=4"),
    ("model=dip", "latent.jitter_decay=0.5", "latent.jitter_every=5"),
    ("degradation=compressed_sensing", "degradation.block=8"),
    ("scheduler.factor=0.5", "scheduler.total_iters=5"),
    ("~callbacks.stopping", "stopping.halt=null"),
    ("-m", "noise.sigma=0,25", "noise.seed=3"),
]


@pytest.fixture(autouse=True)
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    iio.imwrite("photo.png", np.zeros((32, 32, 3), np.uint8))


@pytest.mark.parametrize("words", IDLE)
def test_a_setting_that_changes_nothing_is_refused(run, words, monkeypatch):
    monkeypatch.setattr(job, "fit", lambda *_: pytest.fail("it is let through"))
    code, _, err = run(*words)
    assert code == 1
    assert err.startswith(f"{words[-1].partition('=')[0]} ")
    assert err.endswith(": leave it out\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", READ)
def test_a_setting_that_is_read_is_not_refused(run, words, monkeypatch):
    def reached(*_):
        raise ValueError("it is reached")

    monkeypatch.setattr(job, "fit", reached)
    assert "it is reached\n" in run(*words)[2]


@pytest.mark.parametrize(
    "word",
    ["noise.seed=3", "metric.border=4", "target.size=32", "checkpoint.every=5", "logger.name=a"],
)
def test_from_python_too(word):
    with pytest.raises(ValueError, match=rf"^{word.partition('=')[0]} .*: leave it out$"):
        untrained.restore(np.zeros((20, 20), np.float32), word, progress=False)


def test_the_word_of_a_degradation_that_is_an_object_is_refused():
    blur = untrained.Blur(size=5)
    with pytest.raises(ValueError, match=r"^degradation.size is for a degradation of a name"):
        untrained.restore(
            np.zeros((20, 20), np.float32), "degradation.size=7", degradation=blur, progress=False
        )


def test_what_a_class_says_is_idle_are_settings_of_it():
    classes = {parameter.values[1]["_target_"] for parameter in ours()} - {
        "untrained.latent.NoCode"
    }
    found = {target: attribute(target, "idle_beside") or () for target in classes}
    assert sum(map(bool, found.values())) > 8
    for target, beside in found.items():
        for word, _, others in beside:
            assert {word, *others} <= inspect.signature(get_class(target)).parameters.keys()
    names = {word.name for word in vocabulary()}
    for beside in OF_LIBRARIES.values():
        assert {f"scheduler.{each[0]}" for each in beside} <= names
