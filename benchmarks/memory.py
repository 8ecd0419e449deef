"""The memory that is foreseen for a fit, beside what the fit took: `python benchmarks/memory.py`.

Each line is a run of `train.py` in a process of its own, of a few steps.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from untrained.command.compose import composed
from untrained.command.foresight import needed

ROOT = Path(__file__).parent.parent
# The words of a run, and height and width of its image.
RUNS = (
    ("model=dd image.size=256", 256, 256),
    ("model=dd image.size=512", 512, 512),
    ("model=dd image.size=512 accelerator.precision=32-true", 512, 512),
    ("model=dd image=retina image.size=1024", 1024, 1024),
    ("model=dip image.size=256", 256, 256),
    ("model=dip image.size=512", 512, 512),
    ("model=dip image.size=512 accelerator.precision=32-true", 512, 512),
    ("model=dip image.size=512 model.width=128", 512, 512),
    ("model=dip image.size=512 accelerator.fused=false", 512, 512),
    ("model=dip image.size=384 fits=2", 384, 384),
    ("model=dip image=retina image.size=1024", 1024, 1024),
)
STEPS = 8


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("| words | foreseen, MiB | taken, MiB | foreseen over taken |\n|---|---|---|---|")
    for words, height, width in RUNS:
        foreseen = foreseen_bytes(words.split(), height * width) / 2**20
        taken = taken_mib(words.split())
        ratio = foreseen / taken
        print(f"| `{words}` | {foreseen:.0f} | {taken:.0f} | {ratio:.2f} |", flush=True)


def foreseen_bytes(words: list[str], pixels: int) -> float:
    """Return what is foreseen for an image in colour."""
    # The size of a picture says nothing about a fit of arrays.
    words = [word for word in words if not word.startswith("image")]
    with composed(words, Path()) as config:
        fixed, each = needed(config, channels=3)
    return fixed + each * pixels


def taken_mib(words: list[str]) -> float:
    """Return the peak of a run's memory."""
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        more = [f"hydra.run.dir={run}", f"steps={STEPS}", "~callbacks.video", "logger=none"]
        command = [sys.executable, str(ROOT / "train.py"), *words, *more]
        subprocess.run(command, check=True, capture_output=True)
        return float(json.loads((run / "summary.json").read_text())["peak_memory_mb"])


if __name__ == "__main__":
    main()
