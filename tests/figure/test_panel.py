"""Panels: pictures side by side, with a detail."""

import numpy as np
import pytest
import torch

from tests.figure.drawing import displayed, overlapping, picture, shows, size, words
from untrained.figure import (
    Tile,
    kernel,
    panel,
    render,
)
from untrained.figure.panel import hole


@pytest.mark.parametrize(("channels", "side", "grown"), [(0, 256, 1), (1, 128, 3), (3, 64, 6)])
def test_a_panel_shows_whole_pixels(channels, side, grown):
    image = picture(side, side, channels)
    figure = panel([Tile("Clean", "", image)] * 2)
    whole, detail = (displayed(figure, axes) for axes in figure.axes[2:4])
    expected = np.broadcast_to(image.reshape(side, side, -1), (side, side, 3))
    # All but the thin frame around the detail.
    assert (whole == expected.repeat(grown, 0).repeat(grown, 1)).mean() > 0.97
    few = detail[:: 4 * grown, :: 4 * grown]
    assert (detail == few.repeat(4 * grown, 0).repeat(4 * grown, 1)).all()
    assert shows(expected, few)


def test_a_panel_shows_the_same_detail_of_every_picture_where_the_first_has_most():
    first, second = np.full((2, 64, 96, 3), 128, np.uint8)
    first[40:60, 10:30] = picture(20, 20)
    second[40:60, 10:30] = 0
    figure = panel([Tile("Clean", "", first), Tile("DIP", "", second)])
    details = [displayed(figure, axes) for axes in figure.axes[1::2]]
    assert len(np.unique(details[0])) > 100
    assert (details[1] == 0).mean() > 0.8


def test_a_panel_finds_the_detail_through_noise():
    clean = np.full((128, 128, 3), 128, np.uint8)
    clean[80:112, 16:48] = 255 * (np.indices((32, 32)).sum(0) // 4 % 2)[..., None]
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 25, clean.shape), 0, 255)
    figure = panel([Tile("Noisy", "", noisy.astype(np.uint8))])
    assert displayed(figure, figure.axes[1]).std() > 100


def test_a_panel_shows_every_picture_at_the_size_of_the_first():
    tiles = [Tile("Clean", "", picture(64, 96)), Tile("Low resolution", "", picture(16, 24))]
    boxes = [tuple(axes.bbox.size.round()) for axes in panel(tiles).axes]
    assert len(set(boxes)) == 1


def test_a_kernel_is_drawn_in_squares_in_the_middle_and_without_a_detail():
    weights = np.array([[0.0, 0.1, 0.0], [0.2, 0.4, 0.3]])
    tile = kernel(weights, (32, 40))
    assert (tile.title, tile.caption) == ("Kernel", "2 x 3")
    squares = np.array([[0, 64, 0], [128, 255, 191]], np.uint8).repeat(13, 0).repeat(13, 1)
    assert np.array_equal(tile.image[3:29, :39], squares)
    assert tile.image.shape == (32, 40)
    assert not tile.image[:3].any()
    assert len(panel([Tile("Clean", "", picture(32, 40)), tile]).axes) == 3


def test_a_kernel_that_is_as_large_as_its_picture_is_drawn_whole():
    weights = np.random.default_rng(0).random((31, 21))
    assert kernel(weights, (32, 24)).image[:31, 1:22].max() == 255


@pytest.mark.parametrize(
    ("shape", "count"),
    [((600, 2000, 3), 3), ((2000, 1301, 0), 5), ((1, 1, 3), 1), ((7, 300, 1), 2)],
)
def test_a_panel_is_no_wider_than_a_page(shape, count):
    width, height = size(panel([Tile("Noisy", "20.34 dB", picture(*shape))] * count))
    assert width <= 2250
    assert height <= 1600


def test_a_panel_shrinks_a_large_picture_smoothly():
    board = 255 * (np.indices((1000, 1500)).sum(0) % 2).astype(np.uint8)
    figure = panel([Tile("Clean", "", board)] * 3)
    assert size(figure)[0] <= 1800
    assert abs(float(displayed(figure, figure.axes[0])[:50].mean()) - 127.5) < 2


def test_a_panel_of_more_than_five_pictures_is_wrapped():
    five, six = (panel([Tile("DIP", "", picture())] * count) for count in (5, 6))
    tops = [{axes.bbox.y1 for axes in figure.axes[::2]} for figure in (five, six)]
    assert [len(rows) for rows in tops] == [1, 2]


@pytest.mark.parametrize("count", [1, 4, 6])
def test_the_words_of_a_panel_do_not_overlap(count):
    tile = Tile("optimizer.lr=0.001,model.width=64", "20.34 dB · SSIM 0.337", picture(256, 256))
    figure = panel([tile] * count)
    assert not overlapping(figure)
    assert words(figure).count("20.34 dB · SSIM 0.337") == count


def test_a_panel_takes_tensors():
    image = picture()
    pages = [render(panel([Tile("", "", each)])) for each in (image, torch.from_numpy(image))]
    assert (pages[0] == pages[1]).all()


def test_a_panel_of_nothing_is_refused():
    with pytest.raises(ValueError, match="^tiles must"):
        panel([])


def test_the_detail_shows_what_was_filled_in():
    lost = np.zeros((40, 60), bool)
    lost[25:30, 5:12] = True
    left, top = hole(lost)
    assert left * 60 <= 5 <= 12 <= left * 60 + 15
    assert top * 40 <= 25 <= 30 <= top * 40 + 10
