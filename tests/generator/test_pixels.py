import pytest
import torch
from torch import nn

from untrained.average import NoAverage
from untrained.degradation.identity import Identity
from untrained.fit import Fit
from untrained.generator.pixels import Pixels
from untrained.latent import NoCode, Uniform
from untrained.penalty import TotalVariation
from untrained.problem import Problem

FLAT = torch.full((1, 1, 17, 20), 0.3)
NOISY = FLAT + 0.2 * torch.rand(FLAT.shape, generator=torch.Generator().manual_seed(0))


def fitted(**penalties):
    """Fit the pixels to a flat image with noise, and give what comes out."""
    fit = Fit(
        problem=Problem(Identity(), nn.MSELoss(), penalties=penalties),
        generators=[Pixels(1, 1, (17, 20))],
        latent=NoCode(),
        average=NoAverage(),
    )
    optimizer = torch.optim.Adam(fit.parameters(), lr=0.03)
    for number in range(300):
        optimizer.zero_grad()
        fit(number, NOISY).total.backward()
        optimizer.step()
    return fit(300, NOISY).images


def test_it_starts_grey_and_alone_learns_the_noise():
    network = Pixels(1, 3, (17, 20))
    assert torch.equal(network(torch.zeros(1, 1, 1, 1)), torch.full((1, 3, 17, 20), 0.5))
    assert (fitted() - NOISY).abs().max() < 0.01


def test_with_total_variation_it_is_the_variational_method():
    assert (fitted(tv=TotalVariation(1.0)) - NOISY.mean()).abs().max() < 0.01


def test_no_code_is_of_the_pixels_alone():
    latent = NoCode()
    latent.place((1, 1))
    assert latent(3).shape == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="^latent=none is for model=pixels"):
        latent.place((8, 8))


def test_a_code_of_another_kind_changes_nothing():
    network, latent = Pixels(4, 3, (17, 20)), Uniform(4)
    latent.place(network.code_size)
    assert torch.equal(network(latent(0)), torch.full((1, 3, 17, 20), 0.5))


def test_bad_words_are_refused():
    with pytest.raises(ValueError, match="^activation must be"):
        Pixels(1, 3, (8, 8), activation="tanh")
