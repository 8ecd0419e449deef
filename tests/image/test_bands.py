"""Pictures of more channels than colours: which axis is theirs, and what is written of them."""

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from tests.image.files import COLOUR, DEEP
from untrained.image import drawn_channels, encoded, origin, pixels, read, viewed, write

RNG = np.random.default_rng(1)
FIVE = RNG.integers(16384, 65536, (20, 24, 5)).astype(np.uint16)
SHALLOW = (FIVE >> 8).astype(np.uint8)
FLOATS = (FIVE / 65535).astype(np.float32)
MANY = RNG.integers(16384, 65536, (20, 24, 18)).astype(np.uint16)


def tensor(array):
    scale = 1 if array.dtype.kind == "f" else np.iinfo(array.dtype).max
    return torch.from_numpy(array.astype(np.float32) / np.float32(scale)).permute(2, 0, 1)[None]


def pages(name, array, **words):
    tifffile.imwrite(name, np.moveaxis(array, 2, 0), photometric="minisblack", **words)


def samples(name, array, **words):
    tifffile.imwrite(name, array, photometric="minisblack", planarconfig="contig", **words)


def planes(name, array):
    array = np.moveaxis(array, 2, 0)
    tifffile.imwrite(name, array, photometric="minisblack", planarconfig="separate")


# What writes a TIFF, the array, and the axis of the channels where it has to be said.
TIFFS = {
    "pages": (lambda name: pages(name, FIVE, metadata=None), FIVE, None),
    "many pages": (lambda name: pages(name, MANY, metadata=None), MANY, None),
    "pages of 8 bits": (lambda name: pages(name, SHALLOW, metadata=None), SHALLOW, None),
    "pages of floats": (lambda name: pages(name, FLOATS, metadata=None), FLOATS, None),
    "pages of an array": (lambda name: pages(name, FIVE), FIVE, None),
    "many pages of an array": (lambda name: pages(name, MANY), MANY, 0),
    "rows of an array": (lambda name: tifffile.imwrite(name, MANY), MANY, -1),
    "ImageJ": (
        lambda name: tifffile.imwrite(
            name, np.moveaxis(MANY, 2, 0), imagej=True, metadata={"axes": "TYX"}
        ),
        MANY,
        None,
    ),
    "samples": (lambda name: samples(name, FIVE), FIVE, None),
    "samples of 8 bits": (lambda name: samples(name, SHALLOW, metadata=None), SHALLOW, None),
    "two samples": (
        lambda name: samples(name, FIVE[..., :2], extrasamples=[0]),
        FIVE[..., :2],
        None,
    ),
    "planes": (lambda name: planes(name, FLOATS), FLOATS, None),
    "near infrared": (
        lambda name: tifffile.imwrite(
            name, FIVE[..., :4], photometric="rgb", extrasamples=[0], metadata=None
        ),
        FIVE[..., :4],
        None,
    ),
    "near infrared of 8 bits": (
        lambda name: tifffile.imwrite(
            name, SHALLOW[..., :4], photometric="rgb", extrasamples=[0], metadata=None
        ),
        SHALLOW[..., :4],
        None,
    ),
}


@pytest.mark.parametrize("kind", TIFFS)
def test_the_channels_of_a_tiff_are_read_and_written_as_they_came(kind):
    save, array, axis = TIFFS[kind]
    save("a.tif")
    image, form = read("a.tif", channel_axis=axis), origin("a.tif", channel_axis=axis)
    torch.testing.assert_close(image, tensor(array), rtol=0, atol=1e-7)
    assert (form.ending, form.number) == (".tif", array.dtype.name)
    write("b.tif", image, form)
    assert torch.equal(read("b.tif", channel_axis=axis), image)
    assert origin("b.tif", channel_axis=axis) == form
    before, after = tifffile.imread("a.tif"), tifffile.imread("b.tif")
    assert before.dtype == after.dtype
    assert np.array_equal(before.squeeze(), after)
    tags = [tifffile.TiffFile(name).pages.first for name in ("a.tif", "b.tif")]
    for tag in ("photometric", "planarconfig", "samplesperpixel", "extrasamples"):
        assert getattr(tags[0], tag) == getattr(tags[1], tag)


def test_pages_are_said_to_be_channels(logged):
    pages("a.tif", FIVE, metadata=None)
    read("a.tif")
    assert logged.messages == ["the 5 pages of the picture are read as its channels"]


def test_an_extra_sample_that_is_transparency_is_no_channel(logged):
    words = {"photometric": "rgb", "extrasamples": [2], "metadata": None}
    tifffile.imwrite("a.tif", FIVE[..., :4], **words)
    torch.testing.assert_close(read("a.tif"), tensor(FIVE[..., :3]), rtol=0, atol=1e-7)
    assert logged.messages == ["the alpha channel of the picture is dropped"]
    assert origin("a.tif").axes == "yxc"


@pytest.mark.parametrize("dtype", [np.float32, np.uint16])
@pytest.mark.parametrize(("order", "axis"), [("cyx", 0), ("ycx", 1), ("yxc", 2), ("yxc", -1)])
def test_an_array_comes_back_in_the_order_of_its_axes(order, axis, dtype):
    array = np.transpose(MANY, ["yxc".index(letter) for letter in order]).astype(dtype)
    np.save("a.npy", array / dtype(65535) if dtype is np.float32 else array)
    image = read("a.npy", channel_axis=axis)
    torch.testing.assert_close(image, tensor(MANY), rtol=0, atol=1e-7)
    write("b.npy", image, origin("a.npy", channel_axis=axis))
    assert np.array_equal(np.load("a.npy"), np.load("b.npy"))


@pytest.mark.parametrize(
    ("name", "axis", "line"),
    [
        ("a.npy", 3, "is an array of 20 x 24 x 18, which has no channel_axis=3"),
        ("flat.npy", 0, "is an array of 20 x 24, which has no channel_axis=0"),
        ("a.png", -1, r"is a picture, and channel_axis=-1 is for an array \(.npy\) or for a TIFF"),
        ("a.tif", -1, "is one page, and channel_axis=-1 is for several"),
        ("a.npy", "last", None),
        ("a.npy", True, None),
        ("a.npy", 4, None),
    ],
)
def test_an_axis_that_is_none_is_refused(name, axis, line):
    np.save("a.npy", MANY)
    np.save("flat.npy", MANY[..., 0])
    Image.fromarray(COLOUR).save("a.png")
    tifffile.imwrite("a.tif", DEEP)
    whole = (
        f"^path '{name}' {line}" if line else "^channel_axis must be null or an axis of the array"
    )
    with pytest.raises(ValueError, match=whole):
        read(name, channel_axis=axis)


def test_three_channels_are_drawn_of_many_in_their_order():
    assert drawn_channels(2) == (1, 1, 0)
    assert drawn_channels(4) == (3, 2, 0)
    assert drawn_channels(5) == (4, 2, 0)
    image = tensor(SHALLOW)
    assert np.array_equal(pixels(image), SHALLOW[..., [4, 2, 0]])
    for number in ("uint8", "uint16"):
        form = origin_of_png(number)
        write("a.png", image, form)
        assert np.array_equal(viewed("a.png"), SHALLOW[..., [4, 2, 0]])
    assert encoded(image) == encoded(image[:, [4, 2, 0]])


def origin_of_png(number):
    array = COLOUR if number == "uint8" else DEEP
    tifffile.imwrite("form.tif", array, photometric="rgb")
    return origin("form.tif").shown
