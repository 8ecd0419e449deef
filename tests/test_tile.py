import itertools

import pytest
import torch

from untrained.tile import Tiles, Window


@pytest.mark.parametrize(("height", "width"), [(100, 64), (31, 200), (257, 129), (16, 16)])
@pytest.mark.parametrize(("size", "overlap"), [(32, 8), (48, 0), (64, 31), (300, 16)])
def test_tiles_of_a_picture_blend_to_the_picture(height, width, size, overlap):
    picture = torch.rand(1, 3, height, width)
    tiles = Tiles(height, width, size, overlap)
    pieces = [window.of(picture) for window in tiles.windows]
    assert torch.allclose(tiles.blended(pieces), picture, atol=1e-6)
    assert len({piece.shape for piece in pieces}) == 1


def test_neighbours_share_the_overlap_at_least():
    windows = Tiles(1000, 16, 256, 32).windows
    tops = [window.top for window in windows]
    assert tops[0] == 0
    assert tops[-1] + 256 == 1000
    assert all(after - before <= 256 - 32 for before, after in itertools.pairwise(tops))


def test_a_seam_is_a_ramp_and_the_border_of_a_tile_counts_for_nothing():
    tiles = Tiles(16, 56, 32, 8)
    dark, light = torch.zeros(1, 1, 16, 32), torch.ones(1, 1, 16, 32)
    row = tiles.blended([dark, light])[0, 0, 0]
    assert (row[:25] == 0).all()
    assert (row[31:] == 1).all()
    steps = row.diff()
    assert (steps >= 0).all()
    assert steps.max() < 0.25


def test_larger_images_than_the_windows_are_blended_at_their_size():
    picture = torch.rand(1, 1, 80, 160)
    tiles = Tiles(20, 40, 16, 4)
    pieces = [window.enlarged(4).of(picture) for window in tiles.windows]
    assert torch.allclose(tiles.blended(pieces, 4), picture, atol=1e-6)


def test_a_window_of_an_image_is_its_rows_and_columns():
    image = torch.arange(12.0).reshape(1, 1, 3, 4)
    assert Window(1, 2, 2, 2).of(image).tolist() == [[[[6, 7], [10, 11]]]]


@pytest.mark.parametrize(
    ("size", "overlap", "line"),
    [
        (8, 0, "tile.size must be a whole number from 16 up, got 8"),
        (32, 16, "tile.overlap=16 must be below half of tile.size=32"),
        (32, -1, "tile.overlap must be a whole number from 0 up, got -1"),
    ],
)
def test_words_that_make_no_tiles_are_refused(size, overlap, line):
    with pytest.raises(ValueError, match=line):
        Tiles(100, 100, size, overlap)
