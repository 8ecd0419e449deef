"""The last activation is a word of each network."""

import pytest
import torch

from untrained.generator.dd import DeepDecoder
from untrained.generator.dip import SkipHourglass
from untrained.kernel.kernel import Kernel


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("family", [DeepDecoder, SkipHourglass])
def test_without_an_activation_the_image_is_what_the_sigmoid_takes(family, prepared):
    networks = [family(4, 3, (32, 32), width=8, activation=each) for each in ("sigmoid", "none")]
    networks[1].load_state_dict(networks[0].state_dict())
    if prepared:
        for network in networks:
            Kernel().prepare(network)
    code = torch.rand(1, 4, *networks[0].code_size)
    image, logits = (network(code) for network in networks)
    assert torch.equal(image, logits.sigmoid())
    assert logits.is_contiguous()


@pytest.mark.parametrize("family", [DeepDecoder, SkipHourglass])
def test_an_image_has_the_precision_of_the_code_under_autocast(family):
    network = family(4, 3, (32, 32), width=8, activation="none")
    with torch.autocast("cpu", torch.bfloat16):
        assert network(torch.rand(1, 4, *network.code_size)).dtype == torch.float32
