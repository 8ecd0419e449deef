"""A fit by the Trainer: it is the bare loop over `Fit`."""

from functools import partial

import pytest
import torch
from pytorch_lightning import Callback, Trainer

from tests.bare import CLEAN, GENERATORS, fitted, made, same
from untrained.degradation.identity import Identity
from untrained.holdout import Holdout
from untrained.noise.gaussian import Gaussian
from untrained.trainer.data import Observation, SingleImage
from untrained.trainer.prior import ImagePrior
from untrained.twin import Twin

ADAM = partial(torch.optim.Adam, lr=0.01)
CONSTANT = partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0)
# Which looks at the loss several times a step.
LBFGS = partial(torch.optim.LBFGS, max_iter=4, line_search_fn="strong_wolfe")


def trained(prior, steps=8, clean=CLEAN, callbacks=()):
    """Run a fit by the Trainer, and give the weights of the generators."""
    data = SingleImage(CLEAN, Identity(), Gaussian(25), steps)
    data.observation = Observation(clean, data.observation.target)
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
    )
    trainer.fit(prior, data)
    return prior.fit.generators.state_dict()


@pytest.mark.parametrize("generator", GENERATORS)
def test_nan_in_the_clean_image_changes_no_weight(generator):
    first, second = (ImagePrior(made(generator, jitter=0.03), ADAM, CONSTANT) for _ in range(2))
    assert same(trained(first), trained(second, clean=CLEAN * float("nan")))


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("words", [{}, {"fits": 2}, {"holdout": Holdout(0.1)}, {"twin": Twin(1.0)}])
def test_a_fit_by_the_trainer_is_the_bare_loop_bit_for_bit(generator, words):
    bare, fit = (made(generator, jitter=0.03, **words) for _ in range(2))
    prior = ImagePrior(fit, ADAM, CONSTANT)
    assert same(fitted(bare), trained(prior))
    assert same(bare.twins.state_dict(), fit.twins.state_dict())
    assert torch.equal(bare.average.value, fit.average.value)
    assert prior.step.number == 7


class Before(Callback):
    """Note the image of the weights before each step, and what the step shows after it."""

    def __init__(self):
        self.before, self.shown = [], []

    def on_train_batch_start(self, trainer, prior, *_):
        with torch.no_grad():
            code = prior.fit.latent(trainer.global_step)
            self.before.append(prior.fit.generators[0](code))

    def on_train_batch_end(self, trainer, prior, *_):
        self.shown.append(prior.step)


@pytest.mark.parametrize("optimizer", [ADAM, LBFGS], ids=["Adam", "LBFGS"])
def test_a_step_is_seen_once_and_before_its_update(optimizer, monkeypatch):
    fit, once, looks = made(jitter=0.03), made().average, []
    genuine = fit.evaluated
    monkeypatch.setattr(fit, "evaluated", lambda *words: looks.append(words) or genuine(*words))
    noted = Before()
    weights = trained(ImagePrior(fit, optimizer, CONSTANT), steps=5, callbacks=[noted])
    assert not same(weights, made(jitter=0.03).generators.state_dict())
    assert [step.number for step in noted.shown] == [0, 1, 2, 3, 4]
    for before, step in zip(noted.before, noted.shown, strict=True):
        assert torch.equal(step.images, before)
    assert fit.average.step == 5, "one image a step"
    for step in noted.shown:
        average = once(step.images)
    assert torch.equal(average, fit.average.value)
    assert len(looks) == 5 if optimizer is ADAM else len(looks) > 10


def test_an_optimizer_that_asks_several_times_has_the_loss_of_the_moment():
    fit, seen = made(), []
    prior = ImagePrior(fit, LBFGS, CONSTANT)
    genuine = prior.training_step

    def training_step(*words):
        seen.append(genuine(*words))
        return seen[-1]

    prior.training_step = training_step
    trained(prior, steps=1)
    losses = [loss.item() for loss in seen]
    assert len(set(losses)) == len(losses) > 1
    assert losses[-1] < losses[0] == prior.step.total.item()


@pytest.mark.parametrize("lr", [0, -1, float("inf"), "fast", True])
def test_bad_learning_rate_is_refused(lr):
    with pytest.raises(ValueError, match="^lr must be"):
        ImagePrior(made(), partial(torch.optim.Adam, lr=lr), CONSTANT)


def test_what_an_optimizer_refuses_is_said_of_it():
    with pytest.raises(ValueError, match="^optimizer: .*betas?"):
        ImagePrior(made(), partial(torch.optim.Adam, lr=0.01, betas=(2, 0.9)), CONSTANT)
    with pytest.raises(ValueError, match="^optimizer: .*unexpected keyword"):
        ImagePrior(made(), partial(torch.optim.Adam, momentum=0.9), CONSTANT)


def test_a_schedule_that_waits_for_a_validation_is_refused():
    plateau = partial(torch.optim.lr_scheduler.ReduceLROnPlateau, factor=0.5)
    with pytest.raises(ValueError, match="^scheduler: ReduceLROnPlateau needs a validation"):
        ImagePrior(made(), ADAM, plateau)
