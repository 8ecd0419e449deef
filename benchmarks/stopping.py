"""How far each stopping rule is from the oracle: `python benchmarks/stopping.py outputs/x ...`.

Reads the folders of finished runs (of any number of sweeps) and prints tables in Markdown: of each
rule, by model, its mean and its worst gap to the best image of the curve, and the steps it took;
of one rule, by noise; and with `--factors` what the discrepancy principle would have given with
other factors, read off the curves: how its factor was chosen.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, median

import numpy as np

from untrained.record.run import Record, records

LEVELS = ("noise.sigma", "noise.peak", "noise.amount")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rule", default="blind", help="whose table is by noise as well")
    parser.add_argument("--factors", nargs="*", type=float, default=[])
    parser.add_argument("--runs", action="store_true", help="each run of the rule as well")
    words = parser.parse_args()
    by_model = defaultdict(list)
    for run in records(words.folders):
        if run.rules():
            by_model[run.value("model")].append(run)
    for model, runs in by_model.items():
        print(f"\n`model={model}`, {len(runs)} runs\n")
        print("| | mean gap, dB | worst gap, dB | of | median step | last step |")
        print("|---|---|---|---|---|---|")
        for rule in runs[0].rules():
            line(f"`{rule}`", [(run, *picked(run, rule)) for run in runs])
        for noise, alike in grouped(runs).items():
            line(f"`{words.rule}`, {noise}", [(run, *picked(run, words.rule)) for run in alike])
        for factor in words.factors:
            line(f"factor {factor:g}", [(run, *crossing(run, factor)) for run in runs])
        for run in runs if words.runs else ():
            line(described(run), [(run, *picked(run, words.rule))])


def line(name: str, found: Iterable[tuple[Record, float, float]]) -> None:
    """Print one row of a table, of runs with their gaps and steps."""
    known = list(found)
    worst = max(known, key=lambda each: each[1])
    steps = median(step for _, _, step in known)
    last = median(run.curve["step"][-1] for run, *_ in known)
    gaps = mean(gap for _, gap, _ in known)
    of = described(worst[0])
    print(f"| {name} | {gaps:.2f} | {worst[1]:.2f} | {of} | {steps:.0f} | {last:.0f} |")


def described(run: Record) -> str:
    """Name a run by its image and its noise."""
    level = next((word for word in LEVELS if run.value(word)), "noise")
    image = Path(run.value("image.path")).stem
    return f"{image} {level.partition('.')[2]} {run.value(level)}"


def grouped(runs: Iterable[Record]) -> dict[str, list[Record]]:
    """Group runs by their noise."""
    groups = defaultdict(list)
    for run in runs:
        groups[described(run).partition(" ")[2]].append(run)
    return dict(sorted(groups.items()))


def picked(run: Record, rule: str) -> tuple[float, float]:
    """Return the gap and the step of a rule's pick."""
    rules = run.rules()
    if rule not in rules:
        raise SystemExit(f"--rule={rule} did not watch {run.folder}: {', '.join(rules)} did")
    verdict = rules[rule]
    return verdict["gap_db"], verdict["step"]


def crossing(run: Record, factor: float) -> tuple[float, float]:
    """Return the gap and the step of the first point of the curve below a factor, or the last.

    Of an exponential or polynomial average, which shows the network as it was, that much later.
    """
    kind = "average" if "psnr/average" in run.curve else "last"
    quality, ratio = (np.asarray(run.curve[n]) for n in (f"psnr/{kind}", "stopping/discrepancy"))
    decay, eta = run.config.get("average.decay", 0), run.config.get("average.eta", np.inf)
    below = np.flatnonzero(ratio < factor)
    at = run.curve["step"][below[0]] if len(below) else np.inf
    step = at * (1 + 1 / (eta + 1)) + decay / (1 - decay)
    return quality.max() - np.interp(step, run.curve["step"], quality), step


if __name__ == "__main__":
    main()
