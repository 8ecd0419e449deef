"""A large photo in tiles: its seconds, its quality, and whether there are seams.

`python benchmarks/tiles.py --height 3000 --width 4000 model=dd tile.size=512`

The photo is a mosaic of the photographs that scikit-image ships, enlarged where it has to be, with
white noise. It has the size of a 12-megapixel camera's, but not the detail of one.
"""

import argparse
import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter
from skimage import data

import untrained
from untrained.kernel.memory import keep_freed_memory
from untrained.tile import Tiles

ROOT = Path(__file__).parent.parent
NAMES = ("retina", "astronaut", "hubble_deep_field", "coffee", "chelsea", "rocket")
COLUMNS = 3
# Row and column of the strips in which seams are looked at.
BANDS = ((150, 120), (700, 250), (420, 500), (900, 700))
NEAR = 8
"""Pixels from the middle of a seam that count as near to it."""
AROUND, OFF = 7, 20
"""A spot is off by so many levels in the mean of so many pixels each way."""


def main() -> None:
    """Make the photo, restore it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--sigma", type=float, default=15)
    parser.add_argument("--out", type=Path, default=Path("outputs/tiles"))
    parser.add_argument("--three", action="store_true", help="fit three tiles alone, by one thread")
    parser.add_argument("--seams", type=int, metavar="OVERLAP", help="what a seam costs, alone")
    parser.add_argument("--resume", action="store_true", help="go on with what is in --out")
    options, words = parser.parse_known_args()
    if options.three:
        fit_three(words, options.sigma)
        return
    if options.seams:
        print_seams(words, options.sigma, options.seams)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    clean = mosaic(options.height, options.width)
    rng = np.random.default_rng(0)
    noisy = (clean + rng.normal(0, options.sigma, clean.shape)).round().clip(0, 255)
    iio.imwrite(options.out / "clean.png", clean)
    iio.imwrite(options.out / "noisy.png", noisy.astype(np.uint8))
    pair = [f"target.path={options.out}/noisy.png", f"image.path={options.out}/clean.png"]
    run = options.out / "run"
    place = f"resume={run}" if options.resume else f"hydra.run.dir={run}"
    started = time.time()
    subprocess.run([sys.executable, str(ROOT / "train.py"), *pair, *words, place], check=True)
    seconds = time.time() - started
    found = iio.imread(run / "reconstruction.png")
    summary = json.loads((run / "summary.json").read_text())
    beside = [part_of(each) for each in (noisy.astype(np.uint8), found, clean)]
    iio.imwrite(options.out / "part.png", np.concatenate(beside, axis=1))
    near, inside = seams(clean, found, summary["tiles"])
    print(
        f"{seconds:.0f} s; noisy {psnr(clean, noisy):.2f} dB, restored {psnr(clean, found):.2f} dB"
    )
    print(f"within {NEAR} pixels of a seam {near:.2f} dB, beside it {inside:.2f} dB")
    print(f"{spotted(clean, found)} pixels are off by over {OFF} levels in the mean around them")


def spotted(clean: NDArray[np.uint8], found: NDArray[np.uint8]) -> int:
    """Return how many pixels are in a spot: the mean error of a channel around them is large."""
    error = found.astype(np.float32) - clean
    around = uniform_filter(error, (AROUND, AROUND, 0))
    return int((np.abs(around).max(2) > OFF).sum())


def fit_three(words: list[str], sigma: float) -> None:
    """Fit three tiles of 256 x 256 alone, each by one thread as a worker does, and print them."""
    torch.set_num_threads(1)
    keep_freed_memory()
    photo = mosaic(3000, 4000)
    for top, left in ((400, 400), (700, 1900), (2000, 1900)):
        clean = photo[top : top + 256, left : left + 256] / 255
        noise = np.random.default_rng(0).normal(0, sigma / 255, clean.shape)
        noisy = (clean + noise).clip(0, 1)
        found = untrained.restore(noisy, *words, clean=clean, channel_axis=-1, progress=False)
        print(found)


def print_seams(words: list[str], sigma: float, overlap: int) -> None:
    """Print what a seam costs, beside a tile whose middle the same pixels are.

    Two fits of one tile differ by 1 dB at a pixel, so several seams are looked at.
    """
    torch.set_num_threads(1)
    keep_freed_memory()
    photo = mosaic(1200, 1600) / 255
    lost = []
    for seed, (top, left) in enumerate(BANDS):
        clean = photo[top : top + 256, left : left + 800]
        noise = np.random.default_rng(seed).normal(0, sigma / 255, clean.shape)
        noisy = (255 * (clean + noise).clip(0, 1)).round() / 255
        lost += losses_at_seams(clean, noisy, overlap, words)
    print(f"tile.overlap={overlap}: {np.mean(lost):+.2f} dB at a seam,", np.round(lost, 2))


def losses_at_seams(
    clean: NDArray[np.float64], noisy: NDArray[np.float64], overlap: int, words: list[str]
) -> list[float]:
    """Return for both seams of three tiles how many dB better they are than a tile's middle."""
    step = 256 - overlap

    def fitted(left: int) -> NDArray[np.float64]:
        part = noisy[:, left : left + 256]
        found = untrained.restore(part, *words, channel_axis=-1, progress=False)
        return np.asarray(found.image, np.float64)

    pieces = [torch.from_numpy(fitted(each)).permute(2, 0, 1)[None] for each in (0, step, 2 * step)]
    layout = Tiles(256, 2 * step + 256, 256, overlap)
    blend = layout.blended(pieces)[0].permute(1, 2, 0).double().numpy()
    found = []
    for seam in (step + overlap // 2, 2 * step + overlap // 2):
        near = slice(seam - NEAR, seam + NEAR)
        middle = fitted(seam - 128)[:, 128 - NEAR : 128 + NEAR]
        at_seam = ((blend[:, near] - clean[:, near]) ** 2).mean()
        in_middle = ((middle - clean[:, near]) ** 2).mean()
        found.append(float(10 * np.log10(in_middle / at_seam)))
    return found


def part_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a part of the photo as it is seen at 100 %: an eye of the cat, with two seams."""
    height, width = picture.shape[:2]
    top, left = round(0.65 * height), round(0.35 * width)
    return picture[top : top + 360, left : left + 400]


def mosaic(height: int, width: int) -> NDArray[np.uint8]:
    """Return the photographs side by side, each cropped to the aspect of its place."""
    rows = -(-len(NAMES) // COLUMNS)
    canvas = np.zeros((height, width, 3), np.uint8)
    for index, name in enumerate(NAMES):
        row, column = divmod(index, COLUMNS)
        top, bottom = row * height // rows, (row + 1) * height // rows
        left, right = column * width // COLUMNS, (column + 1) * width // COLUMNS
        canvas[top:bottom, left:right] = filled(getattr(data, name)(), bottom - top, right - left)
    return canvas


def filled(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return the centre of a picture, resized to a size."""
    scale = min(picture.shape[0] / height, picture.shape[1] / width)
    tall, wide = round(height * scale), round(width * scale)
    top, left = (picture.shape[0] - tall) // 2, (picture.shape[1] - wide) // 2
    crop = Image.fromarray(picture[top : top + tall, left : left + wide, :3])
    return np.asarray(crop.resize((width, height), Image.Resampling.BICUBIC))


def seams(
    clean: NDArray[np.uint8], found: NDArray[np.uint8], tiles: list[dict[str, int]]
) -> tuple[float, float]:
    """Return the PSNR near the vertical seams, and that of the pixels beside these, in dB.

    A seam is the middle of what two neighbours share. The pixels beside it are a quarter
    of a tile away, to both sides, so that the picture is about the same.
    """
    size = tiles[0]["width"]
    lefts = sorted({each["left"] for each in tiles})
    errors = (clean.astype(float) - found).astype(float) ** 2
    columns = errors.mean(axis=(0, 2))
    middles = [(after + before + size) // 2 for before, after in pairwise(lefts)]
    near = np.concatenate([columns[m - NEAR : m + NEAR] for m in middles])
    quarter = size // 4
    beside = np.concatenate(
        [
            columns[m + side * quarter - NEAR : m + side * quarter + NEAR]
            for m in middles
            for side in (-1, 1)
        ]
    )
    return decibel(near.mean()), decibel(beside.mean())


def psnr(clean: NDArray[np.uint8], found: NDArray[np.generic]) -> float:
    """Return the PSNR in dB."""
    return decibel(((clean.astype(float) - found) ** 2).mean())


def decibel(error: float) -> float:
    """Return a mean squared error on the 0-255 scale as a PSNR."""
    return float(10 * np.log10(255**2 / error))


if __name__ == "__main__":
    main()
