"""What a file holds is read to its last bit, and what is written is read again."""

import struct
import warnings
import zlib
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import skimage
import tifffile
import torch
from PIL import Image, features

from tests.image.files import COLOUR, DEEP, EXACT, PICTURE, tensor, write_deep_png
from untrained.image import pixels, read, write
from untrained.image.depth import bits_of


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


def test_equal_channels_are_one_where_grey_is_asked_for():
    grey = np.asarray(PICTURE.convert("L"))
    Image.fromarray(np.dstack([grey] * 3)).save("grey.png")
    assert torch.equal(read("grey.png", grey=True), tensor(grey))
    assert read("grey.png").shape[1] == 3
    assert read("grey.png", size=20, grey=True).shape[1] == 1


def test_colours_are_not_read_as_grey():
    PICTURE.save("colours.png")
    with pytest.raises(ValueError, match=r"^path 'colours\.png' has colours, and grey=true is for"):
        read("colours.png", grey=True)
    with pytest.raises(ValueError, match=r"^grey must be true or false"):
        read("colours.png", grey="no")


def test_the_phantom_is_grey_and_a_picture_of_one_s_own_in_its_place_is_what_it_is(configure):
    assert configure("image=shepp_logan_phantom").image.grey is True
    words = configure("experiment=tomography", "image.path=slice.png").image
    assert (words.grey, words.size) == (False, None)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_dropped_with_a_warning(mode, logged):
    PICTURE.convert(mode).save("alpha.png")
    found = read("alpha.png")
    assert "alpha" in logged.text
    assert torch.equal(found, tensor(np.asarray(PICTURE.convert("L" if mode == "LA" else "RGB"))))


def test_deep_alpha_is_dropped_with_a_warning(logged):
    write_deep_png("alpha.png", np.dstack([DEEP, DEEP[..., :1]]))
    assert torch.equal(read("alpha.png"), tensor(DEEP))
    assert "alpha" in logged.text


def test_a_picture_without_alpha_warns_of_nothing(logged):
    PICTURE.save("plain.png")
    read("plain.png")
    assert not logged.text


def test_a_jpeg_2000_that_is_cut_to_8_bits_warns_of_it(logged):
    PICTURE.convert("RGB").save("deep.jp2")
    code = bytearray(Path("deep.jp2").read_bytes())
    read("deep.jp2")
    assert not logged.text
    sizes = code.find(b"\xff\x4f\xff\x51") + 42
    code[sizes : sizes + 9 : 3] = [15, 15, 15]
    code[code.find(b"ihdr") + 14] = 15
    Path("deep.jp2").write_bytes(code)
    read("deep.jp2")
    assert logged.messages == [
        "the picture has 16 bits a channel, and 8 of them are read: a PNG or TIFF of 16 bits is "
        "read whole"
    ]


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_an_avif_says_its_bits():
    PICTURE.convert("RGB").save("plain.avif")
    code = Path("plain.avif").read_bytes()
    assert bits_of(code) == 8
    eight, ten = (b"pixi\0\0\0\0\3" + bytes([bits] * 3) for bits in (8, 10))
    assert eight in code
    assert bits_of(code.replace(eight, ten)) == 10


def test_an_sgi_of_16_bits_is_cut_with_a_warning(logged):
    grey = PICTURE.convert("L")
    grey.save("deep.sgi", bpc=2)
    read("deep.sgi")
    assert "has 16 bits a channel" in logged.text


@pytest.mark.parametrize("transparency", [3, bytes(range(16))])
def test_a_palette_with_transparency_is_looked_up_with_a_warning(transparency, logged):
    few = PICTURE.quantize(16)
    few.save("palette.png", transparency=transparency)
    assert torch.equal(read("palette.png"), tensor(np.asarray(few.convert("RGB"))))
    assert "alpha" in logged.text


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
