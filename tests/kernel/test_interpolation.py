"""Interpolation and its gradient, against PyTorch's own and against differences."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional

from untrained.kernel import interpolation
from untrained.kernel.interpolation import interpolated


def a_map(*shape, dtype=torch.float64):
    drawn = torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))
    return drawn.contiguous(memory_format=torch.channels_last).requires_grad_()


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1, 3, 2, 2), (4, 4)),
        ((1, 2, 3, 5), (6, 10)),
        ((2, 1, 4, 2), (8, 4)),
        ((1, 2, 3, 4), (5, 8)),
        ((1, 2, 3, 4), (6, 7)),
        ((1, 2, 1, 4), (2, 8)),
    ],
)
def test_interpolated_has_the_gradient_of_its_values(monkeypatch, shape, size, mode):
    monkeypatch.setattr(interpolation, "FEW_PIXELS", 0)
    x = a_map(*shape)
    assert gradcheck(lambda x: interpolated(x, size, mode), (x,))
    assert torch.equal(interpolated(x, size, mode), functional.interpolate(x, size, mode=mode))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels_last", [True, False])
def test_the_gradient_is_pytorchs_own(dtype, channels_last):
    x = a_map(1, 4, 66, 70, dtype=dtype)
    upper = a_map(1, 4, 132, 140, dtype=dtype).detach()
    upper = upper if channels_last else upper.contiguous()
    (expected,) = torch.autograd.grad(
        functional.interpolate(x, (132, 140), mode="bilinear"), x, upper
    )
    (found,) = torch.autograd.grad(interpolated(x, (132, 140), "bilinear"), x, upper)
    assert found.is_contiguous(memory_format=torch.channels_last) or not channels_last
    error = (found - expected).double().norm() / expected.double().norm()
    assert error < (1e-6 if dtype == torch.float32 else 4e-3)
