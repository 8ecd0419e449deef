"""What a refinement brings to runs that are finished: `python benchmarks/refinement.py outputs/*`.

Takes the network's own image of each run, refines it in several ways, and prints the mean PSNR.
The images are read from 8-bit files, so that the last digit may differ from the run's own.
"""

import argparse
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from torch import Tensor

from untrained.metric import psnr
from untrained.record.name import CLEAN, NETWORK, TARGET
from untrained.refinement import CollaborativeWiener


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    folders = parser.parse_args().folders
    rows = [refined(folder) for folder in folders if (folder / NETWORK).exists()]
    print(f"mean of {len(rows)} runs\n")
    print("| | PSNR, dB | worst against the network's own |\n|---|---|---|")
    for way in rows[0]:
        gains = [row[way] - row["the network's own"] for row in rows]
        print(f"| {way} | {np.mean([row[way] for row in rows]):.2f} | {min(gains):+.2f} |")


def refined(folder: Path) -> dict[str, float]:
    """Return the PSNR of each way to refine the result of a run."""
    image, target, clean = (read(folder / name) for name in (NETWORK, TARGET, CLEAN))
    ways = {"the network's own": image}
    for size in (4, 5, 6, 8, 16):
        refined = CollaborativeWiener(size)(image, target)
        ways[f"groups of 16 blocks of {size}"] = refined
    for alike in (1, 4, 32):
        refined = CollaborativeWiener(alike=alike)(image, target)
        ways[f"groups of {alike} blocks of 5"] = refined
    ways["mean with the target"] = (image + target) / 2
    return {way: psnr(each.clamp(0, 1), clean).item() for way, each in ways.items()}


def read(path: Path) -> Tensor:
    """Read a picture as `1 c h w` in [0, 1]."""
    pixels = iio.imread(path)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / np.iinfo(pixels.dtype).max


if __name__ == "__main__":
    main()
