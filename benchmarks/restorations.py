"""Every degradation beside what one would use instead: `python benchmarks/restorations.py`.

For each degradation a small picture is restored by the defaults of `train.py`, by `model=pixels`
with total variation (no network), and by the classical methods that the degradation has. The weight
of total variation is the best of five by the clean image, in its favour. Each fit is a real run of
train.py in a folder of its own; a run that is finished is not done again, so the same command
continues where it was stopped. `--only blur mri` does some rows, and `--images house.png` does them
for pictures of your own, in their own size.

Prints a table in Markdown: how far A^T is from the adjoint of A (in double precision, relative to
|A x| |w|), and PSNR in dB: of what is drawn of the target, of each method, and its seconds.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import untrained.command.word  # noqa: E402, F401 - the resolvers of conf/
from untrained.record.result import read_result  # noqa: E402

ROWS = {
    "denoising": ["image=camera", "noise.sigma=25"],
    "inpainting": ["image=astronaut", "degradation=inpainting"],
    "downsampling": ["image=astronaut", "degradation=downsampling", "degradation.factor=2"],
    "blur": ["image=camera", "degradation=blur", "degradation.sigma=2", "noise.sigma=1.41"],
    "unknown_blur": [
        "image=camera",
        "degradation=unknown_blur",
        "degradation.size=15",
        "degradation.length=9",
    ],
    "mosaic": ["image=chelsea", "degradation=mosaic"],
    "grayscale": ["image=chelsea", "degradation=grayscale"],
    "jpeg": ["image=astronaut", "degradation=jpeg"],
    "compressed_sensing": ["image=camera", "degradation=compressed_sensing"],
    "mri": ["image=brick", "degradation=mri"],
    "tomography": ["image=shepp_logan_phantom", "degradation=tomography"],
    # The protocols of published tables, for pictures of one's own (--images)
    "set11": ["image=camera", "degradation=compressed_sensing", "degradation.block=33"],
    "ncsr": [
        "image=astronaut",
        "degradation=blur",
        "degradation.kernel=uniform",
        "degradation.boundary=circular",
        "noise.sigma=1.41421356",
        "metric.channel=y",
    ],
    "live1": ["image=astronaut", "noise=jpeg", "noise.quality=10"],
}
OWN = 11  # rows of the table that is printed without --only
WEIGHTS = (0.0001, 0.001, 0.01, 0.1, 1.0)
Summary = dict[str, Any]


def main() -> None:
    """Do the runs that are not done yet, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/restorations"))
    parser.add_argument("--only", nargs="*", choices=ROWS, default=list(ROWS)[:OWN], metavar="ROW")
    parser.add_argument("--images", nargs="*", type=Path, default=[], metavar="FILE")
    parser.add_argument("--size", default="128", help="the longer side in pixels, without --images")
    parser.add_argument("--steps", default="400")
    parser.add_argument("words", nargs="*", help="settings of train.py for every run")
    options = parser.parse_args()
    print(
        "| task | adjoint | target as drawn | network | s | pixels and TV (weight) | s "
        "| best classic | s |\n|---|---|---|---|---|---|---|---|---|"
    )
    for name in options.only:
        for title, folder, words in fits(name, options):
            print(line(title, folder, words), flush=True)


def fits(name: str, options: argparse.Namespace) -> Iterator[tuple[str, Path, list[str]]]:
    """Yield the title, the folder and the settings of a row, for each picture of it."""
    image, *settings = ROWS[name]
    settings = [*settings, f"steps={options.steps}", *options.words]
    for file in options.images:
        path = f"image.path={file.resolve()}"
        yield f"{name}, {file.stem}", options.out / name / file.stem, [path, *settings]
    if not options.images:
        yield name, options.out / name, [image, f"image.size={options.size}", *settings]


def line(title: str, folder: Path, words: list[str]) -> str:
    """Do the runs of a row, and return it."""
    network = fitted(folder / "network", words)
    classical = ["objective=mse"] if "degradation=blur" in words else []
    without = {
        weight: fitted(folder / f"pixels-{weight}", [*words, *classical, *total_variation(weight)])
        for weight in WEIGHTS
    }
    weight = max(without, key=lambda each: quality(without[each]))
    drawn = network["psnr"]["target"]
    cells = [
        f"{adjoint_error(words):.0e}",
        "" if drawn is None else f"{drawn:.2f}",
        f"{quality(network):.2f}",
        f"{network['seconds']:.0f}",
        f"{quality(without[weight]):.2f} ({weight})",
        f"{without[weight]['seconds']:.0f}",
        *classic(network),
    ]
    return f"| {title} | {' | '.join(cells)} |"


def total_variation(weight: float) -> list[str]:
    """Return the settings of the classical variational method."""
    return ["model=pixels", "penalty=tv", f"penalty.tv.weight={weight}", "baseline=[]"]


def fitted(folder: Path, words: list[str]) -> Summary:
    """Run train.py, unless it is done, and return its summary."""
    if read_result(folder).get("status") != "finished":
        place = f"resume={folder}" if (folder / ".hydra").exists() else f"hydra.run.dir={folder}"
        command = [sys.executable, str(ROOT / "train.py"), *words, "~callbacks.video", place]
        code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
        if code:
            sys.exit(code)  # train.py has said why.
    summary: Summary = json.loads((folder / "summary.json").read_text())
    return summary


def quality(summary: Summary) -> float:
    """Return the PSNR of the result."""
    return float(summary["reconstruction"]["psnr"])


def classic(summary: Summary) -> tuple[str, str]:
    """Return the PSNR of the best classical method with its name, and its seconds."""
    found = list(summary["baselines"].values())
    if not found:
        return "", ""
    best = max(found, key=lambda each: each["psnr"])
    return f"{best['psnr']:.2f} ({best['name']})", f"{best['seconds']:.1f}"


def adjoint_error(words: list[str]) -> float:
    """Return |<A x, w> - <x, A^T w>| / (|A x| |w|) for random x and w."""
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose("train", words)
    degradation = instantiate(config.degradation, _convert_="all")
    torch.manual_seed(0)
    image = instantiate(config.image).double()
    x = degradation.cropped(torch.rand_like(image))
    measured = degradation(x)
    w = torch.randn_like(measured)
    difference = (measured * w).sum() - (x * degradation.adjoint(w)).sum()
    return float(difference.detach().abs() / (measured.norm() * w.norm()))


if __name__ == "__main__":
    main()
