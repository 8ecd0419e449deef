import pytest
import torch

from tests.generator.plain import check_equal, copied, plain_decoder
from untrained.generator.dd import DeepDecoder
from untrained.kernel.kernel import Kernel

OPTIONS = [("bilinear", False), ("bilinear", True), ("nearest", False)]


def test_the_paper_s_network_has_its_parameters():
    network = DeepDecoder(128, 3, (512, 512))
    assert sum(p.numel() for p in network.parameters()) == 100_224
    assert network.code_size == (16, 16)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("mode", "upsample_first"), OPTIONS)
def test_it_is_the_plain_network(mode, upsample_first, fused):
    plain = plain_decoder(16, 3, 16, 5, mode, upsample_first)
    ours = DeepDecoder(16, 3, (64, 96), width=16, upsample=mode, upsample_first=upsample_first)
    Kernel(channels_last=fused, fused=fused).prepare(ours)
    copied(plain, ours)
    check_equal(plain, ours, torch.rand(1, 16, 2, 3) / 10)


@pytest.mark.parametrize("upsample_first", [False, True])
@pytest.mark.parametrize("size", [(16, 16), (17, 33), (16, 300), (31, 47), (127, 65)])
def test_any_size_comes_out_whole_and_learns(size, upsample_first):
    network = DeepDecoder(8, 1, size, width=8, upsample_first=upsample_first)
    Kernel().prepare(network)
    image = network(torch.rand(1, 8, *network.code_size) / 10)
    assert image.shape == (1, 1, *size)
    assert image.std() > 0
    image.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_train_and_eval_agree():
    network = DeepDecoder(8, 3, (32, 32), width=8)
    Kernel().prepare(network)
    code = torch.rand(1, 8, *network.code_size)
    assert torch.equal(network.train()(code), network.eval()(code))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("width", 0),
        ("width", 1.5),
        ("depth", 0),
        ("depth", 8),
        ("upsample", "cubic"),
        ("upsample_first", "no"),
        ("activation", None),
    ],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        DeepDecoder(8, 3, (64, 64), **{word: value})
