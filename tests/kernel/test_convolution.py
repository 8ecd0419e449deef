"""Convolution and its gradients, against PyTorch's own and against differences."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional

from untrained.generator.dip import SkipHourglass
from untrained.kernel import convolution
from untrained.kernel.convolution import convolved, turned
from untrained.kernel.kernel import Kernel


@pytest.fixture(autouse=True)
def _turns(monkeypatch):
    """Compute as on a CPU without AVX-512, maps of all sizes."""
    monkeypatch.setattr(convolution, "TURNS", True)
    monkeypatch.setattr(convolution, "FEW_PIXELS", 0)


def drawn(*shape, dtype=torch.float64):
    values = torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))
    return values.contiguous(memory_format=torch.channels_last).requires_grad_()


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (2, 1)])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("batch", [1, 2])
def test_convolved_has_the_gradients_of_its_values(kernel, stride, padding, batch):
    x, weight = drawn(batch, 2, 6, 7), drawn(3, 2, kernel, kernel)
    assert gradcheck(lambda *both: convolved(*both, stride, padding), (x, weight))
    expected = functional.conv2d(x, weight, None, stride, padding)
    assert torch.equal(convolved(x, weight, stride, padding), expected)


def test_the_gradients_are_pytorchs_own():
    x, weight = drawn(1, 12, 34, 30, dtype=torch.float32), drawn(8, 12, 3, 3, dtype=torch.float32)
    found = torch.autograd.grad(convolved(x, weight, (1, 1), 0).square().sum(), (x, weight))
    y = functional.conv2d(x, weight)
    for ours, plain in zip(found, torch.autograd.grad(y.square().sum(), (x, weight)), strict=True):
        assert (ours - plain).norm() < 1e-6 * plain.norm()
    assert found[0].is_contiguous(memory_format=torch.channels_last)


def test_a_code_that_is_not_trained_gets_no_gradient():
    x, weight = drawn(1, 2, 6, 6).detach(), drawn(3, 2, 3, 3)
    convolved(x, weight, (1, 1), 0).sum().backward()
    assert x.grad is None
    assert weight.grad is not None


def test_turned_is_the_same_map_in_the_other_layout():
    x = drawn(1, 5, 4, 3).detach()
    assert torch.equal(turned(x), x)
    assert turned(x).is_contiguous()


def test_the_hourglass_turns_where_it_pays(monkeypatch):
    calls = []
    monkeypatch.setattr(convolution, "turned", lambda x: calls.append(x.shape) or turned(x))
    network = SkipHourglass(4, 3, (32, 32), width=8, depth=2)
    Kernel().prepare(network)
    code = torch.rand(1, 4, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        network(code).sum().backward()
    assert not calls, "bfloat16 has kernels of its own"
    network(code).sum().backward()
    assert len(calls) == 2 * 6, "each 3x3 convolution of two scales, its map and its gradient"
