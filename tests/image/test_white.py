"""Which value of a file is white: what the file says, what the user says, or the type's."""

from pathlib import Path

import numpy as np
import png
import pytest
import tifffile
import torch

from tests.image.files import COLOUR, DEEP, tensor, write_deep_png
from untrained.image import origin, read

TWELVE = np.minimum(DEEP >> 4, 4074).astype(np.uint16)
MEANT = tensor(TWELVE / 4095)
WHITE = "type white=4095 if this is white, or white=65535 if the picture is so dark"


def with_bits(name, array, bits):
    write_deep_png(name, array)
    head, *rest = png.Reader(filename=name).chunks()
    with Path(name).open("wb") as file:
        png.write_chunks(file, [head, (b"sBIT", bytes([bits] * array.shape[2])), *rest])


def with_most(name, array, value):
    most = [(281, "H", 3, (value,) * 3, True)]
    tifffile.imwrite(name, array, photometric="rgb", extratags=most)


SILENT = {
    "a.png": lambda name: write_deep_png(name, TWELVE),
    "grey.png": lambda name: write_deep_png(name, TWELVE[..., :1]),
    "a.tif": lambda name: tifffile.imwrite(name, TWELVE, photometric="rgb"),
    "a.npy": lambda name: np.save(name, TWELVE),
}


@pytest.mark.parametrize("name", SILENT)
def test_twelve_bits_in_sixteen_are_refused_unless_somebody_says_what_is_white(name):
    SILENT[name](name)
    with pytest.raises(ValueError, match=f"^path '{name}' has values up to .* of 65535: {WHITE}$"):
        read(name)
    meant = MEANT[:, :1] if name == "grey.png" else MEANT
    torch.testing.assert_close(read(name, white=4095), meant)
    torch.testing.assert_close(read(name, white=65535), meant * 4095 / 65535)


def described(name, array):
    tifffile.imwrite(name, array, photometric="rgb", description='<OME SignificantBits="12">')


def filled(name, array):
    with_bits(name, (array << 4) | (array >> 8), 12)


SAYING = {
    "bits.png": lambda name: with_bits(name, TWELVE, 12),
    "filled.png": lambda name: filled(name, TWELVE),
    "most.tif": lambda name: with_most(name, TWELVE, 4095),
    "greatest.tif": lambda name: with_most(name, TWELVE, 4074),
    "ome.tif": lambda name: described(name, TWELVE),
}


@pytest.mark.parametrize("name", SAYING)
def test_a_file_that_says_its_depth_is_read_as_meant(name):
    SAYING[name](name)
    torch.testing.assert_close(read(name), MEANT, rtol=0, atol=2e-5)


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_a_transparency_above_the_white_says_nothing_of_the_colours(planes):
    opaque = np.full_like(TWELVE[..., :1], 65535)
    array = np.concatenate([TWELVE, opaque], axis=2)
    most = [(281, "H", 4, (4095,) * 4, True)]
    words = {"photometric": "rgb", "extrasamples": (2,), "planarconfig": planes}
    if planes == "separate":
        array = array.transpose(2, 0, 1)
    tifffile.imwrite("alpha.tif", array, extratags=most, **words)
    torch.testing.assert_close(read("alpha.tif"), MEANT)
    assert origin("alpha.tif").white == 4095


def test_a_ppm_has_its_own_white():
    Path("deep.ppm").write_bytes(b"P6\n24 20\n4095\n" + TWELVE.astype(">u2").tobytes())
    torch.testing.assert_close(read("deep.ppm"), MEANT)


def test_a_depth_that_the_values_exceed_is_not_believed():
    with_most("false.tif", DEEP, 255)
    assert torch.equal(read("false.tif"), tensor(DEEP))


@pytest.mark.parametrize("most", [16384, 40000])
def test_a_dark_photo_in_sixteen_bits_is_read(most):
    array = (DEEP / 65535 * most).astype(np.uint16)
    array[0, 0] = most
    write_deep_png("dark.png", array)
    torch.testing.assert_close(read("dark.png"), tensor(array))


def test_black_has_no_other_white():
    write_deep_png("black.png", np.zeros_like(DEEP))
    assert read("black.png").max() == 0


def test_labels_in_eight_bits_are_no_photo():
    np.save("labels.npy", COLOUR > 127)
    assert read("labels.npy").max() == 1
    np.save("labels.npy", (COLOUR > 127).astype(np.uint8))
    with pytest.raises(ValueError, match="has values up to 1 of 255: type white=1 if"):
        read("labels.npy")


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (COLOUR.astype(np.float32), r"must lie in \[0, 1\]: type white=255 if this is white$"),
        (COLOUR.astype(np.int64), "is of int64, with values up to 255: type white=255 if this"),
        (DEEP.astype(np.int32) - 40000, "has values from -.*; they must not be negative"),
    ],
)
def test_numbers_of_no_usual_white(array, line):
    np.save("a.npy", array)
    with pytest.raises(ValueError, match=line):
        read("a.npy")
    if array.min() >= 0:
        assert torch.equal(read("a.npy", white=255), tensor(COLOUR))


def test_a_tiff_of_32_bits_is_read_where_the_user_says_what_is_white():
    tifffile.imwrite("deep.tif", DEEP.astype(np.uint32), photometric="rgb")
    assert torch.equal(read("deep.tif", white=65535), tensor(DEEP))


def test_a_white_under_the_values_is_refused():
    write_deep_png("deep.png", DEEP)
    with pytest.raises(ValueError, match="has values up to .*, over white=4095$"):
        read("deep.png", white=4095)


@pytest.mark.parametrize("white", [0, -1, "much", True, float("nan")])
def test_a_bad_white_is_refused(white):
    with pytest.raises(ValueError, match="^white must be a number over 0, got"):
        read("nowhere.png", white=white)


@pytest.mark.parametrize("shape", ["20 24 3", "3 20 24", "1 3 20 24", "1 20 24 3"])
def test_an_array_is_read_in_each_order_of_its_axes(shape):
    sides = tuple(map(int, shape.split()))
    is_first = 3 in sides[:2]
    np.save("a.npy", (np.moveaxis(DEEP, 2, 0) if is_first else DEEP).reshape(sides))
    assert torch.equal(read("a.npy"), tensor(DEEP))
    axes = "1" * (len(sides) - 3) + ("cyx" if is_first else "yxc")
    assert origin("a.npy").axes == axes


@pytest.mark.parametrize("shape", ["20 24 5", "5 20 24", "1 5 20 24", "20 24 2", "4 20 24"])
def test_a_short_axis_is_that_of_the_channels(shape):
    sides = tuple(map(int, shape.split()))
    array = np.random.default_rng(0).random(sides, np.float32)
    np.save("a.npy", array)
    axis = next(number for number, side in enumerate(sides) if 1 < side < 16)
    expected = np.moveaxis(array.squeeze(), axis - len(sides), 0)[None]
    assert torch.equal(read("a.npy"), torch.from_numpy(expected))
    assert origin("a.npy").axes[axis] == "c"
    assert torch.equal(read("a.npy", channel_axis=axis), read("a.npy"))


@pytest.mark.parametrize(
    "array", [np.zeros((5, 40, 9)), np.zeros((2, 3, 40, 40)), np.zeros(400), np.array(["a"])]
)
def test_an_array_that_is_no_picture_is_refused(array):
    np.save("a.npy", array)
    with pytest.raises(ValueError, match="^path 'a.npy' is an array of "):
        read("a.npy")
