"""Fit the tiles of a photo side by side, each in a process of one thread."""

import logging
import math
import pickle
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from tqdm import tqdm

from untrained.command.build import Given, build
from untrained.command.complaint import complaint
from untrained.command.foresight import seconds_of_call, seconds_of_step
from untrained.command.in_memory import leave_no_file, run_of
from untrained.command.sweep import spoken_time
from untrained.command.tile.piece import piece_of, piece_path
from untrained.command.tile.plan import Plan, given_part
from untrained.command.worker import (
    config_of_worker,
    done_soonest,
    noted_signals,
    pickled,
    pool,
)
from untrained.record.name import TILES_SECONDS
from untrained.record.tree import read_tree, write_tree

log = logging.getLogger(__name__)

# How much longer a step takes with its rules and Lightning than alone: 1.2 was measured.
WATCHED = 1.25


def fit_tiles(config: DictConfig, plan: Plan, folder: Path, started: float) -> int | None:
    """Fit each tile that has no file yet, side by side, and keep what it found.

    Args:
        config: The config of the run.
        plan: What is to be fitted.
        folder: The folder of the run.
        started: When the run began on the clock of `time.perf_counter`, see `start_of`.

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
    bar = bar_of_tiles(len(plan.parts), len(missing))
    with bar, noted_signals() as arrived, pool(config, workers) as (fits, place):
        # In bytes: PyTorch would lend the memory of tensors by a thread, which prints a traceback
        # where a worker is ended.
        jobs = [fits.submit(fit_tile, n, pickled(plan.parts[n]), folder, place) for n in missing]
        for job in done_soonest(jobs, arrived):
            try:
                job.result()
            except BrokenProcessPool:
                raise ValueError(killed(workers, folder)) from None
            except ValueError as error:  # Its cause is the traceback of the worker.
                raise ValueError(str(error)) from None
            write_tree(folder / TILES_SECONDS, {"seconds": time.perf_counter() - started})
            bar.update()
    return next(iter(arrived), None)


def bar_of_tiles(count: int, missing: int) -> "tqdm[Any]":
    """Return the progress bar of some tiles, of which some are missing."""
    return tqdm(
        total=count,
        initial=count - missing,
        mininterval=0.2 if sys.stderr.isatty() else 10,
        dynamic_ncols=True,
        bar_format="tile {n_fmt}/{total_fmt} |{bar}| {elapsed}, {remaining} left",
    )


def start_of(folder: Path) -> float:
    """Return when a run in tiles would have begun, had it done all that it has done in one go.

    Returns:
        A time on the clock of `time.perf_counter`. What a go has done after its last whole tile is
        not counted.
    """
    return time.perf_counter() - float(read_tree(folder / TILES_SECONDS, []).get("seconds", 0.0))


def killed(workers: int, folder: Path) -> str:
    """Return the line about a worker that was ended from outside."""
    fewer = f", with tile.workers={workers // 2}" if workers > 1 else ""
    return (
        f"tile.workers={workers}: the process of a tile was killed, perhaps because the memory "
        f"is full; finished tiles are kept: continue with \"resume='{folder}'\"{fewer}"
    )


def say_what_is_to_do(config: DictConfig, plan: Plan, count: int, workers: int) -> None:
    """Write how many tiles there are to fit, and how long that takes at most.

    Args:
        config: The config of the run.
        plan: What is to be fitted.
        count: How many tiles are left to fit.
        workers: How many are fitted side by side.
    """
    if not count:
        return
    seconds = most_seconds(seconds_of_tile(config, plan), count, workers)
    window = plan.tiles.windows[0].enlarged(plan.factor)
    height, width = plan.factor * plan.tiles.height, plan.factor * plan.tiles.width
    time_left = spoken_time(seconds)
    less = ", less if a stopping rule ends a fit sooner" if plan.halts else ""
    tiles = "1 tile" if count == 1 else f"{count} tiles"
    line = (
        f"{height} x {width} pixels in {tiles} of "
        f"{window.height} x {window.width}, {workers} side by side; at most {time_left}{less}"
    )
    log.info("%s", line)
    sys.stderr.write(f"{line}\n")


def seconds_of_tile(config: DictConfig, plan: Plan) -> float:
    """Return how long a tile takes by one thread: all of its steps, and the refinement."""
    given = given_part(*plan.parts[0])
    steps = WATCHED * config.steps * seconds_of_step(config, given)
    pixels = given.degradation.pixels(given.target) or (given.target,)
    return steps + seconds_of_call(plan.refinement, pixels[0], *pixels)


def most_seconds(tile: float, count: int, workers: int) -> float:
    """Return how long tiles take at most, with the start of the workers.

    A worker imports what this process has imported. The last of the tiles may leave workers idle.

    Args:
        tile: Seconds of one tile.
        count: How many tiles there are.
        workers: How many are fitted side by side.
    """
    start = time.process_time()
    return start + math.ceil(count / workers) * tile


def fit_tile(
    number: int,
    part: bytes,
    folder: Path,
    place: Path,
) -> None:
    """Fit one tile in a worker, and write what it found, whole or not at all.

    Args:
        number: The number of the tile.
        part: A and y of the tile, pickled.
        folder: The folder of the run.
        place: A folder for what a callback of the user's own may write; it goes with the workers.

    Raises:
        ValueError: If a word is bad or the disk is full; what an error comes from would be lost on
            the way from here.
    """
    from untrained.record.weights import write_saved

    config = config_of_worker()
    given = given_part(*pickle.loads(part))
    leave_no_file(config, place, ["progress", "interruption", "baseline"])
    try:
        run = whole_fit(config, given)
        write_saved(piece_path(folder, number), piece_of(run)._asdict())
    except Exception as error:
        line = complaint(error, config)
        if line is None:
            raise
        raise ValueError(line) from None


def whole_fit(config: DictConfig, given: Given) -> Any:  # noqa: ANN401
    """Run the fit of one tile, and return its `Run`.

    Raises:
        ValueError: If it was cut short, as a callback of the user's own may do.
    """
    run = run_of(build(config, {}, given))
    if run.status == "interrupted":
        raise ValueError(f"callbacks ended the fit of a tile after {run.done} of {run.steps} steps")
    return run
