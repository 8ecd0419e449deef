"""A part of the image is degraded as the whole is."""

import pickle

import pytest
import torch
from hydra.utils import instantiate

from untrained.command.worker import pickled
from untrained.degradation.compressed_sensing import CompressedSensing
from untrained.degradation.function import Function
from untrained.degradation.identity import Identity
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.operator import Degradation
from untrained.tile import Window

from ..conftest import ROOT

OPTIONS = sorted(path.stem for path in (ROOT / "conf" / "degradation").glob("*.yaml"))
WINDOW = Window(8, 16, 16, 24)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_of_a_part_is_the_part_of_a_of_the_whole(option, configure):
    degradation = instantiate(configure(f"degradation={option}").degradation)
    image = degradation.cropped(torch.rand(1, 3, 160, 240))
    target = degradation(image)
    if type(degradation).windowed is Degradation.windowed:
        line = (
            rf"^tile\.size cannot be used: degradation={option} needs the whole image, because \w"
        )
        with pytest.raises(ValueError, match=line):
            degradation.windowed(target, WINDOW)
        return
    factor = image.shape[-1] // degradation.grid(target)[1]
    window = WINDOW if factor <= 4 else Window(1, 2, 3, 4)  # It is in blocks.
    inner, part = degradation.windowed(target, window)
    height, width = inner.shape(part)[2:]
    made = inner(window.enlarged(factor)._replace(height=height, width=width).of(image))
    # At the border of the part a kernel does not see what is beyond it.
    inside = (..., slice(3, -3), slice(3, -3)) if option == "downsampling" else ...
    assert torch.allclose(made[inside], part[inside], atol=1e-5)


@pytest.mark.parametrize("degradation", [Identity(), Inpainting(keep=0.5)])
def test_a_worker_gets_a_tile_and_not_the_photo(degradation):
    target = degradation(torch.rand(1, 3, 160, 240))
    tile = degradation.windowed(target, WINDOW)
    sent = pickled(tile)
    assert len(sent) < tile[1].nbytes + 4096
    inner, part = pickle.loads(sent)
    assert torch.equal(part, tile[1])
    assert torch.equal(inner(part), tile[0](part))


def test_a_worker_gets_whatever_tensors_an_a_of_the_user_s_own_has():
    mine = torch.nn.Module()
    mine.register_buffer("matrix", torch.eye(3).to_sparse())
    mine.kernel = torch.nn.Parameter(torch.rand(5, 5)[1:4, 1:4])
    sent = pickle.loads(pickled(mine))
    assert torch.equal(sent.matrix.to_dense(), torch.eye(3))
    assert [name for name, _ in sent.named_parameters()] == ["kernel"]
    assert sent.kernel.requires_grad
    assert torch.equal(sent.kernel, mine.kernel)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_the_blocks_of_a_jpeg_are_cut_where_its_grid_is(subsampling, channels):
    degradation = JpegFile(subsampling=subsampling)
    image = torch.rand(1, channels, 96, 128)
    target = degradation.observe(image)
    side = 128 // degradation.grid(target)[1]
    assert side == (16 if subsampling == "4:2:0" and channels == 3 else 8)
    window = Window(2, 1, 3, 4)
    inner, part = degradation.windowed(target, window)
    place = window.enlarged(side)
    assert part.shape[2:] == (place.height, place.width)
    whole, seen = degradation.view(target)[0], inner.view(part)[0]
    # A decoder's chromas of half the size reach one pixel beyond a border.
    inside = seen[..., 1:-1, 1:-1]
    torch.testing.assert_close(inside, place.of(whole)[..., 1:-1, 1:-1])


def test_coefficients_of_the_whole_image_have_no_parts():
    degradation = CompressedSensing(kind="fourier")
    with pytest.raises(ValueError, match="degradation.kind=fourier, because each coefficient"):
        degradation.windowed(torch.rand(1, 1, 32, 32), WINDOW)


def test_a_function_of_somebody_sees_the_whole_image():
    with pytest.raises(ValueError, match=r"tile\.size cannot be used: .* class with a method"):
        Function(torch.fft.fft2).windowed(torch.rand(1, 1, 32, 32), WINDOW)
