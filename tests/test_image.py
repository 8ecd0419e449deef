"""Pictures on disk, written here by other means than ours."""

import logging
import os
import struct
import warnings
import zlib
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import png
import pytest
import skimage
import tifffile
import torch
from PIL import Image

from untrained.image import decode, pixels, read, write

RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 65536, (20, 24, 3)).astype(np.uint16)
COLOUR = (DEEP >> 8).astype(np.uint8)
PICTURE = Image.fromarray(COLOUR)


@pytest.fixture(autouse=True)
def in_tmp_path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def tensor(array):
    scale = 1 if array.dtype.kind == "f" else np.iinfo(array.dtype).max
    return torch.from_numpy(np.atleast_3d(array) / scale).float().permute(2, 0, 1)[None]


def write_deep_png(name, array):
    mode = {1: "L;16", 3: "RGB;16", 4: "RGBA;16"}[array.shape[2]]
    png.from_array(array.reshape(len(array), -1), mode).save(name)


EXACT = {
    "colour.png": (lambda name: PICTURE.save(name), COLOUR),
    "colour.webp": (lambda name: PICTURE.save(name, lossless=True), COLOUR),
    "colour.tif": (lambda name: PICTURE.save(name), COLOUR),
    "grey.png": (lambda name: Image.fromarray(COLOUR[..., 0]).save(name), COLOUR[..., :1]),
    "deep.png": (lambda name: write_deep_png(name, DEEP), DEEP),
    "deep_grey.png": (lambda name: write_deep_png(name, DEEP[..., :1]), DEEP[..., :1]),
    "deep.tif": (lambda name: tifffile.imwrite(name, DEEP), DEEP),
    "deep_grey.tif": (lambda name: tifffile.imwrite(name, DEEP[..., 0]), DEEP[..., :1]),
    "planes.tif": (
        lambda name: tifffile.imwrite(
            name, np.moveaxis(DEEP, 2, 0), photometric="rgb", planarconfig="separate"
        ),
        DEEP,
    ),
    "float.tif": (
        lambda name: tifffile.imwrite(name, (DEEP / 65535).astype(np.float32), photometric="rgb"),
        (DEEP / 65535).astype(np.float32),
    ),
    "float_grey.tif": (
        lambda name: tifffile.imwrite(name, (DEEP[..., 0] / 65535).astype(np.float32)),
        (DEEP[..., :1] / 65535).astype(np.float32),
    ),
    "bit.png": (
        lambda name: Image.fromarray(COLOUR[..., 0] > 127).save(name),
        (COLOUR[..., :1] > 127).astype(np.float32),
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_each_kind_of_file_is_read_to_its_last_bit(name):
    save, expected = EXACT[name]
    save(name)
    found = read(name)
    assert found.dtype == torch.float32
    assert found.shape[1] in (1, 3)
    torch.testing.assert_close(found, tensor(expected), rtol=0, atol=1e-7)


def test_a_palette_is_looked_up():
    few = PICTURE.quantize(16)
    few.save("palette.png")
    assert torch.equal(read("palette.png"), tensor(np.asarray(few.convert("RGB"))))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_dropped_with_a_warning(mode, caplog):
    PICTURE.convert(mode).save("alpha.png")
    with caplog.at_level(logging.WARNING):
        found = read("alpha.png")
    assert "alpha" in caplog.text
    assert torch.equal(found, tensor(np.asarray(PICTURE.convert("L" if mode == "LA" else "RGB"))))


def test_deep_alpha_is_dropped_with_a_warning(caplog):
    write_deep_png("alpha.png", np.dstack([DEEP, DEEP[..., :1]]))
    assert torch.equal(read("alpha.png"), tensor(DEEP))
    assert "alpha" in caplog.text


def test_a_picture_without_alpha_warns_of_nothing(caplog):
    PICTURE.save("plain.png")
    read("plain.png")
    assert not caplog.text


@pytest.mark.parametrize("transparency", [3, bytes(range(16))])
def test_a_palette_with_transparency_is_looked_up_with_a_warning(transparency, caplog):
    few = PICTURE.quantize(16)
    few.save("palette.png", transparency=transparency)
    assert torch.equal(read("palette.png"), tensor(np.asarray(few.convert("RGB"))))
    assert "alpha" in caplog.text


def test_a_colour_file_that_looks_grey_stays_in_colour():
    PICTURE.convert("L").convert("RGB").save("grey.png")
    assert read("grey.png").shape == (1, 3, 20, 24)


def test_reading_warns_of_nothing():
    EXACT["float_grey.tif"][0]("float_grey.tif")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read("float_grey.tif").add_(1)


PICTURES = sorted(
    path
    for path in (Path(skimage.__file__).parent / "data").iterdir()
    if path.suffix in (".png", ".jpg")
)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_the_pictures_of_scikit_image_are_read(path):
    found, wanted = read(path), np.atleast_3d(iio.imread(path))
    assert found.shape[2:] == wanted.shape[:2]
    wanted = wanted[..., : 3 if wanted.shape[2] > 2 else 1]
    # chessboard_RGB.png has 16 bits, which imageio cuts down to 8.
    assert (found - tensor(wanted)).abs().max() < 1 / 255


def test_cmyk_is_turned_to_colour():
    PICTURE.convert("CMYK").save("print.jpg")
    assert read("print.jpg").shape == (1, 3, 20, 24)


def test_the_camera_s_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "red").save("turned.jpg", exif=exif)
    assert read("turned.jpg").shape == (1, 3, 40, 20)


def exif_into_png(name, orientation):
    """Put an eXIf chunk after the header, which pypng cannot write."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    whole = Path(name).read_bytes()
    Path(name).write_bytes(whole[:33] + chunk + whole[33:])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["deep.png", "deep.tif", "grey.tif", "deep_grey.tif", "float.tif"])
def test_every_orientation_is_turned_upright_at_every_depth(kind, orientation):
    array = {
        "deep.png": DEEP,
        "deep.tif": DEEP,
        "grey.tif": COLOUR[..., 0],
        "deep_grey.tif": DEEP[..., 0],
        "float.tif": (DEEP / 65535).astype(np.float32),
    }[kind]
    upright = {
        1: array,
        2: array[:, ::-1],
        3: np.rot90(array, 2),
        4: array[::-1],
        5: array.swapaxes(0, 1),
        6: np.rot90(array, -1),
        7: np.rot90(array, 2).swapaxes(0, 1),
        8: np.rot90(array),
    }[orientation]
    if kind == "deep.png":
        write_deep_png(kind, array)
        exif_into_png(kind, orientation)
    else:
        colour = "rgb" if array.ndim == 3 else "minisblack"
        turn = [(274, "H", 1, orientation, True)]
        tifffile.imwrite(kind, array, photometric=colour, extratags=turn)
    torch.testing.assert_close(read(kind), tensor(upright.copy()), rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp"])
def test_of_an_animation_the_first_picture_is_taken(name):
    first, second = Image.new("RGB", (20, 20), "white"), Image.new("RGB", (20, 20), "black")
    first.save(name, save_all=True, append_images=[second])
    assert read(name).min() > 0.9


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


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_written_is_read_again(channels, tmp_path):
    picture = torch.rand(1, channels, 20, 30) * 1.4 - 0.2
    write(tmp_path / "out.png", picture)
    again = read(tmp_path / "out.png")
    assert (again - picture.clamp(0, 1)).abs().max() <= 0.5 / 255 + 1e-6
    assert pixels(picture).shape == ((20, 30) if channels == 1 else (20, 30, 3))


def test_a_picture_without_its_one_is_written_too(tmp_path):
    picture = torch.rand(3, 20, 30)
    write(tmp_path / ".part-7-out", picture)
    assert torch.equal(
        torch.from_numpy(iio.imread(tmp_path / ".part-7-out")),
        (picture * 255).round().byte().permute(1, 2, 0),
    )


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
    "five.tif": (
        lambda name: tifffile.imwrite(
            name, np.zeros((20, 20, 5), np.uint8), photometric="minisblack", planarconfig="contig"
        ),
        "has 5 channels",
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
        lambda name: tifffile.imwrite(name, np.zeros((5, 20, 20), np.uint8)),
        "has several pages",
    ),
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


def test_damage_of_every_kind_is_a_value_error_and_makes_no_noise(caplog):
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
    assert {record.name for record in caplog.records} <= {"untrained.image.decode"}


@pytest.mark.parametrize("name", ["bomb.png", "bomb.tif"])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(name, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    EXACT[{"bomb.png": "colour.png", "bomb.tif": "deep.tif"}[name]][0](name)
    monkeypatch.setattr(decode, "scaled", None)
    with pytest.raises(ValueError, match=f"^path '{name}' has more than 300 pixels"):
        read(name)


def test_the_file_that_may_be_meant_is_named():
    PICTURE.save("photo.png")
    with pytest.raises(ValueError, match="did you mean 'photo.png'"):
        read("phto.png")


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
