"""Draw the pictures of docs/gallery.md by its own commands: `python benchmarks/gallery.py poisson`.

In the page each picture stands under its command. A picture is the panel of that run, as a JPEG.
For each picture a line has the numbers of the page: PSNR in dB and seconds. Without names it draws
all pictures, in half an hour on two CPU cores.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gallery.md"
ENTRY = r"```sh\npython train\.py ([^`]*)```\n\n!\[[^\]]*\]\(gallery/(\w+)\.jpg\)"
SIZE = (1200, 520)  # in pixels, at most: a page shows it at half of this
BYTES = 150_000
FIGURES = {"stopping": "stopping.png"}  # every other picture is a panel


def main() -> None:
    """Run the commands, draw the pictures, and print their numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    names = parser.parse_args().names
    commands = {name: words for words, name in re.findall(ENTRY, PAGE.read_text())}
    for name in names or commands:
        with TemporaryDirectory() as folder:
            words = shlex.split(commands[name].replace("\\\n", " "))
            run = [sys.executable, "train.py", *words, f"hydra.run.dir={folder}/run"]
            subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            figure = Path(folder, "run", FIGURES.get(name, "panel.jpg"))
            draw(figure, PAGE.parent / "gallery" / f"{name}.jpg")
            print(f"{name}: {numbers(Path(folder, 'run'))}", flush=True)


def draw(panel: Path, picture: Path) -> None:
    """Save a panel as a JPEG file, in the best quality that is small enough."""
    with Image.open(panel) as drawn:
        small = drawn.convert("RGB")
    small.thumbnail(SIZE, Image.Resampling.LANCZOS)
    for quality in range(90, 60, -2):
        file = BytesIO()
        small.save(file, "JPEG", quality=quality, optimize=True)
        if file.tell() <= BYTES:
            break
    picture.write_bytes(file.getvalue())


def numbers(run: Path) -> str:
    """Return what `summary.json` says: the target, the result, the baselines and the time."""
    summary = json.loads((run / "summary.json").read_text())
    found = [f"damaged {summary['psnr']['target'] or float('nan'):.2f} dB"]
    found.append(f"ours {summary['reconstruction']['psnr']:.2f} dB")
    for each in summary["baselines"].values():
        found.append(f"{each['name']} {each['psnr']:.2f} dB")
    return f"{', '.join(found)}, {summary['steps']} steps, {summary['seconds']:.0f} s"


if __name__ == "__main__":
    main()
