import pytest
import torch

from untrained.noise.poisson import Poisson

GREY = torch.full((1, 3, 128, 128), 0.5)


def test_poisson_has_mean_x_and_variance_x_over_peak():
    noisy = Poisson(30, clip=False)(GREY)
    assert noisy.mean().item() == pytest.approx(0.5, abs=0.005)
    assert noisy.var().item() == pytest.approx(0.5 / 30, rel=0.05)
    assert torch.allclose(noisy * 30, (noisy * 30).round(), atol=1e-4)


def test_what_a_filter_makes_darker_than_black_has_no_photons():
    assert not Poisson(30)(GREY - 1).any()
