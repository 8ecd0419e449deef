import pytest
import torch

from untrained.degradation.grayscale import Grayscale

COLOURS = torch.rand(1, 3, 17, 20)


def test_it_is_the_luma():
    red, green, blue = COLOURS[0]
    expected = 0.299 * red + 0.587 * green + 0.114 * blue
    assert torch.allclose(Grayscale()(COLOURS)[0, 0], expected)


def test_a_grey_file_is_taken_with_one_channel_or_three():
    grey = COLOURS[:, :1]
    assert Grayscale().given(grey) is grey
    assert torch.allclose(Grayscale().given(grey.expand(-1, 3, -1, -1)), grey)


def test_the_result_has_the_luma_of_the_target():
    target = torch.rand(1, 1, 17, 20)
    assert torch.allclose(Grayscale()(Grayscale().merged(COLOURS, target)), target, atol=1e-6)


def test_a_grey_image_is_refused():
    with pytest.raises(ValueError, match="^image must have 3 colour channels for degradation="):
        Grayscale().cropped(COLOURS[:, :1])
