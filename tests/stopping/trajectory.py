"""A fit that is made up: it learns the image, then the noise, and turns at a step that is known."""

from dataclasses import replace

import torch
from torch import nn

from untrained.degradation.identity import Identity
from untrained.problem import Problem
from untrained.step import Step

TURN = 150


def problem(degradation=None, **words):
    """Make a problem, of denoising where no A is given; `holdout`, `twin`, `noisy` are words."""
    return Problem(degradation or Identity(), nn.MSELoss(), **words)


def smooth(image):
    """Blur an image around its edges, so that it has low frequencies alone."""
    for _ in range(8):
        padded = torch.nn.functional.pad(image, (1, 1, 1, 1), "circular")
        image = torch.nn.functional.avg_pool2d(padded, 3, 1)
    return image


def trajectory(count=300, shape=(1, 3, 33, 47), coloured=False, turn=TURN, average=True, of=None):
    """Yield steps of x_t = (1 - (1 - t/turn)_+^2) clean + max(0, t - turn) / 20 noise.

    The target is y = clean + noise. With `coloured` only the low frequencies of the noise are
    learnt. `of` is the problem.
    """
    generator = torch.Generator().manual_seed(0)
    field = smooth(torch.randn(shape, generator=generator))
    clean = 0.5 + field / field.std()
    noise = torch.randn(shape, generator=generator)
    noise = noise - (noise * clean).sum() / clean.square().sum() * clean
    noise = 0.1 * noise / noise.square().mean().sqrt()
    learnt = smooth(noise) if coloured else noise
    of = of or problem()
    for number in range(count):
        share = 1 - max(0, 1 - number / turn) ** 2
        image = share * clean + max(0, number - turn) / 20 * learnt
        yield Step(number, image, image, clean + noise, of, image / 2 if average else None)


def walk(count):
    """Yield steps whose images move ever less: hard on a difference of large sums."""
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 3, 9, 11, generator=generator)
    for step in trajectory(count, shape=(1, 3, 9, 11)):
        image = image + 0.1 * 0.99**step.number * torch.randn(image.shape, generator=generator)
        yield replace(step, images=image)


def same_state(one, other):
    """Whether two states of a rule are the same, bit for bit."""
    if one.keys() != other.keys():
        return False
    return all(same(value, other[name]) for name, value in one.items())


def same(value, other):
    """Whether two parts of a state are the same, bit for bit; a part may be a rule's state."""
    if isinstance(value, dict):
        return same_state(value, other)
    return torch.equal(value, other) if torch.is_tensor(value) else value == other


def watched(rule, steps):
    for step in steps:
        rule.see(step)
    return rule
