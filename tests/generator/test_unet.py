import pytest
import torch
from torch import nn

from tests.generator.plain import check_equal, copied, unit
from untrained.generator.unet import Dropout, UNet
from untrained.kernel.kernel import Kernel
from untrained.seed import seeded


def two(in_channels, width, padding):
    return nn.Sequential(*unit(in_channels, width, 3, padding), *unit(width, width, 3, padding))


class PlainScale(nn.Module):
    def __init__(self, in_channels, widths, mode, padding):
        super().__init__()
        width, *inner = widths
        self.down = two(in_channels, width, padding)
        deeper = PlainScale(width, inner, mode, padding) if inner else two(width, width, padding)
        self.deeper = nn.Sequential(nn.MaxPool2d(2), deeper, nn.Upsample(scale_factor=2, mode=mode))
        self.up = two(width + (inner[0] if inner else width), width, padding)

    def forward(self, x):
        beside = self.down(x)
        return self.up(torch.cat([beside, self.deeper(beside)], 1))


@pytest.mark.parametrize("probability", [0.001, 0.2, 0.5, 0.999])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_dropout_keeps_the_mean_and_drops_a_share_of_each_map(probability, layout):
    maps = torch.ones(2, 3, 250, 201).contiguous(memory_format=layout).requires_grad_()
    with seeded(0):
        dropped = Dropout(probability)(maps)
        dropped.sum().backward()
    share = (dropped == 0).float().mean((0, 2, 3))
    assert torch.allclose(share, torch.tensor(probability), atol=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.1)
    assert torch.equal(maps.grad, dropped)
    with seeded(0):
        assert torch.equal(Dropout(probability)(maps), dropped)
    assert not torch.equal(Dropout(probability)(maps), dropped)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(
    ("widths", "mode", "padding"),
    [([8, 8, 8], "bilinear", "reflect"), ([4, 8, 16], "nearest", "zeros")],
)
def test_it_is_the_plain_network(widths, mode, padding, fused):
    scales = PlainScale(8, widths, mode, padding)
    plain = nn.Sequential(scales, nn.Conv2d(widths[0], 3, 1), nn.Sigmoid())
    ours = UNet(8, 3, (64, 96), width=widths, depth=3, upsample=mode, padding=padding)
    Kernel(channels_last=fused, fused=fused).prepare(ours)
    copied(plain, ours)
    check_equal(plain, ours, torch.rand(1, 8, 64, 96) / 10)


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (16, 300), (31, 47), (2, 9)])
def test_any_size_comes_out_whole(size):
    depth = min(4, min(size).bit_length())
    network = UNet(4, 1, size, width=4, depth=depth)
    Kernel().prepare(network)
    assert network(torch.rand(1, 4, *size)).shape == (1, 1, *size)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("width", 0),
        ("width", [8, 8]),
        ("depth", 8),
        ("upsample", "cubic"),
        ("padding", "mirror"),
        ("activation", "tanh"),
        ("freeze", 1),
    ],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        UNet(4, 3, (64, 64), **{word: value})
