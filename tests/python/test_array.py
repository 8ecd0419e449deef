import numpy as np
import pytest
import torch

from untrained.python.array import from_array, like

SHAPES = [((20, 24), None), ((20, 24, 3), -1), ((3, 20, 24), 0), ((20, 3, 24), 1)]


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "float16", "bool"])
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_an_array_comes_back_as_it_was(shape, axis, dtype, kind):
    array = np.random.default_rng(0).random(shape)
    if dtype.startswith("uint"):
        array = array * np.iinfo(dtype).max
    given = kind((array.round() if dtype == "bool" else array).astype(dtype))
    image, layout = from_array("target", given, axis)
    assert image.shape == (1, 1 if len(shape) == 2 else 3, 20, 24)
    assert image.dtype == torch.float32
    assert image.max() <= 1
    found = like(image, layout)
    assert type(found) is type(given)
    assert found.dtype == given.dtype
    # float64 is fitted in single precision.
    assert np.allclose(np.asarray(found, float), np.asarray(given, float), atol=1e-6)


def test_an_image_of_four_axes_is_one_already():
    image, layout = from_array("target", torch.rand(1, 3, 20, 24), None)
    assert torch.equal(like(image, layout), image)


def test_a_boolean_below_0_is_false():
    _, layout = from_array("target", np.ones((16, 16), bool), None)
    assert not like(torch.full((1, 1, 16, 16), -0.9), layout).any()


def test_noise_may_take_floats_beyond_0_and_1():
    assert from_array("target", np.full((16, 16), 1.5), None)[0].max() == 1.5


def test_the_order_of_the_bytes_changes_nothing():
    array = np.random.default_rng(0).random((20, 24))
    found, layout = from_array("target", array.astype(">f4"), None)
    assert torch.equal(found, from_array("target", array.astype("<f4"), None)[0])
    assert like(found, layout).dtype == np.float32


def test_an_array_that_masks_nothing_is_one():
    assert from_array("target", np.ma.array(np.eye(20)), None)[0].shape == (1, 1, 20, 20)


@pytest.mark.parametrize(
    ("array", "axis", "line"),
    [
        (np.zeros((20, 24, 3)), None, "target has the shape .*: channel_axis=-1 says"),
        (np.zeros((3, 20, 24)), None, "target has the shape .*: channel_axis=0 says"),
        (np.zeros((2, 3, 20, 24)), None, "target has the shape .*: an image is `h w`"),
        (np.zeros((20, 24)), -1, "target has the shape .*, which has no channel_axis=-1"),
        (np.zeros((20, 24, 3)), 5, "no channel_axis=5"),
        (np.zeros((20, 24), int), None, "numbers of the type int64"),
        (np.full((20, 24), 200.0), None, r"floats from 200 to 200; scale them to \[0, 1\]"),
        (np.full((20, 24), np.nan), None, "not finite"),
        ("photo.jpg", None, "target must be an array of numbers, got str; untrained.image.read"),
        (np.full((20, 24), None), None, "target must be an array of numbers, got array of object"),
        (None, None, "target must be an array of numbers, got NoneType"),
        (np.zeros((0, 24)), None, "target is 0 x 24 pixels; at least 16 x 16 are needed"),
        (np.zeros((20, 24, 3)), "last", "channel_axis must be None or a whole number, got 'last'"),
        (np.zeros((20, 24, 3)), True, "channel_axis must be None or a whole number, got True"),
        (np.ma.masked_less(np.eye(20), 0.5), None, "target is a masked array"),
        (np.full((20, 24), 4074, np.uint16), None, "values up to 4074 of 65535: divide it by"),
        (np.zeros((8, 24)), None, "target is 8 x 24 pixels; at least 16 x 16 are needed"),
        (np.zeros((2, 20, 24), complex), None, "target has complex numbers: the command line"),
    ],
)
def test_what_is_no_image_is_refused(array, axis, line):
    with pytest.raises(ValueError, match=line):
        from_array("target", array, axis)


def test_colours_made_of_a_grey_array_have_an_axis_of_their_own():
    _, layout = from_array("target", np.zeros((20, 24), np.float32), None)
    assert like(torch.rand(1, 3, 20, 24), layout).shape == (20, 24, 3)


def test_an_image_around_0_is_refused():
    with pytest.raises(ValueError, match=r"^target has parts whose mean is -0\.\d+: scale it"):
        from_array("target", np.linspace(-0.5, 0.5, 32 * 32).reshape(32, 32), None)
    noise = np.random.default_rng(0).normal(size=(32, 32))
    from_array("target", noise, None)  # Of a black image, of sigma 255.


def test_a_tensor_without_numbers_is_refused_and_a_sparse_one_is_read():
    with pytest.raises(ValueError, match="^target is on the device meta"):
        from_array("target", torch.zeros(16, 16, device="meta"), None)
    assert torch.equal(
        from_array("target", torch.eye(16).to_sparse(), None)[0][0, 0], torch.eye(16)
    )
