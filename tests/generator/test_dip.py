import pytest
import torch

from tests.generator.plain import check_equal, copied, plain_hourglass
from untrained.generator.dip import SkipHourglass
from untrained.kernel.kernel import Kernel

# The authors' settings, narrowed: denoising, JPEG, inpainting by noise and by grid, large kernels.
SETTINGS = {
    "denoising": ([8] * 5, [4] * 5, (3, 3, 1), "bilinear", "reflect", 8),
    "jpeg": ([2, 4, 4, 8, 8], [0, 0, 0, 4, 4], (3, 3, 1), "bilinear", "reflect", 3),
    "holes": ([8] * 5, [0] * 5, (3, 3, 1), "nearest", "reflect", 2),
    "wide skips": ([8] * 5, [8] * 5, (3, 3, 1), "nearest", "reflect", 8),
    "large kernels": ([4, 8, 8], [0] * 3, (5, 7, 1), "nearest", "reflect", 8),
    "zeros": ([8] * 3, [4] * 3, (3, 3, 3), "bilinear", "zeros", 8),
}


def test_the_paper_s_network_has_its_parameters():
    network = SkipHourglass(32, 3, (512, 512))
    assert sum(p.numel() for p in network.parameters()) == 2_217_831


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("setting", SETTINGS)
def test_it_is_the_plain_network(setting, fused):
    widths, skips, kernels, mode, padding, channels = SETTINGS[setting]
    mix = setting != "large kernels"
    plain = plain_hourglass(channels, 3, widths, skips, kernels, mode, padding, mix)
    ours = SkipHourglass(
        channels,
        3,
        (64, 96),
        width=widths,
        depth=len(widths),
        skip=skips,
        kernel_down=kernels[0],
        kernel_up=kernels[1],
        kernel_skip=kernels[2],
        mix=mix,
        upsample=mode,
        padding=padding,
    )
    Kernel(channels_last=fused, fused=fused).prepare(ours)
    copied(plain, ours)
    check_equal(plain, ours, torch.rand(1, channels, 64, 96) / 10)


@pytest.mark.parametrize("kernel", [3, 7])
@pytest.mark.parametrize("size", [(16, 16), (17, 33), (16, 300), (31, 47), (127, 65)])
def test_any_size_comes_out_whole_and_learns(size, kernel):
    network = SkipHourglass(4, 1, size, width=4, skip=2, kernel_down=kernel)
    Kernel().prepare(network)
    image = network(torch.rand(1, 4, *network.code_size) / 10)
    assert image.shape == (1, 1, *size)
    image.square().mean().backward()
    gradients = [p.grad for name, p in network.named_parameters() if not useless(name)]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


def useless(name):
    """Whether a parameter is the bias before a normalisation, which has no gradient."""
    return name.endswith("convolution.bias")


def test_train_and_eval_agree():
    network = SkipHourglass(4, 3, (32, 32), width=4)
    Kernel().prepare(network)
    code = torch.rand(1, 4, 32, 32)
    assert torch.equal(network.train()(code), network.eval()(code))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("width", 0),
        ("width", [8, 8]),
        ("width", "wide"),
        ("skip", -1),
        ("depth", 8),
        ("kernel_down", 4),
        ("kernel_up", 0),
        ("upsample", "cubic"),
        ("padding", "mirror"),
        ("mix", "no"),
        ("activation", "tanh"),
    ],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        SkipHourglass(4, 3, (64, 64), **{word: value})
