from pathlib import Path

import pytest
import torch

from untrained.command import fit

BAD = [
    ("noise.sigma=-1",),
    ("noise=poisson", "noise.peak=0"),
    ("model.width=0",),
    ("model=dip", "model.depth=-1"),
    ("model.activation=relu",),
    ("latent.jitter=-1",),
    ("optimizer.betas=[2,0.9]",),
    ("optimizer=adam", "optimizer.weight_decay=-1"),
    ("stopping.bands.count=0",),
    ("degradation=downsampling", "degradation.factor=-1"),
    ("degradation=blur", "degradation.sigma=-1"),
    ("penalty=tv", "penalty.tv.weight=-1"),
    ("average=exponential", "average.decay=2"),
    ("refinement.size=1",),
    ("holdout.share=2",),
    ("twin.epsilon=-1",),
    ("metric.border=-1",),
    ("image.size=[8,64]",),
    ("target.path=photo.png", "target.size=-1"),
    ("target.path=photo.png", "tile.size=8"),
    ("target.path=photo.png", "tile.size=32", "tile.overlap=16"),
    ("target.path=photo.png", "tile.size=32", "tile.workers=0"),
]


@pytest.mark.parametrize("words", BAD)
def test_a_class_refuses_a_value_before_lightning_is_imported(words, run, monkeypatch):
    monkeypatch.setattr(fit, "prepare_machine", lambda _: pytest.fail("it takes seconds"))
    Path("photo.png").touch()
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
