"""Score a picture beside the clean one: `score.py RESULT CLEAN --channel y --border 4`.

What docs/evidence/restorations.md says of the authors' own result pictures was read by it. A result
that is pasted on a black frame is compared within the frame alone. With `--masked FILE`, a picture
that is black where pixels are lost, the result is scored with the known pixels put in place as
well. With `--noisy FILE` it says how far the error of the result correlates with the noise of that
file: a result that was fitted to the file has some of its noise.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from untrained.image import read
from untrained.metric import Metric
from untrained.reproduce.score import inside


def main() -> None:
    """Print PSNR in dB and SSIM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("clean", type=Path)
    parser.add_argument("--channel", default="all")
    parser.add_argument("--border", type=int, default=0)
    parser.add_argument("--masked", type=Path)
    parser.add_argument("--noisy", type=Path)
    words = parser.parse_args()
    result, clean = read(words.result), read(words.clean)
    rows, columns = inside(result)
    metric = Metric(words.channel, words.border)
    show("result", metric, result[..., rows, columns], clean[..., rows, columns])
    if words.noisy:
        noisy = read(words.noisy)[..., rows, columns]
        result, clean = result[..., rows, columns], clean[..., rows, columns]
        pair = torch.stack([(result - clean).flatten(), (noisy - clean).flatten()])
        print(f"its error correlates with the noise by {torch.corrcoef(pair)[0, 1]:.2f}")
    if words.masked:
        masked = read(words.masked)
        show("with the known pixels", metric, torch.where(masked > 0, masked, result), clean)


def show(name: str, metric: Metric, image: Tensor, clean: Tensor) -> None:
    """Print one line."""
    found = metric.quality(image, clean)
    size = " x ".join(map(str, image.shape[2:]))
    print(f"{name}, {size}: {found['psnr']:.2f} dB, SSIM {found['ssim']:.3f}")


if __name__ == "__main__":
    main()
