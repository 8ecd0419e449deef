"""What classic filters make of a noisy image: `python benchmarks/classic.py noise.sigma=25`.

Takes the words of `train.py` for the image and the noise, and prints the PSNR of non-local means
and total variation (scikit-image), each at the level that `noise_level` estimates, and of BM3D
where the package `bm3d` is installed; its licence is not free for all uses.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle
from torch import Tensor

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from untrained.metric import psnr  # noqa: E402
from untrained.noise.level import noise_level  # noqa: E402


def main() -> None:
    """Filter one image by each, and print a table in Markdown."""
    from hydra import compose, initialize_config_dir
    from hydra.utils import instantiate

    import untrained.command.word  # noqa: F401 - the resolvers of conf/

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    words = parser.parse_args().words
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose("train", words)
    clean = instantiate(config.image)
    noisy = instantiate(config.noise)(clean)
    print(f"| | PSNR, dB | seconds |\n|---|---|---|\n| noisy | {psnr(noisy, clean):.2f} | |")
    filters: dict[str, Callable[[Tensor], Tensor]] = {"NLM": nlm, "TV": tv, "BM3D": bm3d}
    for name, filtered in filters.items():
        start = time.perf_counter()
        try:
            quality = psnr(filtered(noisy), clean).item()
        except ImportError:
            print(f"| {name} | not installed | |")
            continue
        print(f"| {name} | {quality:.2f} | {time.perf_counter() - start:.1f} |")


def nlm(noisy: Tensor) -> Tensor:
    """Return what non-local means makes of it, with scikit-image's advice for a known sigma."""
    sigma = noise_level(noisy).item() / 255
    words = {"patch_size": 5, "patch_distance": 6, "fast_mode": True, "channel_axis": 2}
    return tensor(denoise_nl_means(array(noisy), h=0.8 * sigma, sigma=sigma, **words))


def tv(noisy: Tensor) -> Tensor:
    """Return what total variation makes of it, with a weight of 1.2 times the level."""
    sigma = noise_level(noisy).item() / 255
    return tensor(denoise_tv_chambolle(array(noisy), weight=1.2 * sigma, channel_axis=2))


def bm3d(noisy: Tensor, strength: float = 1.0) -> Tensor:
    """Return what BM3D makes of it at a multiple of the estimated level."""
    from bm3d import bm3d, bm3d_rgb

    sigma = strength * noise_level(noisy).item() / 255
    if noisy.shape[1] == 1:
        return tensor(bm3d(array(noisy)[..., 0], sigma).reshape(*noisy.shape[2:], 1))
    return tensor(bm3d_rgb(array(noisy), sigma))


def array(image: Tensor) -> np.ndarray:
    """Return a `1 c h w` image as an `h w c` array."""
    return image[0].permute(1, 2, 0).numpy()


def tensor(image: np.ndarray) -> Tensor:
    """Return an `h w c` array as `1 c h w`, clipped to [0, 1]."""
    return torch.from_numpy(image).permute(2, 0, 1)[None].float().clamp(0, 1)


if __name__ == "__main__":
    main()
