"""A step beside another busy process, for `benchmarks/speed.py --busy`."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from untrained.kernel.thread import CHOICES, MILLISECONDS, SPINS

SPEED = Path(__file__).parent / "speed.py"
# How OpenMP's threads wait: by default, as `thread.wait_briefly` has it, and two other ways.
WAYS: dict[str, dict[str, str]] = {
    "the library's default": {},
    "`wait_briefly`": {"GOMP_SPINCOUNT": SPINS, "KMP_BLOCKTIME": MILLISECONDS},
    "`OMP_WAIT_POLICY=PASSIVE`": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}


def lines(models: list[str], size: int, rounds: int, steps: int) -> Iterator[str]:
    """Measure each way quiet and busy, taking turns, and yield a table in Markdown."""
    yield "| model | size | threads wait | quiet, s/step | busy, s/step | busy / quiet default |"
    yield "|---|---|---|---|---|---|"
    for model in models:
        quiet: dict[str, list[float]] = {way: [] for way in WAYS}
        busy: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way, variables in WAYS.items():
                quiet[way].append(seconds(model, size, steps, variables))
                with another_process():
                    busy[way].append(seconds(model, size, steps, variables))
        default = statistics.median(next(iter(quiet.values())))
        for way in WAYS:
            alone, beside = statistics.median(quiet[way]), statistics.median(busy[way])
            row = f"{alone:.3f} | {beside:.3f} | {beside / default:.2f}"
            yield f"| {model} | {size} | {way} | {row} |"


def seconds(model: str, size: int, steps: int, variables: Mapping[str, str]) -> float:
    """Return the median seconds of a step in a process of its own, in bfloat16."""
    kept = {name: value for name, value in os.environ.items() if name not in CHOICES}
    command = [sys.executable, str(SPEED), "--steps", str(steps)]
    command += ["--one", model, str(size), "ours bf16"]
    output = subprocess.check_output(command, text=True, env={**kept, **variables})
    return json.loads(output)["seconds"]


@contextmanager
def another_process() -> Iterator[None]:
    """Keep one core busy with another process for as long as the body runs."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
