"""Real camera noise: the rule's pick beside the best average and classic filters.

    python benchmarks/real_noise.py FOLDER --only "Canon600D*" --words model=dip

FOLDER has pairs of pictures, the noisy `<name>_real.*` and the mean of many shots `<name>_mean.*`,
as PolyU's data set has them (docs/real_noise.md says where they are to be had). The centre of each
is cut out, and `train.py` fits it: the mean is x, and N gives the recorded photograph (`Recorded`).
Runs that are finished are not repeated.

Prints a table in Markdown: PSNR of the noisy picture, of the result, of the best average of the
curve (only the clean image tells), the gap between the two, NLM (scikit-image, with the level that
`noise_level` estimates), and the better of BM3D at that level and at twice that level, which is the
clean image's choice too. BM3D needs the package `bm3d`, whose licence is not free for all uses.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean

import imageio.v3 as iio
import numpy as np
from torch import Tensor, nn

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from untrained import image  # noqa: E402
from untrained.baseline.bm3d import BM3D  # noqa: E402
from untrained.baseline.nlm import NonLocalMeans  # noqa: E402
from untrained.degradation.identity import Identity  # noqa: E402
from untrained.metric import psnr  # noqa: E402
from untrained.noise.level import noise_level  # noqa: E402
from untrained.record.result import read_result  # noqa: E402


class Recorded(nn.Module):
    """The noise of a camera: N(x) is the photograph that was recorded of x.

    Args:
        path: The photograph, of the size of x.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.photograph = image.read(path)

    def forward(self, measurement: Tensor) -> Tensor:
        """Return the photograph."""
        return self.photograph.to(measurement)


def main() -> None:
    """Fit each pair, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="*", help="pattern of the names")
    parser.add_argument("--crop", type=int, default=256, help="side of the centre that is cut out")
    parser.add_argument("--words", nargs="*", default=["model=dip"], help="words of train.py")
    parser.add_argument("--out", type=Path, default=Path("outputs/real_noise"))
    words = parser.parse_args()
    print("| pair | noisy | result | step | ended at | best average | gap | NLM | BM3D |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows = []
    for noisy in sorted(words.folder.glob(f"{words.only}_real.*")):
        rows.append(measured(noisy, words.out.resolve(), words.crop, words.words))
        print(line(noisy.stem.removesuffix("_real"), rows[-1]), flush=True)
    print(line(f"mean of {len(rows)}", {key: mean(row[key] for row in rows) for key in rows[0]}))
    print(f"\nworst gap {max(row['gap'] for row in rows):.2f} dB")


def measured(noisy: Path, out: Path, side: int, words: list[str]) -> dict[str, float]:
    """Fit one pair and return its figures, in dB and steps."""
    (clean,) = noisy.parent.glob(noisy.stem.removesuffix("_real") + "_mean.*")
    folder = out / noisy.stem.removesuffix("_real")
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{each.stem}.png" for each in (clean, noisy)]
    for source, path in zip((clean, noisy), paths, strict=True):
        iio.imwrite(path, centre(iio.imread(source), side))
    if read_result(folder).get("status") != "finished":
        fit(folder, *paths, words)
    x, y = (image.read(path) for path in paths)
    summary = json.loads((folder / "summary.json").read_text())
    pick = summary["stopping"]["blind"]
    result = psnr(image.read(folder / "reconstruction.png"), x).item()
    return {
        "noisy": psnr(y, x).item(),
        "result": result,
        "step": pick["step"],
        "ended at": summary["steps"] if summary["status"] == "stopped" else float("nan"),
        "best average": pick["psnr"] + pick["gap_db"],
        "gap": pick["gap_db"],
        "NLM": psnr(NonLocalMeans()(y, Identity()), x).item(),
        "BM3D": better_bm3d(y, x),
    }


def fit(folder: Path, clean: Path, noisy: Path, words: list[str]) -> None:
    """Run train.py on one pair."""
    pair = [f"image.path='{clean}'", "noise=none", f"+noise.path='{noisy}'"]
    pair += ["noise._target_=benchmarks.real_noise.Recorded", f"hydra.run.dir='{folder}'"]
    command = [sys.executable, str(ROOT / "train.py"), *pair, "~callbacks.video", *words]
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": path})


def centre(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the centre of a picture, `side` by `side` pixels."""
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    return picture[top : top + side, left : left + side]


def better_bm3d(noisy: Tensor, clean: Tensor) -> float:
    """Return the PSNR of BM3D at the better of two strengths; nan where it is not installed."""
    level = noise_level(noisy).item()
    try:
        filters = [BM3D(level), BM3D(2 * level)]
    except ValueError:
        return float("nan")
    return max(psnr(each(noisy, Identity()), clean).item() for each in filters)


def line(name: str, row: dict[str, float]) -> str:
    """Return one row of the table."""
    steps = ("step", "ended at")
    cells = [f"{value:.0f}" if key in steps else f"{value:.2f}" for key, value in row.items()]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
