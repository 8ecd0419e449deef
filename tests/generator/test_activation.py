"""The last activation is a word of each network."""

import pytest
import torch

from untrained.generator.convdecoder import ConvDecoder
from untrained.generator.dd import DeepDecoder
from untrained.generator.dip import SkipHourglass
from untrained.generator.pixels import Pixels
from untrained.generator.siren import Siren
from untrained.generator.unet import UNet
from untrained.kernel.kernel import Kernel

NETWORKS = [DeepDecoder, SkipHourglass, ConvDecoder, UNet, Siren]
NARROW = {network: {"width": 8} for network in NETWORKS} | {Pixels: {}}


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("family", NARROW)
def test_without_an_activation_the_image_is_what_the_sigmoid_takes(family, prepared):
    networks = [
        family(4, 3, (32, 32), **NARROW[family], activation=each) for each in ("sigmoid", "none")
    ]
    for parameter in networks[0].parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    networks[1].load_state_dict(networks[0].state_dict())
    if prepared:
        for network in networks:
            Kernel().prepare(network)
    code = torch.rand(1, 4, *networks[0].code_size)
    image, logits = (network(code) for network in networks)
    assert torch.equal(image, logits.sigmoid())
    assert logits.is_contiguous()


@pytest.mark.parametrize("family", NARROW)
def test_an_image_has_the_precision_of_the_code_under_autocast(family):
    network = family(4, 3, (32, 32), **NARROW[family], activation="none")
    with torch.autocast("cpu", torch.bfloat16):
        assert network(torch.rand(1, 4, *network.code_size)).dtype == torch.float32


@pytest.mark.parametrize("activation", ["sigmoid", "none"])
@pytest.mark.parametrize("family", NARROW)
def test_an_image_stays_as_it_is_when_the_weights_change(family, activation):
    network = family(4, 3, (32, 32), **NARROW[family], activation=activation)
    image = network(torch.rand(1, 4, *network.code_size)).detach()
    before = image.clone()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    assert torch.equal(image, before)
