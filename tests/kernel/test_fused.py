"""The functions with gradients of our own, against the plain layers and against differences."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.nn import functional

from untrained.generator.dd import DeepDecoder
from untrained.generator.dip import SkipHourglass
from untrained.kernel import fused
from untrained.kernel.fused import decoded, joined, normalised
from untrained.kernel.kernel import Kernel
from untrained.kernel.rows import channels_last, moments


@pytest.fixture(params=[False, True], ids=["ours", "few pixels"])
def _both(request, monkeypatch):
    """Our functions, and what stands in for them where a map is small."""
    if not request.param:
        monkeypatch.setattr(fused, "few", lambda *_: False)


both = pytest.mark.usefixtures("_both")


def norm_of(channels, dtype=torch.float64):
    norm = nn.BatchNorm2d(channels, track_running_stats=False).to(dtype)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.uniform_(-1, 1)
    return norm


def a_map(*shape, dtype=torch.float64):
    torch.manual_seed(0)
    return channels_last(torch.randn(shape, dtype=dtype)).requires_grad_()


@both
@pytest.mark.parametrize("slope", [0.2, 1.0])
@pytest.mark.parametrize("shape", [(1, 3, 4, 6), (1, 2, 3, 5), (2, 2, 4, 3)])
def test_normalised_has_the_gradient_of_its_values(shape, slope):
    norm = norm_of(shape[1])
    values = (norm.weight, norm.bias)

    def function(x, *_):
        return normalised(x, norm, slope)

    x = a_map(*shape)
    assert gradcheck(function, (x, *values))
    expected = functional.leaky_relu(norm(x), slope)
    assert torch.allclose(function(x), expected, atol=1e-12)


@both
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
@pytest.mark.parametrize("size", [None, (6, 8), (5, 7)])
def test_decoded_has_the_gradient_of_its_values(size, mode):
    norm, x = norm_of(4), a_map(1, 4, 3, 4)
    weight = torch.randn(2, 4, 1, 1, dtype=torch.float64, requires_grad=True)

    def function(x, weight, *_):
        return decoded(x, norm, weight, size, mode)

    assert gradcheck(function, (x, weight, norm.weight, norm.bias))
    up = x if size is None else functional.interpolate(x, size=size, mode=mode)
    assert torch.allclose(function(x, weight), functional.conv2d(norm(up.relu()), weight))


def test_joined_is_a_concatenation():
    a, b = a_map(1, 2, 3, 4), a_map(1, 3, 3, 4)
    assert gradcheck(joined, (a, b))
    assert torch.equal(joined(a, b), torch.cat([a, b], 1))


@both
def test_the_input_is_left_as_it_was():
    x = a_map(1, 4, 5, 5)
    before = x.detach().clone()
    decoded(x, norm_of(4), torch.ones(2, 4, 1, 1, dtype=torch.float64), None, "bilinear").sum()
    normalised(x, norm_of(4), 0.2).square().sum().backward()
    assert torch.equal(x, before)


@pytest.mark.parametrize("size", [(256, 256), (255, 257)])
def test_sums_over_many_pixels_keep_single_precision(size):
    x = (a_map(1, 8, *size, dtype=torch.float32).detach() + 3).requires_grad_()
    exact = x.detach().double()
    mean, variance = moments(x.detach())
    assert torch.allclose(mean.double(), exact.mean((0, 2, 3)), rtol=1e-6)
    assert torch.allclose(variance.double(), exact.var((0, 2, 3), correction=0), rtol=2e-6)
    norm, weight = norm_of(8, torch.float32), torch.randn_like(exact)
    (normalised(x, norm) * weight.float()).sum().backward()
    reference = exact.requires_grad_()
    (norm.double()(reference) * weight).sum().backward()
    error = (x.grad - reference.grad).norm() / reference.grad.norm()
    assert error < 1e-6


@both
@pytest.mark.parametrize("family", [DeepDecoder, SkipHourglass])
def test_the_gradients_of_a_small_network_keep_single_precision(family):
    def gradients(dtype):
        torch.manual_seed(0)
        network = family(8, 3, (64, 64), width=16).to(dtype)
        Kernel().prepare(network)
        code, target = torch.rand(1, 8, *network.code_size) / 10, torch.rand(1, 3, 64, 64)
        functional.mse_loss(network(code.to(dtype)), target.to(dtype)).backward()
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        return torch.cat([each.flatten().double() for each in gradients])

    exact = gradients(torch.float64)
    assert (gradients(torch.float32) - exact).norm() < 2e-5 * exact.norm()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_total_is_that_of_double_precision(dtype):
    x = channels_last(a_map(1, 4, 96, 80).detach() + 0.5).to(dtype)
    expected = x.double().sum((0, 2, 3))
    assert torch.allclose(fused.total(x).double(), expected, rtol=1e-3 if x.itemsize == 2 else 1e-6)


def test_half_precision_is_summed_in_single():
    x = channels_last(torch.randn(1, 4, 64, 64) + 5).bfloat16()
    mean, variance = fused.moments(x)
    assert mean.dtype == variance.dtype == torch.float32
    assert torch.allclose(mean, x.float().mean((0, 2, 3)), rtol=1e-5)


@both
def test_half_precision_stays_half():
    x = channels_last(torch.randn(1, 4, 64, 64) + 5).bfloat16()
    y = normalised(x, norm_of(4, torch.float32), 0.2)
    assert y.dtype == torch.bfloat16


@both
@pytest.mark.parametrize("family", [DeepDecoder, SkipHourglass])
def test_twenty_steps_are_those_of_the_plain_network(family):
    """In double precision: in single, the plain network is as far from itself in double."""
    losses = [twenty_losses(family, fused) for fused in (False, True)]
    assert torch.allclose(*losses, rtol=1e-8, atol=0)


def twenty_losses(family, fused):
    torch.manual_seed(0)
    network = family(8, 3, (32, 32), width=8).double()
    Kernel(channels_last=fused, fused=fused).prepare(network)
    code = torch.rand(1, 8, *network.code_size, dtype=torch.float64) / 10
    target = torch.rand(1, 3, 32, 32, dtype=torch.float64)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    losses = []
    for _ in range(20):
        loss = functional.mse_loss(network(code), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)
