"""Which kind of noise is read from a noisy picture: `python benchmarks/kinds.py`.

White and correlated noise are added to pictures of scikit-image in three sizes. Noisy photos of
your own, as `benchmarks/kinds.py --photos crops/*.png`, are read as they are, in the middle
256 x 256 pixels. Prints a table in Markdown: the number of targets; those whose finest details look
correlated (`CORRELATED` in `noise/kind.py`); the lowest, middle and highest `plainest` of these;
and those that are read as correlated noise in the end.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

import untrained.command.word  # noqa: F401 - the resolvers of conf/
from untrained.image.picture import cropped, read
from untrained.noise.correlated import Correlated
from untrained.noise.detail import lattice_variance, without_impulses
from untrained.noise.gaussian import Gaussian
from untrained.noise.kind import CORRELATED, is_correlated, plainest

CONF = str((Path(__file__).parent.parent / "conf").resolve())
IMAGES = ["astronaut", "camera", "chelsea", "coffee", "coins", "hubble_deep_field", "moon", "page"]
IMAGES += ["retina", "rocket", "stereo_motorcycle", "brick", "grass", "gravel"]
IMAGES += ["immunohistochemistry"]
SIZES = (64, 128, 256)
WHITE_SIGMAS = (2, 3, 5, 8, 15, 25)
CORRELATED_SIGMAS = (5, 10, 20)
SIDE = 256


def main() -> None:
    """Read the noise of all targets, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", nargs="*", type=Path, default=[], metavar="FILE")
    options = parser.parse_args()
    print("| noise | targets | look correlated | `plainest` | read as correlated |")
    print("|---|---|---|---|---|")
    for sigma in WHITE_SIGMAS:
        print(row(f"white, sigma {sigma}", map(Gaussian(sigma), pictures())))
    for sigma in CORRELATED_SIGMAS:
        print(row(f"correlated, sigma {sigma}", map(Correlated(sigma), pictures())))
    if options.photos:
        print(row("photos", (middle(read(path)) for path in options.photos)))


def pictures() -> Iterator[Tensor]:
    """Return each clean picture in each size."""
    with initialize_config_dir(CONF, version_base="1.3"):
        for name in IMAGES:
            for size in SIZES:
                yield instantiate(compose("train", [f"image={name}", f"image.size={size}"]).image)


def middle(photo: Tensor) -> Tensor:
    """Return the middle of a photo `1 c h w`."""
    return cropped(photo, min(SIDE, photo.shape[2]), min(SIDE, photo.shape[3]))


def row(title: str, targets: Iterator[Tensor]) -> str:
    """Return the row of the table for targets with one noise."""
    count = correlated = 0
    ratios = []
    for target in targets:
        count += 1
        correlated += is_correlated(target)
        filled = without_impulses(target)
        if lattice_variance(filled, 2) > CORRELATED**2 * lattice_variance(filled, 1):
            ratios.append(plainest(filled).item())
    found = [f"{of(ratios):.2f}" for of in (min, median, max)] if ratios else []
    return f"| {title} | {count} | {len(ratios)} | {', '.join(found)} | {correlated} |"


if __name__ == "__main__":
    main()
