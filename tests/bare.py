"""A fit below the command line and Lightning: the bare loop over `Fit`, on a small image."""

from functools import partial

import torch
from torch import nn

from untrained.average import ExponentialAverage
from untrained.degradation.identity import Identity
from untrained.fit import Fit, seeded_generators
from untrained.generator.dd import DeepDecoder
from untrained.generator.dip import SkipHourglass
from untrained.latent import Uniform
from untrained.noise.gaussian import Gaussian
from untrained.problem import Problem

GENERATORS = {
    "dd": partial(DeepDecoder, width=8, depth=3),
    "dip": partial(SkipHourglass, width=4, depth=3, skip=2),
}
SHAPE = (1, 3, 24, 20)
CLEAN = torch.rand(SHAPE, generator=torch.Generator().manual_seed(0))


def target():
    return Gaussian(25)(CLEAN)


def made(generator="dd", seed=0, fits=1, jitter=0.0, latent_seed=0, average=None, **words):
    """Make a fit; `holdout` and `twin` are words of its problem."""
    return Fit(
        problem=Problem(Identity(), nn.MSELoss(), **words),
        generators=seeded_generators(GENERATORS[generator], 8, SHAPE, seed, fits),
        latent=Uniform(8, jitter=jitter, seed=latent_seed),
        average=average or ExponentialAverage(0.9),
    )


def fitted(fit, seen=None, steps=8, lr=0.01):
    """Run the bare loop, and give the weights of the generators."""
    seen = target() if seen is None else seen
    optimizer = torch.optim.Adam(fit.parameters(), lr=lr)
    for number in range(steps):
        step = fit(number, seen)
        optimizer.zero_grad()
        step.total.backward()
        optimizer.step()
    return fit.generators.state_dict()


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
