"""What the baselines alone make of an image: `python benchmarks/classic.py noise.sigma=25`.

Takes the words of `train.py` for image, noise, degradation, baseline (`baseline=[nlm,bm3d]`) and
metric (`metric.channel=y`), and prints PSNR and seconds of each baseline, without a fit.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from untrained.noise.gaussian import Gaussian  # noqa: E402


def main() -> None:
    """Run each baseline on one target, and print a table in Markdown."""
    from hydra import compose, initialize_config_dir
    from hydra.utils import instantiate

    import untrained.command.word  # noqa: F401 - the resolvers of conf/

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    words = parser.parse_args().words
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose("train", words)
    degradation = instantiate(config.degradation, _convert_="all")
    clean = degradation.cropped(instantiate(config.image))
    noise = instantiate(config.noise)
    target = degradation.masked(noise(degradation.observe(clean)))
    known = degradation.visible(clean)
    psnr = instantiate(config.metric).psnr
    print("| | PSNR, dB | seconds |\n|---|---|---|")
    if degradation.view_is_image:
        view, name = degradation.view(target)
        print(f"| {name} | {psnr(view, known):.2f} | |")
    for baseline in instantiate(config.baseline, _convert_="all").baselines.values():
        reason = baseline.suits(target, degradation)
        if reason:
            print(f"| {baseline.name} | {reason} | |")
            continue
        if isinstance(noise, Gaussian):
            baseline.known_level = noise.sigma  # as a run does
        start = time.perf_counter()
        image = baseline(target, degradation)
        seconds = time.perf_counter() - start
        quality = psnr(degradation.visible(image), known)
        print(f"| {baseline.name} | {quality:.2f} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
