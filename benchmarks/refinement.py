"""What a refinement brings to runs that are finished: `python benchmarks/refinement.py outputs/*`.

Takes the network's own image of each run, refines it in several ways, and prints the mean PSNR.
All ways but "the network's own" and "both filters" undo the clipping in the end.
The images are read from 8-bit files, so that the last digit may differ from the run's own.
"""

import argparse
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from torch import Tensor

from untrained.collaborative import Filter
from untrained.metric import psnr
from untrained.noise.clipping import unclipped
from untrained.record.name import CLEAN, NETWORK, TARGET
from untrained.refinement import CollaborativeWiener, along, axes_of_colours

FIRST = Filter(5, 16, margin=0.1)
SECOND = Filter(7, 64, adapted=True)
WAYS = {
    "one filter, by cosines, no detail added": (Filter(5, 16),),
    "the same with detail: the first filter": (FIRST,),
    "no detail added": (Filter(5, 16), SECOND),
    "first filter by components": (Filter(5, 16, adapted=True, margin=0.1), SECOND),
    "second filter by cosines": (FIRST, Filter(5, 16)),
    "second filter twice": (FIRST, SECOND, SECOND),
    "second filter: 32 blocks of 5": (FIRST, Filter(5, 32, adapted=True)),
    "second filter: 64 blocks of 5": (FIRST, Filter(5, 64, adapted=True)),
    "second filter: 32 blocks of 7": (FIRST, Filter(7, 32, adapted=True)),
    "second filter: 64 blocks of 8": (FIRST, Filter(8, 64, adapted=True)),
    "second filter: 64 blocks of 9": (FIRST, Filter(9, 64, adapted=True)),
}


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--each", action="store_true", help="each run, but the first four ways")
    options = parser.parse_args()
    folders = [folder for folder in options.folders if (folder / NETWORK).exists()]
    if options.each:
        for folder in folders:
            print(folder, *(f"{way}: {value:.2f}" for way, value in as_it_is(folder).items()))
        return
    rows = [refined(folder) for folder in folders]
    print(f"mean of {len(rows)} runs\n")
    print("| | PSNR, dB | worst against the network's own |\n|---|---|---|")
    for way in rows[0]:
        gains = [row[way] - row["the network's own"] for row in rows]
        print(f"| {way} | {np.mean([row[way] for row in rows]):.2f} | {min(gains):+.2f} |")


def as_it_is(folder: Path) -> dict[str, float]:
    """Return the PSNR of the result of a run with white noise, with and without its last steps."""
    image, target, clean = (read(folder / name) for name in (NETWORK, TARGET, CLEAN))
    results = {
        "the network's own": image,
        "the network's own, unclipped": unclipped(image, target),
        "both filters": CollaborativeWiener(unclip=False)(image, target),
        "**both filters, unclipped, as it is**": CollaborativeWiener()(image, target),
    }
    return {way: psnr(result, clean).item() for way, result in results.items()}


def refined(folder: Path) -> dict[str, float]:
    """Return the PSNR of each way to refine the result of a run with white noise."""
    found = as_it_is(folder)
    image, target, clean = (read(folder / name) for name in (NETWORK, TARGET, CLEAN))
    axes = axes_of_colours(image[0])
    noisy = along(axes, target[0])
    for way, filters in WAYS.items():
        filtered = along(axes, image[0])
        for each in filters:
            filtered = each(filtered, noisy)
        result = along(axes.T, filtered)[None].clamp(0, 1)
        found[way] = psnr(unclipped(result, target), clean).item()
    return found


def read(path: Path) -> Tensor:
    """Read a picture as `1 c h w` in [0, 1]."""
    pixels = iio.imread(path)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / np.iinfo(pixels.dtype).max


if __name__ == "__main__":
    main()
