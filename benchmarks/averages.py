"""What each average is worth where a rule stops: `averages.py recipe=authors model=dd steps=1000`.

One fit for each image and noise, of the words given (of the model, optimizer, image size and steps;
no others count), in bfloat16. All averages watch it, and with each a rule `blind` of its own, which
takes the average as many steps later as it is old. Prints a table in Markdown: the mean PSNR of
what is recommended, and of the best image of each tenth step, which only the clean one tells, and
the mean and worst gap between the two.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from untrained.average import ExponentialAverage, NoAverage, PolynomialAverage
from untrained.command.build import build_fit
from untrained.kernel.memory import keep_freed_memory
from untrained.metric import psnr
from untrained.stopping.blind import Blind

CONF = str((Path(__file__).parent.parent / "conf").resolve())
IMAGES = ["astronaut", "coffee", "gravel", "clock", "cell", "microaneurysms"]
NOISES = ["noise.sigma=15", "noise.sigma=50", "noise=poisson noise.peak=10"]
NOISES += ["noise=salt_and_pepper noise.amount=0.05"]


def averages() -> dict[str, torch.nn.Module]:
    """Make the averages that are compared."""
    fixed = {f"exponential, decay {d}": ExponentialAverage(d) for d in (0.9, 0.95, 0.97, 0.99)}
    growing = {f"polynomial, eta {e}": PolynomialAverage(e) for e in (0, 1, 2, 3, 4, 6, 8, 16)}
    return {"none": NoAverage(), **fixed, **growing}


def main() -> None:
    """Fit, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--images", nargs="+", default=IMAGES)
    parser.add_argument("--noises", nargs="+", default=NOISES)
    words = parser.parse_args()
    keep_freed_memory()
    found = [
        (f"{image}, {noise}", *each)
        for noise in words.noises
        for image in words.images
        for each in watched([*words.words, f"image={image}", *noise.split()])
    ]
    print(
        "| average | at the pick, dB | best, dB | mean gap, dB | worst gap, dB | of | mean step |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in averages():
        runs = [each for each in found if each[1] == name]
        gaps = [best - picked for *_, picked, best, _ in runs]
        worst = runs[gaps.index(max(gaps))][0]
        picked, best, step = (mean(each[k] for each in runs) for k in (2, 3, 4))
        row = (
            f"{picked:.2f} | {best:.2f} | {mean(gaps):.2f} | {max(gaps):.2f} | {worst} | {step:.0f}"
        )
        print(f"| {name} | {row} |", flush=True)


def watched(words: list[str]) -> list[tuple[str, float, float, int]]:
    """Fit once; return each average's name, its PSNR at the pick, its best, and the step."""
    with initialize_config_dir(CONF, version_base="1.3"):
        config = compose("train", ["image.size=128", *words, "average=none"])
    data, fit = build_fit(config)
    clean, target = data.observation
    optimizer = instantiate(config.optimizer, _convert_="all")(fit.parameters())
    watchers = {name: (average, Blind()) for name, average in averages().items()}
    best = dict.fromkeys(watchers, 0.0)
    for number in range(config.steps):
        with torch.autocast("cpu", torch.bfloat16):
            step = fit(number, target)
        optimizer.zero_grad()
        step.total.backward()
        optimizer.step()
        for name, (average, rule) in watchers.items():
            seen = replace(step, averages=average(step.images), age=average.age)
            # As they are recommended: without an average the rule shows the reconstruction.
            rule.see(seen)
            if number % 10 == 0:
                best[name] = max(best[name], psnr(seen.results, clean).item())
    return [
        (name, psnr(rule.recommended, clean).item(), best[name], int(rule.step))
        for name, (_, rule) in watchers.items()
    ]


if __name__ == "__main__":
    main()
