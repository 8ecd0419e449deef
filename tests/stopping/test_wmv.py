"""ES-WMV: its running update is the formula."""

import pytest
import torch

from tests.stopping.trajectory import walk
from untrained.stopping.wmv import WindowedVariance


def test_windowed_variance_is_the_formula_to_the_last():
    rule, images, window = WindowedVariance(window=20, patience=10_000), [], 20
    for step in walk(900):
        rule.see(step)
        images.append(step.reconstruction.double())
        if step.number >= window - 1:
            stack = torch.stack(images[-window:])
            direct = (stack - stack.mean(0)).square().mean()
            assert rule.statistic.item() == pytest.approx(direct.item(), rel=5e-3)
        else:
            assert rule.statistic.isnan()
    assert direct < 1e-6
