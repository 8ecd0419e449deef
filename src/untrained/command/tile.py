"""A photo in tiles: a fit for each of them, side by side, and one picture of all."""

import logging
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from copy import deepcopy
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from untrained import check
from untrained.command.argument import LIMITS
from untrained.command.build import (
    Given,
    build,
    build_data,
    build_fit,
    build_trainer,
    origin_of,
)
from untrained.command.foresight import fits_at_once
from untrained.command.in_memory import leave_no_file, run_of
from untrained.command.sweep import spoken_time
from untrained.command.typed import spoken, typed
from untrained.record.file import replacing
from untrained.record.name import TILES

log = logging.getLogger(__name__)

PROBE = 5  # steps that are timed before the fits, after two that are not


class Plan(NamedTuple):
    """What is to be fitted.

    Args:
        data: Serves the target of the whole photo.
        tiles: The layout, in pixels of the target.
        factor: How many times larger than the target the image is, each way.
        parts: A and y of each tile.
        workers: How many tiles are fitted side by side.
    """

    data: Any
    tiles: Any
    factor: int
    parts: list[tuple[Any, Any]]
    workers: int


class Piece(NamedTuple):
    """What the fit of one tile has found; it is a file of its own, from which a run goes on.

    Args:
        image: What is recommended, `1 c h w`.
        step: Its step.
        rule: The stopping rule that chose it, or None.
        detected: Whether that choice stands.
        status: 'finished' or 'stopped'.
        steps: Steps that were done.
        seconds: Time that they took.
        parameters: Numbers that were fitted.
    """

    image: Any
    step: int
    rule: str | None
    detected: bool
    status: str
    steps: int
    seconds: float
    parameters: int


def planned(config: DictConfig) -> Plan:
    """Cut the target into tiles.

    Raises:
        ValueError: If a word is bad, or A does not go with tiles.
    """
    from untrained.tile import Tiles

    check_limits()
    data = build_data(config, Given())
    target = data.observation.target
    factor = data.shape[-1] // target.shape[-1]
    size = check.whole("tile.size", config.tile.size, least=16)
    overlap = check.whole("tile.overlap", config.tile.overlap, least=0)
    height, width = target.shape[-2:]
    if size < 16 * factor:
        raise ValueError(
            f"tile.size={size} must be at least {16 * factor} beside degradation.factor={factor}"
        )
    if 2 * overlap >= size:
        raise ValueError(f"tile.overlap={overlap} must be below half of tile.size={size}")
    tiles = Tiles(height, width, size // factor, overlap // factor)
    parts = [data.degradation.windowed(target, window) for window in tiles.windows]
    window = tiles.windows[0].enlarged(factor)
    workers = count_of_workers(config, (1, data.shape[1], window.height, window.width))
    return Plan(data, tiles, factor, parts, workers)


def check_limits() -> None:
    """Refuse what ends one fit early: a photo in tiles is many fits, and none may be half done.

    Raises:
        ValueError: If such a word was typed.
    """
    limits = tuple(f"trainer.{limit}=" for limit in LIMITS)
    for word in typed():
        if word.lstrip("+").startswith(limits):
            raise ValueError(
                f"{word.lstrip('+')} ends one fit, and a photo in tiles is many: steps=... and "
                "stopping.halt=... say how long each is"
            )


def fit_tiles(config: DictConfig, plan: Plan, folder: Path) -> int | None:
    """Fit each tile that has no file yet, side by side, and keep what it found.

    Args:
        config: The config of the run.
        plan: What is to be fitted.
        folder: The folder of the run.

    Returns:
        The signal that ended it too early, or None.

    Raises:
        ValueError: If a worker was ended from outside, as a system does that has no memory left.
    """
    missing = [n for n in range(len(plan.parts)) if not piece_path(folder, n).exists()]
    workers = min(plan.workers, max(len(missing), 1))
    say_what_is_to_do(config, plan, len(missing), workers)
    if not missing:
        return None
    bar = tqdm(
        total=len(plan.parts),
        initial=len(plan.parts) - len(missing),
        mininterval=0.2 if sys.stderr.isatty() else 10,
        dynamic_ncols=True,
        bar_format="tile {n_fmt}/{total_fmt} |{bar}| {elapsed}, {remaining} left",
    )
    with bar, signals() as arrived, pool(config, workers) as (fits, place):
        jobs = {fits.submit(fit_tile, n, *plan.parts[n], folder, place): n for n in missing}
        for job in soonest(jobs, arrived):
            try:
                job.result()
            except BrokenProcessPool:
                raise ValueError(killed(workers, folder)) from None
            bar.update()
    return arrived[0] if arrived else None


def killed(workers: int, folder: Path) -> str:
    """Return the line about a worker that was ended from outside."""
    fewer = f", with tile.workers={workers // 2}" if workers > 1 else ""
    return (
        f"tile.workers={workers}: the process of a tile was killed, as a system does whose memory "
        f"is full; the tiles that are done stay: go on with \"resume='{folder}'\"{fewer}"
    )


def soonest(jobs: dict["Future[None]", int], arrived: list[int]) -> Iterator["Future[None]"]:
    """Yield each job that is done, until all are, or a signal has arrived."""
    left = set(jobs)
    while left and not arrived:
        try:
            for job in as_completed(left, timeout=0.5):
                left.discard(job)
                yield job
        except TimeoutError:
            continue


@contextmanager
def pool(config: DictConfig, workers: int) -> Iterator[tuple[ProcessPoolExecutor, Path]]:
    """Start workers that know the config, and end them with the body, however that ends.

    Lent with them is a folder that goes with them: a worker that is ended removes nothing itself.
    """
    words = pickle.dumps((HydraConfig.instance().cfg, config))
    # A process that forks after PyTorch has started its threads would hang.
    context = get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=begin, initargs=(words,))
    with TemporaryDirectory(prefix="untrained-") as place:
        try:
            yield executor, Path(place)
        finally:
            processes = list((executor._processes or {}).values())
            executor.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            for process in processes:
                process.join()


@contextmanager
def signals() -> Iterator[list[int]]:
    """Lend a list of the signals that have arrived; a second one ends the process at once."""
    arrived: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield arrived
        return
    before: dict[int, Any] = {}

    def note(number: int, frame: object) -> None:
        arrived.append(number)
        for each in before:
            signal.signal(each, signal.SIG_DFL)

    for each in (signal.SIGINT, signal.SIGTERM):
        before[each] = signal.signal(each, note)
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def begin(words: bytes) -> None:
    """Prepare a worker: one thread, so that its bits are the same beside any number of others."""
    import torch

    import untrained.command.word  # noqa: F401 - the resolvers of conf/
    from untrained.command.fit import quieten_lightning
    from untrained.kernel.memory import keep_freed_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The process that started it decides.
    threading.Thread(target=end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    quieten_lightning()
    hydra, config = pickle.loads(words)
    HydraConfig.instance().cfg = hydra
    begin.config = config  # type: ignore[attr-defined]
    if config.accelerator.keep_freed_memory:
        keep_freed_memory()


def end_with_parent() -> None:
    """End this worker when the process that started it has ended, even by a kill."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def fit_tile(
    number: int,
    degradation: Any,  # noqa: ANN401
    target: Any,  # noqa: ANN401
    folder: Path,
    place: Path,
) -> None:
    """Fit one tile in a worker, and write what it found, whole or not at all.

    Args:
        number: The number of the tile.
        degradation: A of the tile.
        target: y of the tile.
        folder: The folder of the run.
        place: A folder for what a callback of the user's own may write; it goes with the workers.

    Raises:
        ValueError: If the fit was cut short, as a callback of the user's own may do.
    """
    import torch

    from untrained.callback.recommendation import recommendation

    config = deepcopy(begin.config)  # type: ignore[attr-defined]
    given = Given(target=target.contiguous(), degradation=degradation)
    leave_no_file(config, place, ["progress", "interruption"])
    run = run_of(build(config, {}, given))
    if run.status == "interrupted":
        raise ValueError(f"callbacks ended the fit of a tile after {run.done} of {run.steps} steps")
    found = recommendation(run)
    piece = Piece(
        image=found.image.cpu(),
        step=found.step,
        rule=found.rule,
        detected=found.detected,
        status=run.status,
        steps=run.done,
        seconds=run.seconds,
        parameters=run.parameters,
    )
    with replacing(piece_path(folder, number)) as temporary:
        torch.save(piece._asdict(), temporary)


def piece_path(folder: Path, number: int) -> Path:
    """Return the file of what a tile's fit has found."""
    return folder / TILES / f"{number:04}.pt"


def remove_pieces(folder: Path) -> None:
    """Remove what the fits of the tiles have found, once the whole picture is saved."""
    for path in (folder / TILES).glob("*.pt"):
        path.unlink()


def pieces(folder: Path, count: int) -> Iterator[Piece]:
    """Yield what each fit has found, in the order of the tiles."""
    import torch

    for number in range(count):
        yield Piece(**torch.load(piece_path(folder, number), weights_only=True))


def count_of_workers(config: DictConfig, shape: tuple[int, ...]) -> int:
    """Return how many tiles are fitted side by side: one for each core, where the memory allows.

    Args:
        config: The config.
        shape: Shape of the image of a tile, `1 c h w`.

    Raises:
        ValueError: If `tile.workers` is no whole number from 1 up, or one tile does not fit.
    """
    if config.tile.workers is not None:
        return check.whole("tile.workers", config.tile.workers)
    if config.accelerator.name != "cpu":
        return 1
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min(cores, fits_at_once(config, shape))


def say_what_is_to_do(config: DictConfig, plan: Plan, count: int, workers: int) -> None:
    """Write how many tiles there are to fit, and how long that takes at most."""
    if not count:
        return
    seconds = count * config.steps * seconds_per_step(config, plan) / workers
    window = plan.tiles.windows[0].enlarged(plan.factor)
    height, width = plan.factor * plan.tiles.height, plan.factor * plan.tiles.width
    time_left = spoken_time(max(seconds, 1))
    less = ", less where a stopping rule ends a fit sooner" if config.stopping.halt else ""
    tiles = "1 tile" if count == 1 else f"{count} tiles"
    line = (
        f"{height} x {width} pixels in {tiles} of "
        f"{window.height} x {window.width}, {workers} side by side; at most {time_left}{less}"
    )
    log.info("%s", line)
    sys.stderr.write(f"{line}\n")


def seconds_per_step(config: DictConfig, plan: Plan) -> float:
    """Return how long a step of a tile's fit takes, by a few of them."""
    import torch

    degradation, target = plan.parts[0]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    given = Given(target=target.contiguous(), degradation=degradation)
    _, fit = build_fit(config, given)
    optimizer: Any = instantiate(config.optimizer, _convert_="all")(fit.parameters())
    half = "bf16" in str(config.accelerator.precision)

    def loss() -> Any:  # noqa: ANN401
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            total = fit(0, given.target).total
        total.backward()
        return total

    started = time.perf_counter()
    for number in range(PROBE + 2):
        if number == 2:
            started = time.perf_counter()
        optimizer.step(loss)
    torch.set_num_threads(threads)
    return (time.perf_counter() - started) / PROBE


def finish(config: DictConfig, plan: Plan, folder: Path, seconds: float) -> None:
    """Blend the tiles, and leave what a run leaves: the picture, the panel and the figures.

    Args:
        config: The config of the run.
        plan: What was fitted.
        folder: The folder of the run.
        seconds: Time that it took.
    """
    from untrained.callback.run import Last, Run
    from untrained.callback.summary import Summary
    from untrained.image import Origin
    from untrained.problem import Problem
    from untrained.record.summary import read_summary, write_summary

    count = len(plan.parts)
    found = [piece._replace(image=None) for piece in pieces(folder, count)]
    picture = plan.tiles.blended((each.image for each in pieces(folder, count)), plan.factor)
    trainer = build_trainer(config.trainer, [])
    objective = instantiate(config.objective)
    run = Run(
        folder=folder,
        clean=plan.data.observation.clean,
        target=plan.data.observation.target,
        problem=Problem(plan.data.degradation, objective, noisy=plan.data.noisy),
        metric=instantiate(config.metric),
        steps=sum(each.steps for each in found),
        parameters=sum(each.parameters for each in found),
        trainer=trainer,
        words=spoken(config),
        origin=origin_of(config) or Origin(),
        done=sum(each.steps for each in found),
        seconds=seconds,
        last=Last(picture, None, None, 0.0),
    )
    names = [name for name in config.callbacks if name in ("pictures", "summary")]
    watchers = [instantiate(config.callbacks[name]) for name in names]
    for each in watchers:
        each.begin(run)
    for each in watchers:
        each.save(run)
    if any(isinstance(each, Summary) for each in watchers):
        windows = [each.enlarged(plan.factor)._asdict() for each in plan.tiles.windows]
        tiles = [
            window | {name: value for name, value in piece._asdict().items() if name != "image"}
            for window, piece in zip(windows, found, strict=True)
        ]
        write_summary(folder, read_summary(folder) | {"tiles": tiles})
    for each in watchers:
        each.draw(run)
