"""Pictures on disk, written by other means than ours."""

import struct

import numpy as np
import png
import tifffile
import torch
from PIL import Image

RNG = np.random.default_rng(0)

DEEP = RNG.integers(0, 65536, (20, 24, 3)).astype(np.uint16)

COLOUR = (DEEP >> 8).astype(np.uint8)

PICTURE = Image.fromarray(COLOUR)


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


def display_p3():
    """Return the ICC profile of a phone's photo: sRGB's curve, and wider primaries (of Apple)."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    def text(words):
        said = words.encode("utf-16-be")
        return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(said), 28) + said

    curve = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {
        b"desc": text("Display P3"),
        b"cprt": text("Public domain"),
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.96420, 1, 0.82491),
        b"rXYZ": b"XYZ \0\0\0\0" + fixed(0.51512, 0.24120, -0.00105),
        b"gXYZ": b"XYZ \0\0\0\0" + fixed(0.29198, 0.69225, 0.04189),
        b"bXYZ": b"XYZ \0\0\0\0" + fixed(0.15710, 0.06657, 0.78407),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    place = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, words in tags.items():
        table += name + struct.pack(">II", place + len(data), len(words))
        data += words + bytes(-len(words) % 4)
    header = struct.pack(">I4sI", place + len(data), b"\0" * 4, 0x04000000) + b"mntrRGB XYZ "
    header += struct.pack(">6H", 2022, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += fixed(0.96420, 1, 0.82491) + bytes(48)
    return header + table + data


def p3_as_srgb(colour):
    """Return the 8-bit colour of sRGB that looks like one of Display P3."""
    values = np.asarray(colour) / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = [[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]] @ light
    light = light.clip(0, 1)
    seen = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * seen).astype(int)
