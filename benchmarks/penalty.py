"""What each form of the covariance penalty picks: `penalty.py --pairs FOLDER "image=chelsea ..."`.

Fits targets whose noise is alike in neighbouring pixels by `model=dip` and the defaults, in the
precision that they have here: crops of 256 x 256 of pairs `<name>_real.*` and `<name>_mean.*`
(docs/real_noise.md), and what the words given simulate, one fit for each argument. Rules of several
settings watch each fit. Prints a table in Markdown: the gap of the image that each one
picks to the best average of the curve, which only the clean image tells, its mean and its worst.
"""

import argparse
import math
import sys
from pathlib import Path
from statistics import mean

import imageio.v3 as iio
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import untrained.command.word  # noqa: E402, F401 - the resolvers of conf/
from benchmarks.real_noise import centre  # noqa: E402
from untrained.command.build import Given, build_fit  # noqa: E402
from untrained.kernel.memory import keep_freed_memory  # noqa: E402
from untrained.metric import psnr  # noqa: E402
from untrained.stopping.covariance_penalty import CovariancePenalty  # noqa: E402

FORMS = [
    *(
        {"factor": factor, "gain": gain}
        for factor in (0.8, 0.9, 1.0, 1.2)
        for gain in (0, 0.01, 0.03)
    ),
    *({"structure": structure} for structure in (1.0, 1.5, 2.0, 3.0, math.inf)),
    *({"coarse": coarse} for coarse in (0, 0.2, 0.3, 0.4, 0.5, 10)),
]
CROP = 256


def main() -> None:
    """Fit, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("simulated", nargs="*", help="words of train.py, each argument a fit")
    parser.add_argument("--pairs", nargs="*", type=Path, default=[], help="the `_real` pictures")
    options = parser.parse_args()
    keep_freed_memory()
    gaps: list[list[float]] = [[] for _ in FORMS]
    for noisy in options.pairs:
        (clean,) = noisy.parent.glob(noisy.stem.removesuffix("_real") + "_mean.*")
        add(gaps, noisy.stem, ["noise=none"], (crop(clean), crop(noisy)))
    for words in options.simulated:
        add(gaps, words, words.split(), None)
    print("| settings | mean gap, dB | worst |\n|---|---|---|")
    for form, found in zip(FORMS, gaps, strict=True):
        settings = ", ".join(f"{name} {value}" for name, value in form.items())
        print(f"| {settings} | {mean(found):.2f} | {max(found):.2f} |")


def add(
    gaps: list[list[float]],
    name: str,
    words: list[str],
    pair: tuple[Tensor, Tensor] | None,
) -> None:
    """Fit one target and add the gap of each form."""
    best, picked = watched(words, pair)
    for found, quality in zip(gaps, picked, strict=True):
        found.append(best - quality)
    line = ", ".join(f"{best - quality:.2f}" for quality in picked)
    print(f"{name}: best average {best:.2f} dB; gaps {line}", file=sys.stderr, flush=True)


def crop(path: Path) -> Tensor:
    """Return the centre of a picture of 8 bits, `1 c h w` in [0, 1]."""
    pixels = torch.from_numpy(centre(iio.imread(path), CROP).copy())
    return pixels.permute(2, 0, 1)[None].float() / 255


def watched(words: list[str], pair: tuple[Tensor, Tensor] | None) -> tuple[float, list[float]]:
    """Fit once, until all rules have ended and half as many steps again.

    Args:
        words: Words of `train.py`.
        pair: The clean image and the target; None where the words simulate them.

    Returns:
        The PSNR of the best average, and that of each form's pick.
    """
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose("train", ["model=dip", f"image.size={CROP}", *words])
    data, fit = build_fit(config, pair and Given(clean=pair[0], target=pair[1]))
    clean, target = pair or data.observation
    optimizer = instantiate(config.optimizer, _convert_="all")(fit.parameters())
    rules = [CovariancePenalty(**form) for form in FORMS]
    best, ended = 0.0, 0
    precision = torch.bfloat16 if "bf16" in config.accelerator.precision else torch.float32
    for number in range(config.steps):
        with torch.autocast("cpu", precision, enabled=precision is torch.bfloat16):
            step = fit(number, target)
        optimizer.zero_grad()
        step.total.backward()
        optimizer.step()
        for rule in rules:
            rule.see(step)
        if number % 10:
            continue
        best = max(best, psnr(step.average, clean).item())
        if not all(rule.detected for rule in rules):
            ended = number
        elif number > 1.5 * ended:
            break
    return best, [psnr(rule.recommended, clean).item() for rule in rules]


if __name__ == "__main__":
    main()
