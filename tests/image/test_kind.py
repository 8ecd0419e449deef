"""A file that is no picture for us is called what it is, with what to do."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from tests.image.files import COLOUR, DEEP, PICTURE, tensor
from untrained.image import origin, read

STARTS = {
    b"\0\0\0\x18ftypheic\0\0\0\0mif1": "is HEIC, which is not read here: save it as PNG or TIFF",
    b"\xff\x0a\xfa\x1f": "is JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "is JPEG XL",
    b"\0" * 128 + b"DICM": "is DICOM",
    b"%PDF-1.7": "is a PDF document",
    b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="x"/>': "is SVG",
    b"<svg/>": "is SVG",
    b"<!DOCTYPE html>": "is a web page",
    b"II*\0\x10\0\0\0CR\x02\0": "is a camera's raw file: develop it first",
    b"\0\0\0\x18ftypcrx ": "is a camera's raw file: develop it first",
    b"FUJIFILMCCD-RAW 0201": "is a camera's raw file: develop it first",
    b"IIU\0\x18\0\0\0": "is a camera's raw file: develop it first",
    b"PK\x03\x04": "is a zip archive",
    b"v/1\x01": "is OpenEXR",
    b"SIMPLE  =   T": "is FITS",
    b"\0\0\0\x18ftypisom": "is a video",
    b"": "is not a picture that can be read: it is empty",
}


@pytest.mark.parametrize("start", STARTS, ids=STARTS.values())
def test_the_first_bytes_tell_the_kind(start):
    Path("photo.jpg").write_bytes(start + (b"\0" * 2000 if start else b""))
    with pytest.raises(ValueError, match=f"^path 'photo.jpg' {STARTS[start]}") as caught:
        read("photo.jpg")
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("https://x.org/a.png", "is an address: download it first"),
        ("file:///a.png", "is an address: type the path alone"),
        ("-", "is the standard input"),
        ("data:image/png;base64,AAAA", "is a picture in text"),
    ],
)
def test_what_is_no_path_is_called_so(path, line):
    with pytest.raises(ValueError, match=line):
        read(path)


def write_pages(name, *pages, below=0):
    """Write pages, each an array and its NewSubfileType; the last `below` below the first."""
    with tifffile.TiffWriter(name) as file:
        for number, (array, kind) in enumerate(pages):
            words = {"subifds": below} if below and not number else {}
            file.write(array, photometric="rgb", subfiletype=kind, **words)


@pytest.mark.parametrize("below", [0, 1])
@pytest.mark.parametrize("array", [COLOUR, DEEP])
def test_of_a_tiff_with_a_preview_the_picture_is_read(array, below):
    write_pages("a.tif", (COLOUR[::2, ::2], 1), (array, 0), below=below)
    assert torch.equal(read("a.tif"), tensor(array))
    assert origin("a.tif").number == array.dtype.name


def test_smaller_copies_below_a_picture_are_not_the_picture():
    write_pages("a.tif", (COLOUR, 0), (COLOUR[::2, ::2], 1), below=1)
    assert torch.equal(read("a.tif"), tensor(COLOUR))


def test_a_negative_with_a_preview_is_a_raw_file():
    with tifffile.TiffWriter("a.dng") as file:
        file.write(COLOUR[::2, ::2], photometric="rgb", subfiletype=1, subifds=1)
        mosaic = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True)]
        file.write(DEEP[..., 0], photometric=32803, subfiletype=0, extratags=mosaic)
    with pytest.raises(ValueError, match="is a camera's raw file: develop it first"):
        read("a.dng")


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_an_animation_is_called_so(name, logged):
    PICTURE.save(name, save_all=True, append_images=[Image.new("RGB", PICTURE.size)])
    read(name)
    assert logged.messages == ["the picture is an animation; its first picture is read"]


def test_of_an_icon_the_largest_picture_is_read():
    PICTURE.resize((64, 64)).save("a.ico", sizes=[(16, 16), (64, 64)])
    assert read("a.ico").shape == (1, 3, 64, 64)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_picture_over_pillow_s_limit_is_read_where_it_is_made_small(name, monkeypatch):
    ramp = np.linspace(0, 255, 600).astype(np.uint8)
    Image.fromarray(np.tile(ramp, (400, 1))).save(name)
    whole = read(name, 64)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400 * 600 // 6)
    small = read(name, 64)
    assert (small - whole).abs().max() < 0.02
    with pytest.raises(ValueError, match="has more than 40000 pixels: type size=1024 to read it"):
        read(name)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400 * 600 // 6 - 1)
    with pytest.raises(ValueError, match="has more than 239994 pixels; crop it"):
        read(name, 64)
    assert Image.MAX_IMAGE_PIXELS == 39999


def test_an_array_of_the_other_order_of_bytes_is_read_alike(tmp_path):
    numbers = np.arange(2**16, 2**16 - 1024, -1, dtype=np.int64).astype(np.uint16).reshape(32, 32)
    np.save(tmp_path / "little.npy", numbers)
    np.save(tmp_path / "big.npy", numbers.astype(">u2"))
    assert torch.equal(read(tmp_path / "big.npy"), read(tmp_path / "little.npy"))
