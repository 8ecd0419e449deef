"""What it costs to gather many runs: `python benchmarks/gather.py a/finished/run 500 64`.

Copies the folder of one finished run under a temporary sweep, gives each copy a width, a rate and a
seed of its own and, for each step that it kept, an image of its own: the astronaut at the side
that is asked for, blurred at the first step and with noise of sigma 20 at the last, as a fit that
overfits. Prints the seconds and the size of each file of the report.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np
from PIL import Image, ImageFilter
from skimage.data import astronaut

from untrained.kernel.memory import peak_memory_mb
from untrained.record.name import FRAMES, RESULT
from untrained.report import report

HEAVY = ignore_patterns("last.ckpt", "events.out.tfevents.*", "training.*", "panel.*")


def copies(run: Path, sweep: Path, count: int, side: int) -> None:
    """Write the folders of a sweep."""
    result = json.loads((run / RESULT).read_text())
    for number in range(count):
        words = [
            f"model.width={8 * (number % 5 + 1)}",
            f"optimizer.lr={0.001 * (number // 5 % 10)}",
        ]
        words.append(f"seed={number // 50}")
        folder = sweep / ",".join(words)
        copytree(run, folder, ignore=HEAVY)
        (folder / RESULT).write_text(json.dumps(result | {"words": words}))
        pictures(folder, side, number)


def pictures(folder: Path, side: int, seed: int) -> None:
    """Replace the images of a run."""
    clean = Image.fromarray(astronaut()).resize((side, side))
    draw = np.random.default_rng(seed)
    frames = sorted((folder / FRAMES).glob("*.jpg"))
    for index, path in enumerate(frames):
        share = index / len(frames)
        blurred = np.asarray(clean.filter(ImageFilter.GaussianBlur(8 * (1 - share) ** 4)), float)
        noisy = blurred + 20 * share**2 * draw.standard_normal(blurred.shape)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("count", type=int, help="number of copies")
    parser.add_argument("side", type=int, help="side of their images, in pixels")
    words = parser.parse_args()
    run, count, side = words.run, words.count, words.side
    if not (run / RESULT).is_file():
        parser.error(f"{run} is not the folder of a finished run")
    with tempfile.TemporaryDirectory() as folder:
        sweep, out = Path(folder, "sweep"), Path(folder, "report")
        copies(run, sweep, count, side)
        started = time.perf_counter()
        report([sweep], out)
        seconds = time.perf_counter() - started
        sizes = {path.name: path.stat().st_size for path in out.rglob("*") if path.is_file()}
        pictures = [size for name, size in sizes.items() if name.endswith(".jpg")]
        lines = [f"{count} runs gathered in {seconds:.1f} s, {peak_memory_mb():.0f} MB of memory"]
        lines += [f"{name}: {n / 1e6:.2f} MB" for name, n in sizes.items() if ".jpg" not in name]
        lines.append(f"{len(pictures)} pictures beside: {sum(pictures) / 1e6:.2f} MB")
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
