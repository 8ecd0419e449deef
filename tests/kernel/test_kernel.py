"""A network is prepared from outside, and one that knows nothing of it works all the same."""

import shutil
from copy import deepcopy

import pytest
import torch
from torch import nn

from untrained.generator.convdecoder import ConvDecoder
from untrained.generator.dd import DeepDecoder
from untrained.generator.dip import SkipHourglass
from untrained.generator.unet import UNet
from untrained.kernel.kernel import Fusible, Kernel

FAMILIES = [DeepDecoder, SkipHourglass, ConvDecoder, UNet]


class Stranger(nn.Module):
    """A network of somebody else; it remembers the layout of its last code."""

    code_size = (8, 8)

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, code):
        self.seen = code
        return self.convolution(code).sigmoid()


def made(family):
    torch.manual_seed(0)
    return family(8, 3, (33, 50), width=8, depth=4).double()


def code_of(network):
    return torch.rand(1, 8, *network.code_size, dtype=torch.float64)


def fused_of(network):
    return [module.fused for module in network.modules() if isinstance(module, Fusible)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_is_plain_until_it_is_prepared(family):
    network = made(family)
    assert fused_of(network)
    assert not any(fused_of(network))
    Kernel(fused=False).prepare(network)
    assert not any(fused_of(network))
    Kernel().prepare(network)
    assert all(fused_of(network))
    assert not any(fused_of(made(family))), "another network of the class is left alone"


@pytest.mark.parametrize("words", [{}, {"fused": False}, {"fused": False, "channels_last": False}])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_prepared_network_has_the_image_of_the_plain_one(family, words):
    plain, network = made(family), made(family)
    Kernel(**words).prepare(network)
    code = code_of(plain)
    assert (plain(code) - network(code)).abs().max() < 1e-10
    assert network(code).is_contiguous()


@pytest.mark.parametrize("family", FAMILIES)
def test_copies_and_weights_go_both_ways(family):
    network = made(family)
    copy = deepcopy(network)
    for each in (network, copy):
        Kernel().prepare(each)
    code = code_of(network)
    assert torch.equal(network(code), copy(code))
    assert torch.equal(deepcopy(network)(code), copy(code)), "a prepared one is copied too"
    plain = made(family)
    plain.load_state_dict(network.state_dict())
    network.load_state_dict(plain.state_dict())


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_network_that_knows_nothing_of_it_gets_its_code_in_the_layout(channels_last):
    network, code = Stranger(), torch.rand(1, 4, 8, 8)
    expected = network(code)
    Kernel(channels_last=channels_last, fused=channels_last).prepare(network)
    for given in (code, code.contiguous(memory_format=torch.channels_last)):
        assert torch.allclose(network(given), expected, atol=1e-6)
        assert network.seen.is_contiguous(memory_format=torch.channels_last) == channels_last
        assert network.seen.is_contiguous() != channels_last


@pytest.mark.slow  # a minute to compile
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_a_compiled_network_has_the_layout_and_the_path_too():
    plain, network = made(DeepDecoder), made(DeepDecoder)
    Kernel(compiled="default").prepare(network)
    code = code_of(plain)
    assert (plain(code) - network(code)).abs().max() < 1e-10
    assert all(fused_of(network))


@pytest.mark.parametrize("word", ["channels_last", "fused"])
@pytest.mark.parametrize("value", ["no", 1, None])
def test_bad_flags_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be true or false"):
        Kernel(**{word: value})


def test_the_fused_path_needs_the_layout():
    with pytest.raises(ValueError, match="^fused must be false if channels_last is false"):
        Kernel(channels_last=False)


@pytest.mark.parametrize("mode", ["fast", "", True, 1])
def test_bad_mode_to_compile_is_refused(mode):
    with pytest.raises(ValueError, match="^compiled must be null, default or reduce-overhead, got"):
        Kernel(compiled=mode)
