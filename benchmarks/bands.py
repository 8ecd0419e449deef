"""A cube of bands beside the classic filters: `python benchmarks/bands.py`.

The cube has eight bands that are mixed of the colours of a photo, with white noise of sigma 25. The
defaults of `untrained.restore` restore it. The baselines filter its principal components. The same
filters are also run on each band alone, as many people do.

Prints a table in Markdown: PSNR of all bands together, the mean of the PSNR of the bands (MPSNR),
SSIM, and seconds.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from skimage import data
from skimage.transform import resize
from torch import Tensor

import untrained
from untrained.baseline.denoiser import Denoiser
from untrained.baseline.nlm import NonLocalMeans
from untrained.baseline.tv import Chambolle
from untrained.baseline.wavelet import WaveletShrinkage
from untrained.degradation.identity import Identity
from untrained.metric import mean_psnr, psnr, ssim
from untrained.noise.gaussian import Gaussian

DENOISERS = (NonLocalMeans(), Chambolle(), WaveletShrinkage())


class Row(NamedTuple):
    """One row of the table: a name, an image `1 c h w`, and the seconds that it took."""

    name: str
    image: Tensor
    seconds: float


def main() -> None:
    """Restore the cube, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=96, help="side of the bands, in pixels")
    parser.add_argument("--bands", type=int, default=8, help="number of the bands")
    parser.add_argument("--sigma", type=float, default=25, help="of the noise, on the 0-255 scale")
    words = parser.parse_args()
    clean = cube(words.size, words.bands)
    noisy = Gaussian(sigma=words.sigma)(clean)
    print("| method | PSNR, dB | MPSNR, dB | SSIM | s |")
    print("|---|---|---|---|---|")
    for row in [Row("noisy", noisy, 0.0), *classics(noisy), *ours(noisy)]:
        figures = [psnr(row.image, clean), mean_psnr(row.image, clean)]
        said = [f"{each.item():.2f}" for each in figures]
        quality = f"{ssim(row.image, clean).item():.3f}"
        print(f"| {row.name} | {' | '.join(said)} | {quality} | {row.seconds:.1f} |", flush=True)


def cube(size: int, bands: int) -> Tensor:
    """Return the bands, `1 bands size size`: each is a mean of red, green and blue with weights."""
    photo = resize(data.astronaut() / 255, (size, size), anti_aliasing=True)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), bands)
    return torch.from_numpy(photo @ weights.T).float().permute(2, 0, 1)[None].contiguous()


def classics(noisy: Tensor) -> Iterator[Row]:
    """Yield what each filter makes of each band alone, and of the principal components."""
    for denoiser in DENOISERS:
        yield timed(f"{denoiser.name}, band by band", lambda each=denoiser: alone(each, noisy))
        yield timed(
            f"{denoiser.name}, principal components",
            lambda each=denoiser: each(noisy, Identity()),
        )


def alone(denoiser: Denoiser, noisy: Tensor) -> Tensor:
    """Return each band filtered as a grey picture."""
    return torch.cat([denoiser(band, Identity()) for band in noisy.split(1, dim=1)], 1)


def ours(noisy: Tensor) -> Iterator[Row]:
    """Yield the result of the network, and the same after its refinement."""
    started = time.perf_counter()
    result = untrained.restore(noisy, progress=False)
    seconds = time.perf_counter() - started
    assert result.status != "interrupted"  # As by the end of `timeout`: it would be no result.
    yield Row("the network", result.network, seconds)
    yield Row("the network, refined (the default)", result.image, seconds)


def timed(name: str, make: Callable[[], Tensor]) -> Row:
    """Return a row of what a function makes."""
    started = time.perf_counter()
    image = make()
    return Row(name, image, time.perf_counter() - started)


if __name__ == "__main__":
    main()
