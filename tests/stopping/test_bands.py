"""The correspondence of the bands of frequencies."""

import numpy as np
import torch

from tests.stopping.trajectory import trajectory
from untrained.stopping.bands import correspondence


def test_correspondence_is_the_formula():
    step = list(trajectory(10))[9]
    images = (image[0].double().numpy() for image in (step.measurement, step.target))
    x, y = (np.fft.fft2(image) for image in images)
    _, height, width = y.shape
    sums, powers = np.zeros(5), np.zeros(5)
    for v in range(height):
        for u in range(width // 2 + 1):  # the other half mirrors it
            radius = 2 * np.hypot(min(v, height - v) / height, u / width)
            if 0 < radius < 1:
                sums[int(radius * 5)] += (x * y.conj()).real[:, v, u].sum()
                powers[int(radius * 5)] += (abs(y) ** 2)[:, v, u].sum()
    found = correspondence(step.measurement, step.target, 5)
    np.testing.assert_allclose(found.numpy(), sums / powers, rtol=1e-3, atol=1e-6)


def test_correspondence_is_0_of_nothing_and_1_of_everything():
    target = torch.rand(1, 1, 17, 20, generator=torch.Generator().manual_seed(1))
    assert correspondence(0 * target, target, 4).max() == 0
    torch.testing.assert_close(correspondence(target, target, 4), torch.ones(4))
    other = torch.rand(1, 1, 17, 20, generator=torch.Generator().manual_seed(2))
    assert correspondence(other, target, 2).abs().max() < 0.3, "a texture of its own is no fit"
