import pytest
import torch

from tests.degradation.picture import COLOUR, psnr, smoothed
from untrained.degradation.mosaic import PATTERNS, Mosaic

COLOURS = torch.rand(1, 3, 17, 20)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pixel_has_the_colour_that_the_pattern_says(pattern):
    mosaic = Mosaic(pattern)(COLOURS)[0, 0]
    for index, colour in enumerate(pattern):
        rows, columns = slice(index // 2, None, 2), slice(index % 2, None, 2)
        expected = COLOURS[0, "rgb".index(colour), rows, columns]
        assert torch.equal(mosaic[rows, columns], expected)


def test_it_is_drawn_in_its_colours():
    picture, name = Mosaic().view(Mosaic()(COLOURS))
    assert name == "Mosaic"
    assert picture[0, :, 0, 0].tolist() == [COLOURS[0, 0, 0, 0], 0, 0]
    assert picture[0, :, 1, 1].tolist() == [0, 0, COLOURS[0, 2, 1, 1]]


def test_what_is_no_mosaic_is_refused():
    with pytest.raises(ValueError, match="^pattern must be rggb, bggr, grbg or gbrg, got 'rgb'$"):
        Mosaic("rgb")
    with pytest.raises(ValueError, match="^target has 3 channels: degradation=mosaic needs the gr"):
        Mosaic().given(COLOURS)
    with pytest.raises(ValueError, match="^image must have 3 colour channels for degradation="):
        Mosaic().cropped(COLOURS[:, :1])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_image_that_lacks_detail_gets_some_in_the_colours_that_are_not_known_too(pattern):
    operator, smooth = Mosaic(pattern), smoothed(COLOUR)
    target = operator(COLOUR)
    in_place = torch.where(operator.colours(target), target, smooth)
    assert psnr(operator.merged(smooth, target), COLOUR) > psnr(in_place, COLOUR) + 3
