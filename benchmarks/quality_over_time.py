"""PSNR over wall-clock seconds of several recipes: `python benchmarks/quality_over_time.py`.

Each recipe is a real run of train.py, and a point of its curve is the averaged image's PSNR
against the clean one at a step times the run's seconds a step. The first recipe is the
authors' of Deep Image Prior, on stock layers with the default allocator; the others are held
against its best, which only the clean image knows, less 0.1 dB.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

ROOT = Path(__file__).parent.parent
AUTHORS = ["recipe=authors", "model=dip", "steps=2000"]
PLAIN = [
    "accelerator.fused=false",
    "accelerator.channels_last=false",
    "accelerator.keep_freed_memory=false",
]
RECIPES = {
    "authors' DIP": [*AUTHORS, *PLAIN],
    "DIP": AUTHORS,
    "DIP, bf16": [*AUTHORS, "accelerator.precision=bf16-mixed"],
    "dip_sooner": ["experiment=dip_sooner"],
}
Curve = list[tuple[float, float]]


def main() -> None:
    """Run the recipes, print a table in Markdown and draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--words", nargs="*", default=["image.size=128", "noise.sigma=25"])
    parser.add_argument("--picture", type=Path, default=Path("quality_over_time.png"))
    words = parser.parse_args()
    curves, goal = {}, None
    print(f"`{' '.join(words.words)}`\n")
    print("| recipe | s/step | best average, dB | result, dB | s to the goal | times sooner |")
    print("|---|---|---|---|---|---|")
    for name in words.recipes:
        curve, summary = fitted(RECIPES[name] + words.words)
        best = max(psnr for _, psnr in curve)
        if goal is None:
            goal = best - 0.1
            base = reached(curve, goal)
        seconds = reached(curve, goal)
        times = "-" if seconds is None else f"{base / seconds:.1f}"
        when = "not reached" if seconds is None else f"{seconds:.0f}"
        result = result_of(summary)
        print(
            f"| {name} | {summary['seconds_per_step']:.3f} | {best:.2f} | {result:.2f} "
            f"| {when} | {times} |",
            flush=True,
        )
        curves[name] = curve
    draw(curves, goal, words.picture)


def fitted(words: list[str]) -> tuple[Curve, dict]:
    """Run train.py, and return the average's PSNR over seconds, and the summary."""
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, str(ROOT / "train.py"), *words, "~callbacks.video"]
        subprocess.run([*run, f"hydra.run.dir={folder}/run"], check=True, capture_output=True)
        summary = json.loads(Path(folder, "run", "summary.json").read_text())
        with Path(folder, "run", "metrics.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
    pace = summary["seconds_per_step"]
    return [(float(r["step"]) * pace, float(r["psnr/average"])) for r in rows], summary


def result_of(summary: dict) -> float:
    """Return the PSNR of the image that the run recommends: a rule's if one has ended it."""
    halted = [rule["psnr"] for rule in summary["stopping"].values() if rule["halted"]]
    return halted[0] if halted else summary["psnr"]["average"]


def reached(curve: Curve, goal: float) -> float | None:
    """Return the seconds until the goal is reached, or None."""
    return next((seconds for seconds, psnr in curve if psnr >= goal), None)


def draw(curves: dict[str, Curve], goal: float, path: Path) -> None:
    """Draw the curves over seconds on a log axis."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, curve in curves.items():
        axes.plot(*zip(*curve[1:], strict=True), label=name)
    axes.axhline(goal, color="0.6", linewidth=0.8, linestyle="--")
    axes.set(xscale="log", xlabel="seconds", ylabel="PSNR of the average, dB")
    axes.grid(alpha=0.2)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
