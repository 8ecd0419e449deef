"""The size that a picture is given."""

import imageio.v3 as iio
import numpy as np
import pytest
import torch
from PIL import Image

from tests.image.files import PICTURE
from untrained.image import read


def test_size_is_the_longer_side_or_just_that():
    Image.new("L", (100, 50)).save("wide.png")
    assert read("wide.png").shape == (1, 1, 50, 100)
    assert read("wide.png", 64).shape == (1, 1, 32, 64)
    assert read("wide.png", [40, 30]).shape == (1, 1, 40, 30)


def test_a_size_crops_the_centre_and_distorts_nothing():
    square = np.zeros((60, 120), np.uint8)
    square[20:40, 50:70] = 255
    iio.imwrite("square.png", square)
    bright = read("square.png", [30, 30])[0, 0] > 0.5
    assert torch.equal(bright.nonzero().min(0).values, torch.tensor([10, 10]))
    assert torch.equal(bright.nonzero().max(0).values, torch.tensor([19, 19]))


def test_resizing_stays_in_range_and_keeps_the_mean():
    PICTURE.resize((200, 160)).save("large.png")
    whole, small = read("large.png"), read("large.png", 50)
    assert 0 <= small.min() <= small.max() <= 1
    assert small.mean().item() == pytest.approx(whole.mean().item(), abs=0.01)


@pytest.mark.parametrize(
    "size",
    [0, -5, 8, True, 1.5, "big", b"az", [64], [64, 64, 3], [64, 8], [True, 64], ["64", 64], []],
)
def test_a_bad_size_is_refused(size):
    PICTURE.save("colour.png")
    with pytest.raises(ValueError, match="^size must be null"):
        read("colour.png", size)


def test_a_picture_that_becomes_too_small_is_refused():
    Image.new("L", (200, 40)).save("wide.png")
    with pytest.raises(ValueError, match="is 13 x 64 pixels"):
        read("wide.png", 64)


def test_a_picture_that_is_too_small_is_not_saved_by_its_size():
    Image.new("L", (40, 12)).save("small.png")
    with pytest.raises(ValueError, match="is 12 x 40 pixels"):
        read("small.png", 64)


def test_an_extreme_aspect_keeps_at_least_a_line():
    PICTURE.save("colour.png")
    assert read("colour.png", [16, 1600]).shape == (1, 3, 16, 1600)
