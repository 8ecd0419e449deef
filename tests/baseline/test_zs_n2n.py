"""Zero-Shot Noise2Noise, beside the paper's formulas written out once more."""

import numpy as np
import torch

from untrained.baseline.zs_n2n import ZeroShotNoise2Noise, halves, loss, noise_network
from untrained.degradation.identity import Identity


def test_the_halves_are_the_means_of_the_diagonals():
    image = torch.rand(1, 3, 7, 10)
    first, second = (each.numpy() for each in halves(image))
    whole = image.numpy()[..., :6, :]
    a, b = whole[..., ::2, ::2], whole[..., ::2, 1::2]
    c, d = whole[..., 1::2, ::2], whole[..., 1::2, 1::2]
    np.testing.assert_allclose(first, (b + c) / 2, rtol=1e-6)
    np.testing.assert_allclose(second, (a + d) / 2, rtol=1e-6)


def test_the_loss_is_the_residual_and_the_consistency():
    network, image = noise_network(3), torch.rand(1, 3, 12, 8)

    def g(x):
        return x - network(x)

    first, second = halves(image)
    cleaned = halves(g(image))
    residual = (g(first) - second).square().mean() + (g(second) - first).square().mean()
    alike = (g(first) - cleaned[0]).square().mean() + (g(second) - cleaned[1]).square().mean()
    torch.testing.assert_close(loss(network, image), (residual + alike) / 2)


def test_the_network_is_the_paper_s():
    assert sum(each.numel() for each in noise_network(3).parameters()) == 22_275


def test_another_seed_is_another_network():
    target = torch.rand(1, 1, 16, 16)
    one, other = (ZeroShotNoise2Noise(steps=2, seed=seed)(target, Identity()) for seed in (0, 1))
    assert not torch.equal(one, other)


def test_it_learns_where_nobody_asks_for_gradients():
    target = torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        image = ZeroShotNoise2Noise(steps=2)(target, Identity())
    assert torch.equal(image, ZeroShotNoise2Noise(steps=2)(target, Identity()))
    assert not image.requires_grad
