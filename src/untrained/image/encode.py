"""Tensors to files: one writer, of every depth."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio.v3 as iio
import numpy as np
import png
import tifffile
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from untrained.image.channels import Number, drawn, is_composite
from untrained.image.colour import PROFILE, as_seen, is_for
from untrained.image.npy import to_axes
from untrained.image.origin import XMP, XMP_TAG, Origin, sized
from untrained.image.scale import Array
from untrained.image.tiff import MAX_SAMPLE_VALUE

if TYPE_CHECKING:
    from torch import Tensor  # Its import takes a second, which a refusal does without.

Pixels = NDArray[np.uint8]

PLAIN = Origin()
# Numbers of a picture that takes no time to compress well.
SMALL = 2**20
# The tags of EXIF that a TIFF holds in its own directory.
TAGS = (270, 271, 272, 305, 306, 315, 33432)


def write(path: str | Path, image: "Tensor", like: Origin = PLAIN) -> bytes:
    """Write a `1 c h w` or `c h w` image, whatever the file's name.

    Args:
        path: The file.
        image: The image; what is outside of [0, 1] is clipped.
        like: What to write; `like.ending` is the name's right ending. The default is an 8-bit PNG.

    Returns:
        The bytes of the file.
    """
    # In one piece: on a full disk imageio's own file complains once more when it is collected.
    whole = encoded(image, like)
    Path(path).write_bytes(whole)
    return whole


def encoded(image: "Tensor", like: Origin = PLAIN) -> bytes:
    """Return a `1 c h w` or `c h w` image as the bytes of a file.

    A large PNG is lightly compressed, since a fit waits for it: half the time, an eighth more
    bytes.
    """
    if like.profile is not None and not is_for(like.profile, image.shape[-3]):
        like = replace(like, profile=None)  # Colours that a grey target was given.
    array = numbers(image, like)
    if like.ending == ".npy":
        return npy_bytes(array, like.axes)
    if like.ending == ".tif":
        return tiff_bytes(array, like)
    return png_bytes(flat(drawn(array)), like)


def as_jpeg(image: "Tensor", like: Origin = PLAIN) -> bytes:
    """Return a `1 c h w` or `c h w` image as the bytes of a JPEG, in sRGB: a tenth of its PNG."""
    shown = pixels(image, like)
    return iio.imwrite(
        "<bytes>", shown, extension=".jpg", quality=80, optimize=True, progressive=True
    )


def numbers(image: "Tensor", like: Origin) -> Array:
    """Return an image as `h w c`, of the type and the white of a file."""
    single = image.detach().reshape(image.shape[-3:]).clamp(0, 1).permute(1, 2, 0).cpu()
    if like.number == "uint8" and like.white == 255:
        return (single * 255).round().byte().numpy()
    number = np.dtype(like.number)
    scaled = single.double().numpy() * like.white
    if number.kind == "f":
        return scaled.clip(max=np.finfo(number).max).astype(number)
    most = 1 if number.kind == "b" else np.iinfo(number).max
    return np.rint(scaled).clip(max=most).astype(number)  # White may be more than the type holds.


def pixels(image: "Tensor", like: Origin = PLAIN) -> Pixels:
    """Return a `1 c h w` or `c h w` image as a viewer shows it: `h w` or `h w 3`, 8 bits, sRGB."""
    array: Pixels = numbers(image, PLAIN)  # type: ignore[assignment]
    return seen(flat(drawn(array)), like.profile)


def viewed(path: str | Path) -> Pixels:
    """Read a PNG that a run has left as a viewer shows it: `h w` or `h w 3`, 8 bits, sRGB."""
    with Image.open(path) as picture:
        profile = picture.info.get(PROFILE)
        if picture.mode.startswith("I"):  # 16-bit grey; of colours Pillow reads 8 bits itself.
            array = (np.asarray(picture) >> 8).astype(np.uint8)
        else:
            array = np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))
    return seen(array, profile)


def seen(array: Pixels, profile: bytes | None) -> Pixels:
    """Return pixels of 8 bits in sRGB.

    Args:
        array: The pixels, `h w` or `h w 3`.
        profile: Their ICC profile; None for sRGB.
    """
    if profile is None or not is_for(profile, 1 if array.ndim == 2 else 3):
        return array
    picture = Image.fromarray(array)
    picture.info[PROFILE] = profile
    return np.asarray(as_seen(picture))


def flat(array: NDArray[Number]) -> NDArray[Number]:
    """Return `h w` of `h w 1`; `h w 3` as it is."""
    return array[..., 0] if array.shape[2] == 1 else array


def npy_bytes(array: Array, axes: str) -> bytes:
    """Return `h w c` as an array of numpy, in the order of some axes."""
    buffer = BytesIO()
    np.save(buffer, to_axes(array, axes))
    return buffer.getvalue()


def png_bytes(array: Array, like: Origin) -> bytes:
    """Return `h w` or `h w 3`, of 8 or 16 bits, as a PNG with what is said of it."""
    if array.dtype == np.uint8:
        level = 6 if array.size < SMALL else 1
        whole = iio.imwrite("<bytes>", array, extension=".png", compress_level=level)
    else:
        whole = deep_png(array)
    said = chunks_said(array, like)
    if not said:
        return whole
    head, *rest = png.Reader(bytes=whole).chunks()
    buffer = BytesIO()
    png.write_chunks(buffer, [head, *said, *rest])
    return buffer.getvalue()


def deep_png(array: Array) -> bytes:
    """Return `h w` or `h w 3` of 16 bits as a PNG."""
    buffer = BytesIO()
    height, width = array.shape[:2]
    writer = png.Writer(width, height, greyscale=array.ndim == 2, bitdepth=16, compression=1)
    writer.write_array(buffer, array.ravel())
    return buffer.getvalue()


def chunks_said(array: Array, like: Origin) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a PNG that hold what is said of it, as Pillow writes them."""
    exif = None if like.exif is None else sized(like.exif, *array.shape[:2])
    words = {"exif": exif, "icc_profile": like.profile, "dpi": like.dpi}
    given = {name: value for name, value in words.items() if value is not None}
    picture = Image.new("L" if array.ndim == 2 else "RGB", (1, 1))
    buffer = BytesIO()
    picture.save(buffer, "PNG", pnginfo=text_chunks(like), **given)
    chunks = list(png.Reader(bytes=buffer.getvalue()).chunks())
    said = [each for each in chunks if each[0] not in (b"IHDR", b"IDAT", b"IEND")]
    return [*like.chunks, *said]


def text_chunks(like: Origin) -> PngInfo:
    """Return the texts that a PNG holds: a name in it has 1 to 79 signs of ASCII."""
    found = PngInfo()
    for name, text in like.text:
        if name == XMP:
            found.add_itxt(name, text)
        elif 0 < len(name) < 80 and name.isascii():
            found.add_text(name, text)
    return found


def tiff_bytes(array: Array, like: Origin) -> bytes:
    """Return `h w c` as a TIFF with what is said of it."""
    words: dict[str, Any] = {"metadata": None}
    if like.dpi is not None:
        words |= {"resolution": like.dpi, "resolutionunit": "INCH"}
    if like.pages != "one":
        # tifffile reads the axes of an array off its own metadata.
        words["metadata"] = {} if like.pages == "array" else None
        words |= {"data": to_axes(array, like.axes), "photometric": "minisblack"}
        samples = 1
    elif is_composite(array.shape[2]):
        samples = array.shape[2]
        words |= {"data": to_axes(array, like.axes)} | bands_said(samples, like)
    else:
        samples = array.shape[2]
        words |= {"data": flat(array), "photometric": "rgb" if samples == 3 else "minisblack"}
    words["extratags"] = tags_said(samples, like)
    buffer = BytesIO()
    tifffile.imwrite(buffer, iccprofile=like.profile, software=False, **words)
    return buffer.getvalue()


def bands_said(samples: int, like: Origin) -> dict[str, Any]:
    """Return what tifffile is told of a page of bands: their colours, their order, no alpha."""
    colours = 3 if like.is_rgb else 1
    return {
        "photometric": "rgb" if like.is_rgb else "minisblack",
        "planarconfig": "separate" if like.axes == "cyx" else "contig",
        "extrasamples": (0,) * (samples - colours),
    }


def tags_said(samples: int, like: Origin) -> list[tuple[int, str, int, Any, bool]]:
    """Return the tags of a TIFF: its words, its XMP, and the value that is white.

    Args:
        samples: Numbers of a pixel of a page.
        like: What is written.
    """
    found: list[tuple[int, str, int, Any, bool]] = []
    exif = Image.Exif()
    exif.load(like.exif or b"")
    for tag in TAGS:
        value = exif.get(tag)
        if value:
            found.append((tag, "s", 0, str(value).encode(), True))
    xmp = dict(like.text).get(XMP, "").encode()
    if xmp:
        found.append((XMP_TAG, "B", len(xmp), xmp, True))
    if like.number == "uint16" and like.white < 65535:
        found.append((MAX_SAMPLE_VALUE, "H", samples, (int(like.white),) * samples, True))
    return found
