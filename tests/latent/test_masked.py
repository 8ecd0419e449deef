"""Self2Self: the code is the target without some of its values, and the loss counts only those."""

import pytest
import torch

from untrained.average import NoAverage
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.identity import Identity
from untrained.degradation.jpeg import JpegFile
from untrained.fit import Fit, seeded_generators
from untrained.generator.unet import UNet
from untrained.latent import Masked
from untrained.problem import Problem
from untrained.twin import Twin

TARGET = torch.rand(1, 3, 32, 36, generator=torch.Generator().manual_seed(0))


def fit_of(dropout=0.3, fits=1, degradation=None, twin=0.0):
    latent = Masked(keep=0.7)
    latent.settle(TARGET.shape)

    def make(**words):
        return UNet(width=4, depth=2, dropout=dropout, **words)

    networks = seeded_generators(make, latent.channels, TARGET.shape, fits=fits)
    problem = Problem(degradation or Identity(), torch.nn.MSELoss(), twin=Twin(twin))
    return Fit(problem, networks, latent, NoAverage())


def test_the_code_is_the_target_where_it_is_shown_and_mirrored_at_random():
    latent = fit_of().latent
    latent.look(TARGET)
    mirrored = set()
    for step in range(12):
        code = latent(step)
        assert 0.6 < latent.shown.float().mean() < 0.8
        assert torch.equal(latent.upright(code, step), TARGET * latent.shown)
        assert torch.equal(code, latent(step))
        mirrored.add(tuple(latent.mirrored(step)))
    assert len(mirrored) == 4
    assert not torch.equal(latent(0) == 0, latent(1) == 0)


def test_the_loss_counts_only_what_the_code_does_not_show():
    fit = fit_of()
    step = fit.evaluated(3, TARGET)
    hidden = ~fit.latent.shown
    expected = ((step.images - TARGET).square() * hidden).mean()
    assert step.total.item() == pytest.approx(expected.item(), rel=1e-5)
    step.total.backward()


def test_a_step_is_the_same_each_time_and_dropout_leaves_the_random_state():
    fit = fit_of()
    state = torch.get_rng_state()
    first, again, other = (fit.evaluated(number, TARGET).images for number in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)
    fit.latent.attempt = 1
    assert not torch.equal(fit.evaluated(5, TARGET).images, first)


def test_each_of_several_networks_is_as_it_would_be_alone():
    together = fit_of(fits=2)
    alone = fit_of()
    alone.generators[0].load_state_dict(together.generators[1].state_dict())
    images = together.evaluated(2, TARGET).images
    assert torch.equal(images[1:], alone.evaluated(2, TARGET).images)


def test_dropout_makes_the_images_of_a_network_differ():
    network = fit_of(dropout=0.5).generators[0]
    assert network.draws
    assert not torch.equal(network(TARGET), network(TARGET))
    network = fit_of(dropout=0.0).generators[0]
    assert not network.draws
    assert torch.equal(network(TARGET), network(TARGET))


def test_a_target_of_another_shape_and_a_second_fit_are_refused():
    fit = fit_of(degradation=Downsampling(factor=2))
    with pytest.raises(ValueError, match="^latent=masked needs a target of the shape of the image"):
        fit.evaluated(0, TARGET[..., ::2, ::2])
    with pytest.raises(ValueError, match="^twin.epsilon must be 0 with latent=masked"):
        fit_of(twin=1.0)
    with pytest.raises(ValueError, match="^latent=masked needs a picture"):
        fit_of(degradation=JpegFile())
    for keep in (0, 1, "half"):
        with pytest.raises(ValueError, match="^keep must be a number"):
            Masked(keep=keep)
