"""A result is written like the picture that it is made of: depth, colours, what is said of it."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import png
import pytest
import tifffile
import torch
from PIL import Image, ImageCms, PngImagePlugin

from tests.image.files import (
    COLOUR,
    DEEP,
    PICTURE,
    display_p3,
    p3_as_srgb,
    tensor,
    write_deep_png,
)
from untrained.image import Origin, encoded, origin, pixels, read, viewed, write
from untrained.image.encode import as_jpeg

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Red and blue change places, and its name is another.
SWAPPED = (
    SRGB.replace(b"rXYZ", b"....", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"....", b"bXYZ", 1)
)
SWAPPED = SWAPPED.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))

DEPTHS = {
    "colour.png": lambda name: PICTURE.save(name),
    "colour.jpg": lambda name: PICTURE.save(name),
    "grey.tif": lambda name: tifffile.imwrite(name, COLOUR[..., 0]),
    "deep.png": lambda name: write_deep_png(name, DEEP),
    "deep_grey.png": lambda name: write_deep_png(name, DEEP[..., :1]),
    "deep.tif": lambda name: tifffile.imwrite(name, DEEP, photometric="rgb"),
    "deep_grey.tif": lambda name: tifffile.imwrite(name, DEEP[..., 0]),
    "float.tif": lambda name: tifffile.imwrite(name, DEEP / 65535, photometric="rgb"),
    "half.tif": lambda name: tifffile.imwrite(name, (DEEP[..., 0] / 65535).astype(np.float16)),
    "eight.npy": lambda name: np.save(name, COLOUR),
    "deep.npy": lambda name: np.save(name, np.moveaxis(DEEP, 2, 0)[None]),
    "float.npy": lambda name: np.save(name, DEEP[..., 0] / 65535),
}


@pytest.mark.parametrize("name", DEPTHS)
def test_what_is_written_like_a_file_is_read_again_to_its_last_bit(name):
    DEPTHS[name](name)
    found, like = read(name), origin(name)
    write(f"again{like.ending}", found, like)
    again = read(f"again{like.ending}")
    assert torch.equal(again, found)
    is_eight_bits = "colour" in name or name == "grey.tif"
    assert like.ending == (".png" if is_eight_bits else name[name.index(".") :])
    if like.ending == ".npy":
        assert np.load("again.npy").dtype == np.load(name).dtype
        assert np.load("again.npy").shape == np.load(name).shape
    write("shown.png", found, like.shown)
    assert (read("shown.png") - found).abs().max() <= 0.5 / 65535 + 1e-6


def test_twelve_bits_go_out_as_twelve_bits():
    tifffile.imwrite("twelve.tif", DEEP >> 4, photometric="rgb")
    found, like = read("twelve.tif", white=4095), origin("twelve.tif", white=4095)
    write("again.tif", found, like)
    assert np.array_equal(tifffile.imread("again.tif"), DEEP >> 4)
    assert torch.equal(read("again.tif"), found)  # It says its white itself.
    write("shown.png", found, like.shown)
    assert (read("shown.png") - found).abs().max() <= 0.5 / 65535 + 1e-6


@pytest.mark.parametrize("number", ["int8", "int16", "uint8", "uint16", "uint32", "float16"])
def test_what_is_brighter_than_the_type_holds_is_its_brightest(number):
    np.save("a.npy", np.full((16, 16), 100, number))
    write("again.npy", torch.ones(1, 1, 16, 16), origin("a.npy", white=1e20))
    again = np.load("again.npy")
    kind = np.finfo if number.startswith("f") else np.iinfo
    assert (again >= kind(number).max * (1 - 1e-7)).all()


def test_nothing_said_is_the_plain_file():
    image = tensor(COLOUR)
    PICTURE.save("plain.png")
    assert write("a.png", image, origin("plain.png")) == write("b.png", image)
    assert origin("plain.png") == Origin()


def with_profile(name, profile):
    if name == "deep.png":
        write_deep_png(name, DEEP)
        found = Origin(number="uint16", white=65535, profile=profile)
        write(name, read(name), found)
    elif name.endswith("tif"):
        tifffile.imwrite(name, DEEP, photometric="rgb", iccprofile=profile)
    else:
        PICTURE.save(name, icc_profile=profile)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "deep.png", "deep.tif"])
def test_colours_are_those_that_a_viewer_shows(name):
    with_profile(name, SWAPPED)
    found, like = read(name), origin(name)
    assert like.profile == SWAPPED
    write("out.png", found, like.shown)
    assert Image.open("out.png").info["icc_profile"] == SWAPPED
    swapped = pixels(found)[..., ::-1].astype(int)
    assert np.abs(viewed("out.png").astype(int) - swapped).max() <= 3
    assert np.abs(pixels(found, like).astype(int) - swapped).max() <= 3
    write("frame.png", found, like.plain)
    assert Image.open("frame.png").info["icc_profile"] == SWAPPED
    if like.ending == ".tif":
        write("out.tif", found, like)
        assert tifffile.TiffFile("out.tif").pages.first.iccprofile == SWAPPED


P3 = display_p3()
WIDE = [(200, 100, 50), (40, 180, 90), (128, 128, 128), (255, 255, 255)]


@pytest.mark.parametrize("name", ["a.png", "deep.tif"])
@pytest.mark.parametrize("colour", WIDE)
def test_a_photo_in_display_p3_is_seen_in_srgb_and_keeps_its_profile(name, colour):
    flat = np.full((20, 24, 3), colour, np.uint8)
    if name == "a.png":
        Image.fromarray(flat).save(name, icc_profile=P3)
    else:
        wide = flat.astype(np.uint16) * 257
        tifffile.imwrite(name, wide, photometric="rgb", iccprofile=P3)
    found, like = read(name), origin(name)
    assert like.profile == P3
    assert (pixels(found)[0, 0] == colour).all()  # What is fitted is what the file holds.
    expected = p3_as_srgb(colour)
    assert np.abs(pixels(found, like)[0, 0].astype(int) - expected).max() <= 1
    jpeg = Image.open(BytesIO(as_jpeg(found, like)))
    assert "icc_profile" not in jpeg.info
    assert np.abs(np.asarray(jpeg)[8, 8].astype(int) - expected).max() <= 4
    write("out.png", found, like.shown)
    assert Image.open("out.png").info["icc_profile"] == P3


def test_the_panel_and_the_page_of_a_photo_in_display_p3_are_in_srgb(run):
    colour = WIDE[0]
    Image.new("RGB", (32, 32), colour).save("wide.png", icc_profile=P3)
    words = (
        "steps=1",
        "flat_start=false",
        "model.width=4",
        "model.depth=1",
        "logger=none",
        "~callbacks.video",
    )
    words = (*words, "baseline=[]", "stopping=[]", "refinement=none", "hydra.sweep.dir=sweep")
    code, _, err = run("-m", "target.path=wide.png", *words)
    assert code == 0, err
    expected, raw = p3_as_srgb(colour), np.array(colour)
    assert Image.open("sweep/restored/wide.png").info["icc_profile"] == P3
    (panel,) = Path("sweep").glob("*/panel.jpg")
    for path in (panel, "sweep/panel.jpg"):
        drawn = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3).astype(int)
        assert (np.abs(drawn - expected).max(axis=1) <= 3).sum() > 500, path
        assert (np.abs(drawn - raw).max(axis=1) <= 3).sum() == 0, path
    page = Path("sweep/report.html").read_text()
    pictures = [
        np.asarray(Image.open(BytesIO(b64decode(code))).convert("RGB"))
        for code in re.findall(r"data:image/jpeg;base64,([\w+/=]+)", page)
    ]
    middles = [each[each.shape[0] // 2, each.shape[1] // 2].astype(int) for each in pictures]
    assert any(np.abs(middle - expected).max() <= 3 for middle in middles)
    assert all(np.abs(middle - raw).max() > 3 for middle in middles)


def test_srgb_needs_no_profile_in_the_frames():
    with_profile("a.png", SRGB)
    assert origin("a.png").profile == SRGB
    assert origin("a.png").plain == Origin()
    assert np.array_equal(viewed("a.png"), COLOUR)


@pytest.mark.parametrize(
    ("mode", "profile", "line"), [("RGB", b"broken" * 50, "is broken"), ("L", SRGB, "is of RGB")]
)
def test_a_profile_that_says_nothing_is_dropped_with_a_warning(mode, profile, line, logged):
    PICTURE.convert(mode).save("a.png", icc_profile=profile)
    assert origin("a.png").profile is None
    assert line in logged.text


def test_lab_is_turned_to_colour():
    flat = Image.new("RGB", (32, 32), (200, 100, 50))
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(flat, srgb, lab, outputMode="LAB").save("lab.tif")
    found = read("lab.tif")[0, :, 0, 0] * 255
    assert (found - torch.tensor([200.0, 100, 50])).abs().max() < 4


def test_the_chunks_of_a_png_that_decide_its_looks_are_kept():
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", (100000).to_bytes(4, "big"))
    PICTURE.save("linear.png", pnginfo=chunks)
    write("out.png", read("linear.png"), origin("linear.png").plain)
    assert dict(png.Reader(filename="out.png").chunks())[b"gAMA"] == (100000).to_bytes(4, "big")


def turned_photo(name):
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    exif[34665] = {40962: 24, 40963: 20, 36867: "2024:01:02 03:04:05"}
    exif[34853] = {1: "N", 2: (48.0, 30.0, 0.0)}
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "Zoë")
    said.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    words = {"pnginfo": said} if name.endswith("png") else {"comment": b"by the sea"}
    PICTURE.save(name, exif=exif, dpi=(240, 240), **words)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_what_is_said_of_a_photo_stays_and_it_is_turned_once(name):
    turned_photo(name)
    found = read(name)
    write("out.png", found, origin(name).shown)
    out = Image.open("out.png")
    exif = out.getexif()
    assert (exif[274], exif[271]) == (1, "Maker")
    assert exif.get_ifd(34665) == {40962: 20, 40963: 24, 36867: "2024:01:02 03:04:05"}
    assert exif.get_ifd(34853)[1] == "N"
    assert round(out.info["dpi"][0]) == 240
    assert out.size == (20, 24)
    assert (read("out.png") - found).abs().max() < 1e-6
    if name == "a.png":
        assert out.info["Author"] == "Zoë"
        assert 'tiff:Orientation="1"' in out.info["XML:com.adobe.xmp"]
    else:
        assert out.info["Comment"] == "by the sea"


def test_what_is_said_of_a_tiff_stays():
    words = {"resolution": (118, 118), "resolutionunit": "CENTIMETER", "software": "scope"}
    turn = [(274, "H", 1, 8, True), (315, "s", 0, "Zoe", True)]
    tifffile.imwrite(
        "a.tif", DEEP, photometric="rgb", description="cell 7", extratags=turn, **words
    )
    found, like = read("a.tif"), origin("a.tif")
    write("out.tif", found, like)
    tags = tifffile.TiffFile("out.tif").pages.first.tags
    said = [tags.valueof(tag) for tag in (270, 305, 315)]
    assert said == ["cell 7", "scope", "Zoe"]
    assert like.dpi == pytest.approx((118 * 2.54,) * 2)
    assert 274 not in tags
    assert torch.equal(read("out.tif"), found)
    write("out.png", found, like.shown)
    assert Image.open("out.png").getexif()[270] == "cell 7"


def test_a_layout_that_a_file_describes_is_not_said_of_another():
    tifffile.imwrite("a.tif", DEEP, photometric="rgb", description="ImageJ=1.53\nimages=1")
    write("out.tif", read("a.tif"), origin("a.tif"))
    assert 270 not in tifffile.TiffFile("out.tif").pages.first.tags


def test_the_form_of_what_is_no_picture_is_refused_in_one_line():
    with pytest.raises(ValueError, match="^path 'nowhere.png' does not exist$"):
        origin("nowhere.png")


def test_a_white_below_the_numbers_of_a_tiff_is_not_trusted_where_it_is_written_either(tmp_path):
    array = np.linspace(5000, 55000, 32 * 32).reshape(32, 32).astype(np.uint16)
    path = tmp_path / "said.tif"
    tifffile.imwrite(path, array, extratags=[(281, "H", 1, 4095, True)])
    write(tmp_path / "again.tif", read(path), origin(path))
    assert (tifffile.imread(tmp_path / "again.tif") == array).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_profile_goes_with_the_channels_that_it_is_for(channels):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = torch.rand(1, channels, 16, 16)
    with Image.open(BytesIO(encoded(image, Origin(profile=profile)))) as picture:
        assert ("icc_profile" in picture.info) == (channels == 3)
    assert len(pixels(image, Origin(profile=profile))) == 16
