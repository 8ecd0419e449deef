from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from untrained.noise.jpeg import SUBSAMPLINGS, Jpeg

COLOURS = torch.rand(1, 3, 40, 33)


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_it_is_what_pillow_reads_of_the_file_that_it_wrote(subsampling):
    bytes_ = (255 * COLOURS[0]).round().byte().permute(1, 2, 0).numpy()
    file = BytesIO()
    Image.fromarray(bytes_).save(file, "JPEG", quality=10, subsampling=subsampling)
    expected = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)[None] / 255
    assert torch.equal(Jpeg(10, subsampling)(COLOURS), expected)


def test_a_lower_quality_is_further_away():
    errors = [(Jpeg(each)(COLOURS) - COLOURS).square().mean() for each in (95, 50, 10, 1)]
    assert errors == sorted(errors)


def test_a_grey_picture_has_no_colours_to_share():
    assert torch.equal(Jpeg(30, "4:4:4")(COLOURS[:, :1]), Jpeg(30)(COLOURS[:, :1]))


@pytest.mark.parametrize("quality", [0, 101, 10.5, True, "high", None])
def test_a_bad_quality_is_refused(quality):
    with pytest.raises(ValueError, match="^quality must be a whole number from 1 to 100, got "):
        Jpeg(quality)


def test_a_bad_subsampling_and_bad_channels_are_refused():
    with pytest.raises(ValueError, match="^subsampling must be 4:4:4, 4:2:2 or 4:2:0, got '4:1:1'"):
        Jpeg(10, "4:1:1")
    with pytest.raises(ValueError, match="^noise=jpeg needs 1 or 3 channels, got 2"):
        Jpeg(10)(COLOURS[:, :2])
