"""Files that are no picture, or not one that can be read."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.image.files import DEEP, EXACT, PICTURE, RNG
from untrained.image import decode, read


def damaged(name):
    PICTURE.resize((100, 100)).save(name)
    halve(name)


def halve(name):
    whole = Path(name).read_bytes()
    Path(name).write_bytes(whole[: len(whole) // 2])


def damaged_deep(name):
    EXACT["deep.png" if name.endswith("png") else "deep.tif"][0](name)
    halve(name)


def deep_tiff_in_lzw(name):
    """Write what only a codec that is not installed could read: 16-bit colour in LZW."""
    tifffile.imwrite(name, DEEP, photometric="rgb")
    with tifffile.TiffFile(name, mode="r+b") as file:
        file.pages.first.tags["Compression"].overwrite(5)


BAD = {
    "nowhere.png": (lambda name: None, "does not exist"),
    "folder.png": (lambda name: Path(name).mkdir(), "is a folder"),
    "pipe.png": (lambda name: os.mkfifo(name), "is not a file"),
    "dangling.png": (lambda name: Path(name).symlink_to("nowhere"), "does not exist$"),
    "x" * 300: (lambda name: None, "cannot be read: File name too long"),
    "text.png": (lambda name: Path(name).write_text("text"), "is not a picture"),
    "empty.png": (lambda name: Path(name).touch(), "is not a picture"),
    "cut.png": (damaged, "is cut short or damaged"),
    "cut.jpg": (damaged, "is cut short or damaged"),
    "cut.tif": (damaged, "is cut short or damaged"),
    "cut.webp": (damaged, "is cut short or damaged"),
    "cut_deep.png": (damaged_deep, "is cut short or damaged"),
    "cut_deep.tif": (damaged_deep, "is cut short or damaged"),
    "lzw.tif": (deep_tiff_in_lzw, "is compressed in a way that is not read at this depth"),
    "whole.tif": (
        lambda name: tifffile.imwrite(name, DEEP[..., 0].astype(np.uint32)),
        "is of an uncommon kind .uint32, 32 bits, MINISBLACK",
    ),
    "signed.tif": (
        lambda name: tifffile.imwrite(name, DEEP[..., 0].astype(np.int16)),
        "is of an uncommon kind .int16",
    ),
    "white.tif": (
        lambda name: tifffile.imwrite(name, DEEP[..., 0], photometric="miniswhite"),
        "is of an uncommon kind .uint16, 16 bits, MINISWHITE",
    ),
    "cmyk.tif": (
        lambda name: tifffile.imwrite(
            name, np.dstack([DEEP, DEEP[..., 0]]), photometric="separated"
        ),
        "is of an uncommon kind .uint16, 16 bits, SEPARATED",
    ),
    "inks.tif": (
        lambda name: tifffile.imwrite(
            name, np.zeros((20, 20, 5), np.uint8), photometric="separated", planarconfig="contig"
        ),
        "is of an uncommon kind .uint8, 8 bits, SEPARATED",
    ),
    "infinite.tif": (
        lambda name: tifffile.imwrite(
            name, np.full((20, 20, 3), np.inf, np.float32), photometric="rgb"
        ),
        "has pixels that are not finite",
    ),
    "above.tif": (
        lambda name: tifffile.imwrite(name, np.full((20, 20), 1.0000001, np.float32)),
        "has floats from 1.00000012 to 1.00000012",
    ),
    "small.png": (lambda name: Image.new("L", (40, 12)).save(name), "is 12 x 40 pixels"),
    "nan.tif": (
        lambda name: tifffile.imwrite(name, np.full((20, 20), np.nan, np.float32)),
        "has pixels that are not finite",
    ),
    "range.tif": (
        lambda name: tifffile.imwrite(
            name, np.full((20, 20, 3), 255, np.float32), photometric="rgb"
        ),
        "has floats from 255 to 255",
    ),
    "pages.tif": (
        lambda name: tifffile.imwrite(name, np.zeros((17, 20, 24), np.uint8)),
        "is an array of 17 x 20 x 24: type channel_axis=2 for 24 channels of 17 x 20, "
        "channel_axis=0 for 17 channels of 20 x 24$",
    ),
    "inverted_pages.tif": (
        lambda name: tifffile.imwrite(
            name, np.zeros((5, 20, 20), np.uint8), photometric="miniswhite", metadata=None
        ),
        "has several pages",
    ),
    "bands.npy": (
        lambda name: np.save(name, np.zeros((20, 24, 17), np.uint8)),
        "is an array of 20 x 24 x 17: type channel_axis=2 for 17 channels of 20 x 24, "
        "channel_axis=0 for 20 channels of 24 x 17$",
    ),
    "short.npy": (lambda name: np.save(name, np.zeros((5, 20, 9))), "is an array of 5 x 20 x 9; "),
    "deep_pages.tif": (
        lambda name: tifffile.imwrite(name, np.zeros((5, 20, 20, 3), np.uint16)),
        "has several pages",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_is_refused_in_one_line(name):
    make, reason = BAD[name]
    make(name)
    with pytest.raises(ValueError, match=f"^path '{name}' {reason}") as caught:
        read(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 160 + len(name)


def test_a_name_of_two_lines_is_complained_of_in_one():
    with pytest.raises(ValueError, match="does not exist") as caught:
        read("no\nsuch.png")
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_refused(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")  # as root, a real file would be read

    PICTURE.save("secret.png")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"^path 'secret.png' cannot be read: Permission denied$"):
        read("secret.png")


def test_damage_of_every_kind_is_a_value_error_and_makes_no_noise(logged):
    tifffile.imwrite("deflated.tif", DEEP, photometric="rgb", compression="zlib")
    PICTURE.save("lzw.tif", compression="tiff_lzw")
    for name in ("deep.png", "colour.png", "colour.webp", "deep.tif"):
        EXACT[name][0](name)
    for path in list(Path().iterdir()):
        whole = path.read_bytes()
        for _ in range(40):
            data = np.frombuffer(whole, np.uint8).copy()
            data[RNG.integers(len(data), size=3)] ^= 255
            data[RNG.integers(min(len(data), 200))] = RNG.integers(256)
            Path("damaged").write_bytes(data.tobytes())
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    read("damaged")
                except ValueError as error:
                    assert str(error).startswith("path 'damaged' ")  # noqa: PT017
    assert {record.name for record in logged.records} <= {"untrained.image.decode"}


@pytest.mark.parametrize("name", ["bomb.png", "bomb.tif"])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(name, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    EXACT[{"bomb.png": "colour.png", "bomb.tif": "deep.tif"}[name]][0](name)
    monkeypatch.setattr(decode, "read_pillow", None)
    monkeypatch.setattr(decode, "shrunk", None)
    with pytest.raises(ValueError, match=f"^path '{name}' has more than 300 pixels"):
        read(name)


def test_the_file_that_may_be_meant_is_named():
    PICTURE.save("photo.png")
    with pytest.raises(ValueError, match="did you mean 'photo.png'"):
        read("phto.png")
