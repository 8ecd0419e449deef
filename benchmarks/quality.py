"""PSNR and SSIM against seconds, of our recipes and of what one would use instead.

`python benchmarks/quality.py --out outputs/quality` denoises photographs that scikit-image ships.
Other words of the command line go to every run: `--recipes DIP "Deep Decoder" -- noise.sigma=50`.
With `--pairs folder` the pictures are NAME_GT.png beside NAME_noisy.png, as the authors of Deep
Image Prior publish the nine colour images of the CBM3D page.

Each recipe is a real run of train.py in a folder of its own. A run that is finished is not done
again, so the same command goes on where it was stopped. The baselines are those of the first
recipe. BM3D is among them where the package `bm3d` is installed; its licence is not free for all
uses. "BM3D, unclipped" has the last step of our refinement too, which undoes what clipping did to
black and white. It is computed from the 8-bit file of BM3D's result.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from untrained.image.picture import read
from untrained.metric import quality
from untrained.noise.clipping import unclipped
from untrained.record.name import BASELINES, CLEAN, TARGET
from untrained.record.result import read_result

ROOT = Path(__file__).parent.parent
IMAGES = ("astronaut", "camera", "chelsea", "coffee", "rocket", "stereo_motorcycle", "retina")
RECIPES = {
    "DIP": ["model=dip"],
    "DIP, mean of 4": ["model=dip", "fits=4"],
    "DIP, width 64": ["model=dip", "model.width=64"],
    "Deep Decoder": ["model=dd"],
    "Self2Self": ["experiment=self2self"],
    "DIP, as its authors fit it": ["model=dip", "recipe=authors", "steps=1800"],
}
FIRST = ("DIP", "Deep Decoder")
Run = dict[str, Any]


def main() -> None:
    """Do the runs that are not done yet, print the tables and draw the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/quality"))
    parser.add_argument("--images", nargs="*", default=IMAGES, help="options of image=")
    parser.add_argument("--pairs", type=Path, help="a folder of NAME_GT.png and NAME_noisy.png")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=FIRST)
    parser.add_argument(
        "--zs-n2n", action="store_true", help="Zero-Shot Noise2Noise, a minute each"
    )
    parser.add_argument("words", nargs="*", help="words of train.py for every run")
    options = parser.parse_args()
    pictures = {name: [f"image={name}"] for name in options.images}
    if options.pairs:
        pictures = pairs(options.pairs)
        if not pictures:
            parser.error(f"--pairs {options.pairs} has no NAME_GT.png")
    runs: dict[str, dict[str, Run]] = {}
    for name, words in pictures.items():
        for recipe in options.recipes:
            is_first = recipe == options.recipes[0]
            baselines = (
                f"baseline=[{','.join(baselines_of(options))}]" if is_first else "baseline=[]"
            )
            folder = options.out / name / recipe.replace(", ", "-").replace(" ", "_")
            every = [*words, *RECIPES[recipe], *options.words, baselines]
            runs.setdefault(recipe, {})[name] = fitted(folder, every)
            print(f"{name}: {recipe}: {runs[recipe][name]['psnr']:.2f} dB", file=sys.stderr)
    for recipe in options.recipes:
        before = {name: run["before"] for name, run in runs[recipe].items() if "before" in run}
        if before:
            runs[f"{recipe}, not refined"] = before
    methods = runs | baseline_runs(runs[options.recipes[0]])
    print(table(methods, list(pictures), options.words))
    draw(methods, options.out / "quality.png")


def baselines_of(options: argparse.Namespace) -> list[str]:
    """Return the baselines that are compared."""
    found = ["nlm", "tv", "wavelet"]
    if find_spec("bm3d"):
        found.append("bm3d")
    if options.zs_n2n:
        found.append("zs_n2n")
    return found


def pairs(folder: Path) -> dict[str, list[str]]:
    """Return the words of each picture of a folder that has a noisy one beside it."""
    found = {}
    for clean in sorted(folder.glob("*_GT.png")):
        name = clean.name.removesuffix("_GT.png")
        found[name] = [f"image.path={clean}", f"target.path={folder / name}_noisy.png"]
    return found


def fitted(folder: Path, words: Sequence[str]) -> Run:
    """Run train.py, unless it is done, and return what came of it."""
    if read_result(folder).get("status") != "finished":
        place = f"resume={folder}" if (folder / ".hydra").exists() else f"hydra.run.dir={folder}"
        command = [sys.executable, str(ROOT / "train.py"), *words, "~callbacks.video", place]
        code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
        if code:
            sys.exit(code)  # train.py has said why.
    summary = json.loads((folder / "summary.json").read_text())
    with (folder / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps = np.array([float(row["step"]) + 1 for row in rows])
    column = "psnr/average" if "psnr/average" in rows[0] else "psnr/last"
    curve = np.array([float(row[column]) for row in rows])
    found = summary["reconstruction"]
    done: Run = {
        "psnr": found["psnr"],
        "ssim": found["ssim"],
        "seconds": summary["seconds"],
        "curve": (steps * summary["seconds_per_step"], curve),
        "noisy": summary["psnr"]["target"],
        "baselines": summary["baselines"],
    }
    if bm3d := done["baselines"].get("bm3d"):
        more = {"unclipped": unclipped_bm3d(folder, bm3d["seconds"])}
        done["baselines"] = done["baselines"] | more
    if found["refined"] and found["rule"]:
        chosen = summary["stopping"][found["rule"]]  # The same image, before it was refined.
        done["before"] = {key: chosen[key] for key in ("psnr", "ssim")}
        done["before"]["seconds"] = summary["seconds"]
    return done


def unclipped_bm3d(folder: Path, seconds: float) -> Run:
    """Return what BM3D, which took `seconds`, has with the last step of our refinement."""
    target, clean = read(folder / TARGET), read(folder / CLEAN)
    start = time.perf_counter()
    image = unclipped(read(folder / BASELINES / "bm3d.png"), target)
    seconds += time.perf_counter() - start
    return {"name": "BM3D, unclipped", "seconds": seconds, **quality(image, clean)}


def baseline_runs(runs: dict[str, Run]) -> dict[str, dict[str, Run]]:
    """Return what each baseline made of each picture, as runs without a curve."""
    found: dict[str, dict[str, Run]] = {}
    for picture, run in runs.items():
        for baseline in run["baselines"].values():
            found.setdefault(baseline["name"], {})[picture] = baseline
    return found


def table(methods: dict[str, dict[str, Run]], pictures: Sequence[str], words: Sequence[str]) -> str:
    """Return the PSNR of each method on each picture, and the means, in Markdown."""
    first = next(iter(methods.values()))
    lines = [
        f"`{' '.join(words)}`\n" if words else "",
        f"| picture | noisy | {' | '.join(methods)} |",
        f"|---|---|{'---|' * len(methods)}",
    ]
    for name in pictures:
        each = [f"{runs[name]['psnr']:.2f}" for runs in methods.values()]
        lines.append(f"| {name} | {first[name]['noisy']:.2f} | {' | '.join(each)} |")
    noisy = np.mean([first[name]["noisy"] for name in pictures])
    means = [means_of(runs, pictures) for runs in methods.values()]
    lines.append(f"| **mean, dB** | {noisy:.2f} | {cells(means, 'psnr', 2)} |")
    lines.append(f"| SSIM | | {cells(means, 'ssim', 3)} |")
    lines.append(f"| seconds | | {cells(means, 'seconds', 1)} |")
    return "\n".join(lines)


def means_of(runs: dict[str, Run], pictures: Sequence[str]) -> dict[str, float]:
    """Return the mean PSNR, SSIM and seconds of a method over the pictures."""
    keys = ("psnr", "ssim", "seconds")
    return {key: float(np.mean([runs[name][key] for name in pictures])) for key in keys}


def cells(means: Sequence[dict[str, float]], key: str, digits: int) -> str:
    """Return one figure of each method as cells of a row."""
    return " | ".join(f"{mean[key]:.{digits}f}" for mean in means)


def draw(methods: dict[str, dict[str, Run]], path: Path) -> None:
    """Draw the mean over the pictures: curves over the seconds, and a point for each result."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for method, runs in methods.items():
        if all("curve" in run for run in runs.values()):
            (line,) = axes.plot(*mean_curve(list(runs.values())), linewidth=1.5)
            axes.plot(*place(runs), "o", color=line.get_color(), label=method)
    classical = {
        method: place(runs)
        for method, runs in methods.items()
        if "not refined" not in method and not any("curve" in run for run in runs.values())
    }
    for names, point in named_together(classical):
        axes.plot(*point, "s", color="0.45")
        axes.annotate(names, point, (6, -3), textcoords="offset points")
    floor = min(run["noisy"] for run in next(iter(methods.values())).values())
    axes.set(xscale="log", xlabel="seconds", ylabel="PSNR, dB", ylim=(floor + 2, None))
    axes.grid(alpha=0.2)
    axes.legend(frameon=False, loc="lower left", title="a curve is the average, a point the result")
    figure.savefig(path, dpi=150)


def place(runs: dict[str, Run]) -> tuple[float, float]:
    """Return the mean seconds and the mean PSNR of the results of a method."""
    seconds = float(np.mean([run["seconds"] for run in runs.values()]))
    return max(seconds, 0.05), float(np.mean([run["psnr"] for run in runs.values()]))


def named_together(
    points: dict[str, tuple[float, float]],
) -> list[tuple[str, tuple[float, float]]]:
    """Return points with their names; those whose names would cover each other are one point."""
    found: list[tuple[list[str], tuple[float, float]]] = []
    for name, (seconds, psnr) in points.items():
        for names, point in found:
            if abs(point[1] - psnr) < 0.2 and 0.5 < point[0] / seconds < 2:
                names.append(name)
                break
        else:
            found.append(([name], (seconds, psnr)))
    return [(", ".join(names), point) for names, point in found]


def mean_curve(runs: Sequence[Run]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the mean PSNR over the seconds; a run that has ended keeps its last."""
    longest = max(run["curve"][0][-1] for run in runs)
    seconds = np.geomspace(1, longest, 200)
    curves = [np.interp(seconds, *run["curve"]) for run in runs]
    return seconds, np.mean(curves, axis=0)


if __name__ == "__main__":
    main()
