"""Milliseconds of a step, on a GPU or a CPU, for the settings that change how fast it is computed.

`python benchmarks/step.py` times both models, with our settings and with those of the authors. The
target is noise, since its content does not change the time. The settings of `SETTINGS` take turns
in one process, so that a card that does other work is busy for all of them. A step is the whole
step of the fit and the update of the optimizer, without Lightning, rules and files. The seconds
before the timed steps are those of the first steps, with the compiler's.

`--accelerator cpu` times the same on a CPU.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from hydra.utils import instantiate

from untrained.command.build import Given, build_fit
from untrained.command.compose import composed
from untrained.command.fit import allow_tf32
from untrained.kernel.memory import keep_freed_memory

SETTINGS = {
    "default": [],
    "SOAP of the library": ["optimizer._target_=pytorch_optimizer.SOAP"],
    "single precision": ["accelerator.tf32=false"],
    "bfloat16": ["accelerator.precision=bf16-mixed"],
    "fused": ["accelerator.fused=true"],
    "compiled": ["accelerator.compiled=default"],
    "CUDA graphs": ["accelerator.compiled=reduce-overhead"],
    "CUDA graphs, bfloat16": [
        "accelerator.compiled=reduce-overhead",
        "accelerator.precision=bf16-mixed",
    ],
}
FITS = ("model=dip", "model=dip recipe=authors", "model=dd", "model=dd recipe=authors")
ROUND = 5  # steps that are timed together: a clock for each would make the card wait


def main() -> None:
    """Time what is asked for, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fits", nargs="+", default=FITS, help="words of train.py for each fit")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100, help="timed steps of each setting")
    parser.add_argument("--warm-up", type=int, default=20, help="steps before them")
    parser.add_argument("--accelerator", default="gpu")
    words = parser.parse_args()
    if words.accelerator == "gpu" and not torch.cuda.is_available():
        parser.error("no GPU is found; --accelerator cpu needs none")
    name = torch.cuda.get_device_name() if words.accelerator == "gpu" else "cpu"
    print(f"{name}, torch {torch.__version__}, {words.size} pixels, {words.steps} steps\n")
    print("| fit | setting | ms a step | s before |\n|---|---|---|---|", flush=True)
    for fit in words.fits:
        torch.compiler.reset()  # It compiles a class a few times, and then no more.
        steps = {setting: begun(fit, setting, words) for setting in words.settings}
        for setting, line in timed(steps, words.steps, words.warm_up).items():
            print(f"| `{fit}` | {setting} | {line} |", flush=True)


def begun(fit: str, setting: str, words: argparse.Namespace) -> Callable[[], None]:
    """Return what does one step of a fit."""
    every = [*fit.split(), f"accelerator={words.accelerator}", *SETTINGS[setting]]
    target = torch.rand(1, 3, words.size, words.size)
    device = torch.device("cuda" if words.accelerator == "gpu" else "cpu")
    with TemporaryDirectory() as folder, composed(every, Path(folder)) as config:
        if config.accelerator.keep_freed_memory:
            keep_freed_memory()
        _, made = build_fit(config, Given(target=target))
        made.to(device)
        make = instantiate(config.optimizer, _convert_="all")
        optimizer = make(made.groups())
        half = config.accelerator.precision == "bf16-mixed"
        tf32 = bool(config.accelerator.tf32)
    target = target.to(device)
    numbers = itertools.count()

    def step() -> None:
        allow_tf32(tf32)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            shown = made(next(numbers), target)
        optimizer.zero_grad()
        shown.total.backward()
        optimizer.step()

    return step


def timed(steps: dict[str, Callable[[], None]], count: int, warm_up: int) -> dict[str, str]:
    """Time the steps of some settings in turns, and return the cells of each."""
    before = {}
    found: dict[str, list[float]] = {setting: [] for setting in steps}
    for setting, step in steps.items():
        before[setting] = seconds(step, warm_up)
    for _ in range(max(1, count // ROUND)):
        for setting, step in steps.items():
            found[setting].append(1000 * seconds(step, ROUND) / ROUND)
    return {
        setting: f"{statistics.median(each):.2f} | {before[setting]:.1f}"
        for setting, each in found.items()
    }


def seconds(step: Callable[[], None], count: int) -> float:
    """Return the seconds that some steps take."""
    wait()
    start = time.perf_counter()
    for _ in range(count):
        step()
    wait()
    return time.perf_counter() - start


def wait() -> None:
    """Wait for the card."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
