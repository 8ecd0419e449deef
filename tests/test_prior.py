import shutil
from functools import partial

import pytest
import torch
from pytorch_lightning import Trainer
from torch import nn

from untrained.average import ExponentialAverage
from untrained.data import Observation, SingleImage
from untrained.generator.dd import DeepDecoder
from untrained.generator.dip import SkipHourglass
from untrained.kernel.kernel import Kernel
from untrained.latent import Uniform
from untrained.noise.gaussian import Gaussian
from untrained.prior import ImagePrior
from untrained.stopping.risk import Twin
from untrained.stopping.validation import Holdout

GENERATORS = {
    "dd": partial(DeepDecoder, width=8, depth=3),
    "dip": partial(SkipHourglass, width=4, depth=3, skip=2),
}
CLEAN = torch.rand(1, 3, 24, 20, generator=torch.Generator().manual_seed(0))


def make(generator="dd", seed=0, jitter=0.0, lr=0.01, latent_seed=0, **words):
    return ImagePrior(
        shape=(1, 3, 24, 20),
        generator=GENERATORS[generator],
        latent=Uniform(8, jitter=jitter, seed=latent_seed),
        degradation=nn.Identity(),
        objective=nn.MSELoss(),
        average=ExponentialAverage(0.9),
        optimizer=partial(torch.optim.Adam, lr=lr),
        scheduler=partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0),
        seed=seed,
        **words,
    )


def fitted(prior, steps=8, clean=CLEAN, target=None):
    data = SingleImage(CLEAN, nn.Identity(), Gaussian(25), steps)
    data.observation = Observation(clean, data.observation.target if target is None else target)
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(prior, data)
    return prior.generator.state_dict()


def same(one, other):
    return all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("generator", GENERATORS)
def test_nan_in_the_clean_image_changes_no_weight(generator):
    expected = fitted(make(generator, jitter=0.03))
    assert same(expected, fitted(make(generator, jitter=0.03), clean=CLEAN * float("nan")))


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_words_give_the_same_weights(generator):
    torch.manual_seed(1)
    first = fitted(make(generator, jitter=0.03))
    torch.manual_seed(2)
    assert same(first, fitted(make(generator, jitter=0.03)))


def test_the_three_seeds_are_separate():
    weights = make().generator.state_dict()
    assert not same(weights, make(seed=1).generator.state_dict())
    assert same(weights, make(latent_seed=1).generator.state_dict())
    assert torch.equal(make().latent.code, make(seed=1).latent.code)
    assert not torch.equal(make().latent.code, make(latent_seed=1).latent.code)


def test_a_fit_is_the_bare_loop():
    prior = make()
    target = Gaussian(25)(CLEAN)
    optimizer = torch.optim.Adam(prior.generator.parameters(), lr=0.01)
    for step in range(8):
        optimizer.zero_grad()
        nn.functional.mse_loss(prior.generator(prior.latent(step)), target).backward()
        optimizer.step()
    assert same(prior.generator.state_dict(), fitted(make()))


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("words", [{}, {"holdout": Holdout(0.1)}, {"twin": Twin(1.0)}])
def test_each_of_several_fits_is_what_it_would_be_alone(generator, words):
    together = fitted(make(generator, seed=1, jitter=0.03, fits=3, **words))
    for index in range(3):
        alone = fitted(make(generator, seed=3 + index, jitter=0.03, **words))
        assert same(alone, {k: together[f"generators.{index}.{k}"] for k in alone})


def test_a_step_of_several_fits_gives_their_mean():
    prior, alone = make(fits=2), [make(seed=seed) for seed in range(2)]
    outputs = prior.training_step(Observation(None, CLEAN), 0)
    each = [one.training_step(Observation(None, CLEAN), 0) for one in alone]
    for name in ("loss", "reconstruction", "average"):
        torch.testing.assert_close(outputs[name], sum(one[name] for one in each) / 2)
    for name, single in (("results", "average"), ("measurement", "measurement")):
        assert torch.equal(outputs[name], torch.cat([one[single] for one in each]))
    assert each[0]["results"] is None


@pytest.mark.parametrize("fits", [0, -1, 1.5, True, "many"])
def test_bad_number_of_fits_is_refused(fits):
    with pytest.raises(ValueError, match="^fits must be"):
        make(fits=fits)


@pytest.mark.slow  # half a minute to compile
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("words", [{}, {"fits": 2}, {"twin": Twin(1.0)}], ids=str)
@pytest.mark.parametrize("generator", GENERATORS)
def test_a_compiled_generator_fits_as_it_would_uncompiled(generator, words):
    plain = make(generator, **words)
    compiled = make(generator, kernel=Kernel(compiled="default"), **words)
    networks = [each for each in (compiled.generator, compiled.second) if each]
    assert all(each._compiled_call_impl for each in networks)
    expected, found = fitted(plain), fitted(compiled)
    assert expected.keys() == found.keys()
    loss, other = (
        prior.training_step(Observation(None, CLEAN), 0)["loss"] for prior in (plain, compiled)
    )
    torch.testing.assert_close(loss, other, rtol=1e-4, atol=0)


def test_a_step_gives_the_image_of_the_weights_before_it():
    prior = make()
    before = prior.generator(prior.latent(0))
    outputs = prior.training_step(Observation(None, CLEAN), 0)
    assert torch.equal(outputs["reconstruction"], before)
    assert torch.equal(outputs["average"], before)
    assert not outputs["reconstruction"].requires_grad


@pytest.mark.parametrize("lr", [0, -1, float("inf"), "fast"])
def test_bad_learning_rate_is_refused(lr):
    with pytest.raises(ValueError, match="^lr must be"):
        make(lr=lr)


def test_bad_seed_is_refused():
    with pytest.raises(ValueError, match="^seed must be"):
        make(seed=-1)
