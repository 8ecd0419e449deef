"""ES-EMV: its running update is the formula."""

import pytest
import torch

from tests.stopping.trajectory import walk
from untrained.stopping.emv import ExponentialVariance


def test_exponential_variance_is_the_formula():
    rule = ExponentialVariance(alpha=0.3)
    for step in walk(200):
        rule.see(step)
        image = step.reconstruction.double()
        if step.number == 0:
            mean, variance = image, torch.tensor(0.0)
        else:
            old, mean = mean, 0.7 * mean + 0.3 * image
            variance = 0.7 * (variance + 0.3 * (image - old).square().mean())
        assert rule.statistic.item() == pytest.approx(variance.item(), rel=1e-4)
