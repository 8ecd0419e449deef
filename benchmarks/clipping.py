"""What undoing the clipping brings to a classical result: `python benchmarks/clipping.py`.

BM3D denoises pictures of scikit-image with each kind of noise, and `noise.clipping` undoes what
clipping did to its result. Prints the mean PSNR of both and the least gain, in Markdown. Needs the
package `bm3d`, whose licence is not free for all uses.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

import untrained.command.word  # noqa: F401 - the resolvers of conf/
from untrained.baseline.bm3d import BM3D
from untrained.degradation.identity import Identity
from untrained.metric import psnr
from untrained.noise.clipping import unclipped

CONF = str((Path(__file__).parent.parent / "conf").resolve())
IMAGES = ["astronaut", "camera", "chelsea", "coffee", "rocket", "stereo_motorcycle", "retina"]
IMAGES += ["brick", "coins", "immunohistochemistry", "hubble_deep_field", "moon", "page"]
NOISES = [["noise.sigma=5"], ["noise.sigma=15"], ["noise.sigma=25"], ["noise.sigma=50"]]
NOISES += [["noise.sigma=50", "noise.clip=false"], ["noise=speckle"]]
NOISES += [["noise=poisson", f"noise.peak={peak}"] for peak in (10, 30, 300)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", nargs="+", default=IMAGES, help="options of image=")
    images = parser.parse_args().images
    print("| noise | BM3D | unclipped | least gain, dB |\n|---|---|---|---|", flush=True)
    for words in NOISES:
        found = np.array([compared(name, words) for name in images])
        before, after = found.mean(0)
        least = (found[:, 1] - found[:, 0]).min()
        print(f"| {' '.join(words)} | {before:.2f} | {after:.2f} | {least:+.2f} |", flush=True)


def compared(name: str, words: Sequence[str]) -> tuple[float, float]:
    """Return the PSNR of BM3D's result for a picture, as it is and unclipped."""
    with initialize_config_dir(CONF, version_base="1.3"):
        config = compose("train", [f"image={name}", *words])
    clean = instantiate(config.image)
    target = instantiate(config.noise)(clean)
    result = BM3D()(target, Identity())
    return psnr(result, clean).item(), psnr(unclipped(result, target), clean).item()


if __name__ == "__main__":
    main()
