"""Seconds a step of the authors' networks and loop beside ours: `python benchmarks/speed.py`.

Each measurement is a process of its own, and the kinds take turns, so that a busy machine is busy
for all of them. `plain` is the networks as their papers describe them, of stock layers in
an nn.Sequential, in PyTorch's default layout, with the C library's default allocator. `ours` is
the network of `model=dip` or `model=dd` in the same bare loop; `ours bf16` the same with
convolutions in bfloat16.

`--harness` holds the whole program against a bare loop over the same network and optimizer instead:
Lightning, curves every 10th step, averages, rules, pictures, checkpoints, by `benchmarks/clock.py`,
which takes one step of the bare loop between two of the program's, in the same process. It has the
default settings, or those of `--words`.

`--busy` holds a step on a quiet machine against one beside another process that never rests, for
several ways in which OpenMP's threads may wait (`benchmarks/busy.py`).
"""

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # for the tests' plain networks, and benchmarks/busy.py

WARM_UP = 2
HARNESS_STEPS = 200
KINDS = ("plain", "ours", "ours bf16")
# What autograd asks of each convolution: forward, gradient of the weights, gradient of the input.
PASSES = 3


def main() -> None:
    """Take turns, and print a table in Markdown."""
    words = arguments()
    if words.one:
        model, size, kind = words.one
        print(json.dumps(measured(model, int(size), kind, words.steps)))
        return
    print(machine())
    for line in lines(words):
        print(line, flush=True)


def arguments() -> argparse.Namespace:
    """Return the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["dd", "dip"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 512])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3, help="timed steps of each process")
    parser.add_argument("--harness", action="store_true", help="measure train.py instead")
    parser.add_argument("--words", nargs="+", default=[], help="words of train.py for --harness")
    parser.add_argument("--busy", action="store_true", help="beside another busy process")
    parser.add_argument("--one", nargs=3, metavar=("MODEL", "SIZE", "KIND"), help=argparse.SUPPRESS)
    return parser.parse_args()


def lines(words: argparse.Namespace) -> Iterator[str]:
    """Measure what is asked for, and yield a table in Markdown."""
    if words.harness:
        yield f"{words.rounds} fits\n"
        yield "| fit | bare loop, s/step | train.py | over it, % | each fit | faults |"
        yield "|---|---|---|---|---|---|"
        for model, size in itertools.product(words.models, words.sizes):
            yield harness([f"model={model}", f"image.size={size}", *words.words], words.rounds)
        return
    yield f"{words.rounds} rounds of {words.steps} steps after {WARM_UP}\n"
    if words.busy:
        from benchmarks import busy

        yield from busy.lines(words.models, words.sizes[0], words.rounds, words.steps)
        return
    columns = "s/step | times plain | page faults a step | peak MB | conv. floor, s"
    yield f"| model | size | | {columns} |"
    yield "|---|---|---|---|---|---|---|---|"
    for model in words.models:
        for size in words.sizes:
            yield from table(model, size, words)


def table(model: str, size: int, words: argparse.Namespace) -> list[str]:
    """Measure one network at one size in every kind, taking turns."""
    rounds: dict[str, list[dict[str, float]]] = {kind: [] for kind in words.kinds}
    for _ in range(words.rounds):
        for kind in words.kinds:
            command = [sys.executable, __file__, "--steps", str(words.steps)]
            command += ["--one", model, str(size), kind]
            rounds[kind].append(json.loads(subprocess.check_output(command, text=True)))
    lines = []
    for kind, each in rounds.items():
        middle = {key: statistics.median(row[key] for row in each) for key in each[0]}
        base = statistics.median(row["seconds"] for row in rounds[words.kinds[0]])
        lines.append(
            f"| {model} | {size} | {kind} | {middle['seconds']:.3f} "
            f"| {base / middle['seconds']:.2f} | {middle['faults']:,.0f} "
            f"| {middle['peak']:.0f} | {middle['floor']:.3f} |"
        )
    return lines


def measured(model: str, size: int, kind: str, steps: int) -> dict[str, float]:
    """Measure one kind in this process."""
    import torch

    from untrained.kernel.memory import keep_freed_memory

    if kind != "plain":
        keep_freed_memory()
    torch.manual_seed(0)
    network, code = plain(model, size) if kind == "plain" else ours(model, size)
    step = loop(network, code, size, is_dip=model == "dip", half="bf16" in kind)
    for _ in range(WARM_UP):
        step()
    faults, seconds = page_faults(), []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return {
        "seconds": statistics.median(seconds),
        "faults": (page_faults() - faults) / steps,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "floor": floor(network, code, half="bf16" in kind),
    }


def plain(model: str, size: int) -> tuple:
    """Return the paper's network, and the shape of its code."""
    from tests.generator.plain import plain_decoder, plain_hourglass

    if model == "dd":
        return plain_decoder(128, 3, 128, 5, "bilinear", False), (1, 128, size // 32, size // 32)
    hourglass = plain_hourglass(32, 3, [128] * 5, [4] * 5, (3, 3, 1), "bilinear", "reflect")
    return hourglass, (1, 32, size, size)


def ours(model: str, size: int) -> tuple:
    """Return our network, and the shape of its code."""
    from untrained.generator.dd import DeepDecoder
    from untrained.generator.dip import SkipHourglass
    from untrained.kernel.kernel import Kernel

    family, channels = {"dd": (DeepDecoder, 128), "dip": (SkipHourglass, 32)}[model]
    network = family(channels, 3, (size, size))
    Kernel().prepare(network)
    return network, (1, channels, *network.code_size)


def loop(network: Any, shape: tuple, size: int, is_dip: bool, half: bool) -> Callable[[], None]:
    """Return one step of the authors' loop: MSE and Adam, and of DIP jitter and moving average."""
    import torch

    from untrained.average import ExponentialAverage, NoAverage
    from untrained.degradation.identity import Identity
    from untrained.fit import Fit
    from untrained.latent import Uniform
    from untrained.problem import Problem

    network.code_size = shape[2:]
    latent = Uniform(shape[1], jitter=1 / 30 if is_dip else 0.0)
    average = ExponentialAverage(0.99) if is_dip else NoAverage()
    fit = Fit(Problem(Identity(), torch.nn.MSELoss()), [network], latent, average)
    optimizer = torch.optim.Adam(fit.parameters(), 0.01)
    target = torch.rand(1, 3, size, size)
    numbers = itertools.count()

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            shown = fit(next(numbers), target)
        optimizer.zero_grad()
        shown.total.backward()
        optimizer.step()

    return step


def floor(network: Any, shape: tuple, half: bool) -> float:
    """Compute the seconds that a step's convolutions take at the rate of the commonest one.

    The rate is that of the forward pass, the fastest of the three, in the better layout.
    """
    import torch
    from torch import nn

    code = torch.rand(shape)
    operations = dict.fromkeys((1, 3), 0)

    def count(layer: nn.Conv2d, _: Any, output: Any) -> None:
        operations[layer.kernel_size[0]] += 2 * output.numel() * layer.weight[0].numel()

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    for module in network.modules():
        module.fused = False  # so that each convolution is called as a layer
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        network(code)
        for hook in hooks:
            hook.remove()
        kind = torch.bfloat16 if half else torch.float32
        seconds = 0.0
        for kernel, work in operations.items():
            layer = nn.Conv2d(128, 128, kernel, padding=kernel // 2, bias=False).to(kind)
            one = 2 * 256 * 256 * layer.weight.numel()
            layer = layer.to(memory_format=torch.channels_last)
            x = torch.rand(1, 128, 256, 256, dtype=kind).to(memory_format=torch.channels_last)
            layer(x)
            times = []
            for _ in range(5):
                start = time.perf_counter()
                layer(x)
                times.append(time.perf_counter() - start)
            seconds += PASSES * work / one * statistics.median(times)
    return seconds


def harness(words: list[str], fits: int) -> str:
    """Run train.py with a clock on its steps, some times, and return a line of the table."""
    clocks = [clocked(words) for _ in range(fits)]
    middle = {key: statistics.median(clock[key] for clock in clocks) for key in clocks[0]}
    over = [100 * (clock["seconds"] / clock["bare"] - 1) for clock in clocks]
    each = ", ".join(f"{one:.1f}" for one in over)
    return (
        f"| `{' '.join(words)}` | {middle['bare']:.3f} | {middle['seconds']:.3f} "
        f"| {statistics.median(over):.1f} | {each} | {middle['faults']:.0f} |"
    )


def clocked(words: list[str]) -> dict[str, float]:
    """Run train.py once, and return what its clock says."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*words, f"steps={HARNESS_STEPS}", "stopping.halt=null", "baseline=[]"]
        words += [f"hydra.run.dir={folder}/run", "~callbacks.video"]
        words += ["+callbacks.clock._target_=benchmarks.clock.Clock"]
        command = [sys.executable, str(ROOT / "train.py"), *words]
        env = os.environ | {"PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
        subprocess.run(command, check=True, capture_output=True, env=env)
        return json.loads(Path(folder, "run", "clock.json").read_text())


def page_faults() -> int:
    """Return the page faults of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def machine() -> str:
    """Name the machine."""
    import torch

    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    return f"{processor}, {torch.get_num_threads()} threads, torch {torch.__version__}"


if __name__ == "__main__":
    main()
