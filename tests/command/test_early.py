from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from untrained.command import fit, job

# Refused before PyTorch is imported.
SOON = [
    ("noise.sigma=-1",),
    ("noise=poisson", "noise.peak=0"),
    ("model.width=0",),
    ("model=dip", "model.width=[8,-1,8,8,8]"),
    ("model=dip", "model.depth=-1"),
    ("model.activation=relu",),
    ("latent.jitter=-1",),
    ("optimizer.betas=[2,0.9]",),
    ("optimizer.betas=0.9",),
    ("optimizer=adam", "optimizer.weight_decay=-1"),
    ("scheduler=cosine", "scheduler.T_max=-1"),
    ("scheduler=multistep", "scheduler.milestones=[0]"),
    ("stopping.bands.count=0",),
    ("stopping.halt=nope",),
    ("callbacks.video=3",),
    ("callbacks.guard.factor=0.5",),
    ("degradation=downsampling", "degradation.factor=-1"),
    ("refinement.size=1",),
    ("metric.border=-1",),
    ("baseline.nlm.sigma=-1",),
    ("target.path=photo.png", "target.size=-1"),
    ("target.path=photo.png", "tile.size=8"),
    ("target.path=photo.png", "tile.size=32", "tile.overlap=16"),
    ("target.path=photo.png", "tile.size=32", "tile.workers=0"),
    ("target.path=empty.png",),
    ("target.path=text.png",),
    ("target.path=https://example.org/a.png",),
    ("image.path=five.npy",),
    ("degradation=inpainting", "degradation.mask=text.png"),
    ("degradation=blur", "degradation.kernel=text.png"),
]
# Refused before Lightning is.
BAD = [
    ("degradation=blur", "degradation.sigma=-1"),
    ("penalty=tv", "penalty.tv.weight=-1"),
    ("average=exponential", "average.decay=2"),
    ("holdout.share=2",),
    ("twin.epsilon=-1",),
    ("image.size=[8,64]",),
]


@pytest.fixture
def files():
    """Write a photo, and files that are none."""
    iio.imwrite("photo.png", np.zeros((32, 32), np.uint8))
    Path("empty.png").touch()
    Path("text.png").write_text("no picture")
    np.save("five.npy", np.zeros((2, 2, 2, 32, 32)))


@pytest.mark.parametrize("words", SOON)
def test_what_can_be_known_without_pytorch_is_refused_without_it(words, run, files, monkeypatch):
    monkeypatch.setattr(job, "fit", lambda *_: pytest.fail("it takes a second"))
    code, _, err = run(*words)
    name, _, value = words[-1].partition("=")
    assert code == 1
    assert name in err
    assert err.count("\n") == 1
    assert value.strip("[]").split(",")[0] in err or "-1" in err


@pytest.mark.parametrize("words", BAD)
def test_a_class_refuses_a_value_before_lightning_is_imported(words, run, monkeypatch):
    monkeypatch.setattr(fit, "prepare_machine", lambda _: pytest.fail("it takes seconds"))
    code, _, err = run(*words)
    name, _, value = words[-1].partition("=")
    assert code == 1
    assert name in err
    assert err.count("\n") == 1
    assert value.strip("[").split(",")[0] in err


def test_what_is_right_reaches_the_machine_and_draws_nothing(run, monkeypatch):
    before = torch.get_rng_state()

    def reached(_):
        raise ValueError("it is reached")

    monkeypatch.setattr(fit, "prepare_machine", reached)
    for words in (("model.width=100000",), ("model=dip", "optimizer.lr=0.1", "latent.jitter=0.1")):
        assert run(*words)[2] == "it is reached\n"
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "words",
    [
        ("model=dip", "model.depth=10"),
        ("model=dip", "model.kernel_down=513"),
        ("model=dd", "model.depth=11"),
        ("model=unet", "model.depth=10"),
        ("model=convdecoder", "model.start=300"),
        ("model=siren", "model.depth=3"),
        ("model=pixels", "model.activation=none"),
    ],
)
def test_a_network_that_only_a_large_picture_allows_is_not_refused_before_it_is_read(
    words, run, monkeypatch
):
    def reached(_):
        raise ValueError("it is reached")

    monkeypatch.setattr(fit, "prepare_machine", reached)
    assert run(*words)[2] == "it is reached\n"
