import pytest
import torch
from torch import nn

from tests.generator.plain import check_equal, copied
from untrained.generator.convdecoder import ConvDecoder, sizes_between
from untrained.kernel.kernel import Kernel


def plain_network(in_channels, out_channels, width, sizes, mode):
    """The authors' network, of stock layers, with a sigmoid."""
    layers = []
    for i, size in enumerate([*sizes[1:], None]):
        if size:
            layers.append(nn.Upsample(size=size, mode=mode))
        convolution = nn.Conv2d(width if i else in_channels, width, 3, padding=1)
        layers += [convolution, nn.ReLU(), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, nn.Conv2d(width, out_channels, 1), nn.Sigmoid())


def test_the_paper_s_network_has_its_parameters():
    network = ConvDecoder(128, 2, (640, 368), depth=6, start=10, activation="none")
    assert sum(p.numel() for p in network.parameters()) == 1_035_138
    assert network.code_size == (10, 6)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_it_is_the_plain_network(mode, fused):
    sizes = sizes_between(5, (64, 96), depth=4)
    plain = plain_network(8, 3, 8, sizes, mode)
    ours = ConvDecoder(8, 3, (64, 96), width=8, depth=4, start=5, upsample=mode)
    Kernel(channels_last=fused, fused=fused).prepare(ours)
    copied(plain, ours)
    check_equal(plain, ours, torch.rand(1, 8, *ours.code_size) / 10)


@pytest.mark.parametrize("size", [(640, 368), (16, 300), (17, 20), (8, 8), (16, 16)])
@pytest.mark.parametrize("depth", [1, 3, 9])
def test_the_sizes_grow_to_the_image_s(size, depth):
    sizes = sizes_between(8, size, depth)
    assert len(sizes) == depth + 1
    assert max(sizes[0]) == 8
    assert min(sizes[0]) >= 2
    assert sizes[-1] == size
    for axis in (0, 1):
        sides = [each[axis] for each in sizes]
        assert sides == sorted(sides)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("width", 0),
        ("depth", 0),
        ("start", 1),
        ("upsample", "cubic"),
        ("activation", None),
        ("freeze", "no"),
    ],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        ConvDecoder(8, 3, (64, 64), **{word: value})
