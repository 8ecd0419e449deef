"""A fit that is made up: it learns the image, then the noise, and turns at a step that is known."""

import torch

from untrained.stopping.rule import Iterate

TURN = 150


def smooth(image):
    """Blur an image around its edges, so that it has low frequencies alone."""
    for _ in range(8):
        padded = torch.nn.functional.pad(image, (1, 1, 1, 1), "circular")
        image = torch.nn.functional.avg_pool2d(padded, 3, 1)
    return image


def trajectory(steps=300, shape=(1, 3, 33, 47), coloured=False, turn=TURN, average=True):
    """Give x_t = (1 - (1 - t/turn)_+^2) clean + max(0, t - turn) / 20 noise, and y = clean + noise.

    Of `coloured` the low frequencies of the noise are learnt alone.
    """
    generator = torch.Generator().manual_seed(0)
    field = smooth(torch.randn(shape, generator=generator))
    clean = 0.5 + field / field.std()
    noise = torch.randn(shape, generator=generator)
    noise = noise - (noise * clean).sum() / clean.square().sum() * clean
    noise = 0.1 * noise / noise.square().mean().sqrt()
    learnt = smooth(noise) if coloured else noise
    for step in range(steps):
        share = 1 - max(0, 1 - step / turn) ** 2
        image = share * clean + max(0, step - turn) / 20 * learnt
        yield Iterate(step, image, image / 2 if average else None, image, clean + noise)


def same_state(one, other):
    """Whether two states of a rule are the same, bit for bit."""
    if one.keys() != other.keys():
        return False
    pairs = [(value, other[name]) for name, value in one.items()]
    return all(torch.equal(a, b) if torch.is_tensor(a) else a == b for a, b in pairs)


def watched(rule, iterates):
    for iterate in iterates:
        rule.update(iterate)
    return rule
