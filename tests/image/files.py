"""Pictures on disk, written by other means than ours."""

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
