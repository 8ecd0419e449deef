"""A photo in tiles: a fit for each of them, side by side, and one picture of all."""

import logging
import math
import pickle
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from untrained.command.argument import OF_ONE_GO
from untrained.command.build import (
    Given,
    build,
    build_data,
    build_refinement,
    build_trainer,
    keep_suited,
    origin_of,
)
from untrained.command.complaint import complaint
from untrained.command.foresight import fits_at_once, seconds_of_step
from untrained.command.in_memory import leave_no_file, run_of
from untrained.command.sweep import spoken_time
from untrained.command.typed import asked_for_baselines, asked_for_rules, spoken, typed
from untrained.command.worker import (
    config_of_worker,
    done_soonest,
    noted_signals,
    pool,
)
from untrained.kernel.thread import count_of_cores
from untrained.record.file import replacing
from untrained.record.name import TILES, TILES_SECONDS
from untrained.record.tree import read_tree, write_tree

log = logging.getLogger(__name__)

# Pixels of a photo up to which the default baselines take a few seconds.
CHEAP = 2**20
# How much longer a step takes with its rules and Lightning than alone: 1.2 was measured.
WATCHED = 1.25


class Plan(NamedTuple):
    """What is to be fitted.

    Args:
        data: Serves the target of the whole photo.
        tiles: The layout, in pixels of the target.
        factor: How many times larger than the target the image is, each way.
        parts: A and y of each tile.
        workers: How many tiles are fitted side by side.
        baselines: The watcher that runs them on the whole photo, or None.
    """

    data: Any
    tiles: Any
    factor: int
    parts: list[tuple[Any, Any]]
    workers: int
    baselines: Any


class Piece(NamedTuple):
    """What the fit of one tile has found; it is a file of its own, from which a run goes on.

    Args:
        image: What is visible of the image that is recommended, `1 c h w`.
        step: Its step.
        rule: The stopping rule that chose it, or None.
        detected: Whether that choice stands.
        status: 'finished' or 'stopped'.
        steps: Steps that were done.
        seconds: Time that they took.
        parameters: Numbers that were fitted.
        refined: Whether the image is refined; pieces of older versions do not say it.
    """

    image: Any
    step: int
    rule: str | None
    detected: bool
    status: str
    steps: int
    seconds: float
    parameters: int
    refined: bool = False


def planned(config: DictConfig) -> Plan:
    """Cut the target into tiles.

    Raises:
        ValueError: If a word is bad, or A does not go with tiles.
    """
    import torch

    from untrained.tile import Tiles, Window, sides

    check_limits()
    if config.latent.get("path"):
        raise ValueError("tile.size cannot be used: latent.path is a picture of the whole image")
    data = build_data(config, Given())
    target = data.observation.target
    data.degradation.windowed(target, Window(0, 0, *target.shape[2:4]))  # Refused now, if at all.
    # Of a blur the image is larger than what its target has the place of.
    visible = data.degradation.visible(torch.empty(data.shape, device="meta"))
    factor = visible.shape[-1] // target.shape[-1]
    size, overlap = sides(config.tile.size, config.tile.overlap)
    height, width = target.shape[-2:]
    if size < 16 * factor:
        raise ValueError(
            f"tile.size={size} must be at least {16 * factor} with degradation.factor={factor}"
        )
    tiles = Tiles(height, width, size // factor, overlap // factor)
    parts = [data.degradation.windowed(target, window) for window in tiles.windows]
    degradation, part = parts[0]
    check_tile(config, degradation, part, data.noisy)
    workers = count_of_workers(config, degradation.shape(part))
    return Plan(data, tiles, factor, parts, workers, baselines_of(config, data))


def check_tile(config: DictConfig, degradation: Any, part: Any, noisy: bool) -> None:  # noqa: ANN401
    """Build what looks at a tile before any is fitted: what is left out is said once, not by each.

    Args:
        config: The config of the run.
        degradation: A of the tile.
        part: y of the tile.
        noisy: Whether the target has noise.

    Raises:
        ValueError: If a word of the refinement or of the rules is bad.
    """
    from untrained.callback.stopping import Stopping
    from untrained.problem import Problem

    problem = Problem(degradation, instantiate(config.objective), noisy=noisy)
    build_refinement(config, problem, part)
    if "stopping" in config.callbacks:
        stopping = instantiate(config.callbacks.stopping, _convert_="all")
        if isinstance(stopping, Stopping):
            stopping.leave_out(problem, part, asked_for_rules(stopping))


def baselines_of(config: DictConfig, data: Any) -> Any:  # noqa: ANN401
    """Return the baselines of the whole photo: where it is large, those that were typed alone.

    Raises:
        ValueError: If one that was typed does not apply.
    """
    if "baseline" not in config.callbacks:
        return None
    found = instantiate(config.callbacks.baseline)
    if data.observation.target[0, 0].numel() > CHEAP:
        asked_for = asked_for_baselines(found.baselines)
        found.baselines = {name: found.baselines[name] for name in asked_for}
    keep_suited(found, data)
    return found


def check_limits() -> None:
    """Refuse what ends one fit early: a photo in tiles is many fits, and none may be half done.

    Raises:
        ValueError: If such a word was typed.
    """
    limits = tuple(f"{name}=" for name in OF_ONE_GO if name.startswith("trainer."))
    for word in typed():
        if word.lstrip("+").startswith(limits):
            raise ValueError(
                f"{word.lstrip('+')} ends one fit, and a photo in tiles is many fits: type "
                "steps=... or stopping.halt=... instead"
            )


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
    bar = tqdm(
        total=len(plan.parts),
        initial=len(plan.parts) - len(missing),
        mininterval=0.2 if sys.stderr.isatty() else 10,
        dynamic_ncols=True,
        bar_format="tile {n_fmt}/{total_fmt} |{bar}| {elapsed}, {remaining} left",
    )
    with bar, noted_signals() as arrived, pool(config, workers) as (fits, place):
        # In bytes: PyTorch would lend the memory of tensors by a thread, which prints a traceback
        # where a worker is ended.
        parts = {n: pickle.dumps(plan.parts[n]) for n in missing}
        jobs = [fits.submit(fit_tile, n, parts[n], folder, place) for n in missing]
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
        ValueError: If a word is bad; what an error comes from would be lost on the way from here.
    """
    import torch

    config = config_of_worker()
    degradation, target = pickle.loads(part)
    given = Given(target=target.contiguous(), degradation=degradation)
    leave_no_file(config, place, ["progress", "interruption", "baseline"])
    try:
        run = whole_fit(config, given)
    except Exception as error:
        line = complaint(error, config)
        if line is None:
            raise
        raise ValueError(line) from None
    with replacing(piece_path(folder, number)) as temporary:
        torch.save(piece_of(run)._asdict(), temporary)


def whole_fit(config: DictConfig, given: Given) -> Any:  # noqa: ANN401
    """Run the fit of one tile, and return its `Run`.

    Raises:
        ValueError: If it was cut short, as a callback of the user's own may do.
    """
    run = run_of(build(config, {}, given))
    if run.status == "interrupted":
        raise ValueError(f"callbacks ended the fit of a tile after {run.done} of {run.steps} steps")
    return run


def piece_of(run: Any) -> Piece:  # noqa: ANN401
    """Return what the fit of a tile has found."""
    from untrained.callback.recommendation import recommendation

    found = recommendation(run)
    return Piece(
        image=run.visible(found.image).cpu(),
        step=found.step,
        rule=found.rule,
        detected=found.detected,
        status=run.status,
        steps=run.done,
        seconds=run.seconds,
        parameters=run.parameters,
        refined=found.refined,
    )


def piece_path(folder: Path, number: int) -> Path:
    """Return the file of what a tile's fit has found."""
    return folder / TILES / f"{number:04}.pt"


def remove_pieces(folder: Path) -> None:
    """Remove what the fits of the tiles have found, once the whole picture is saved."""
    for path in (folder / TILES).glob("*.pt"):
        path.unlink()
    (folder / TILES_SECONDS).unlink(missing_ok=True)


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
        ValueError: If one tile does not fit.
    """
    if config.tile.workers is not None:
        return int(config.tile.workers)
    if config.accelerator.name != "cpu":
        return 1
    return min(count_of_cores(), fits_at_once(config, shape))


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
    degradation, target = plan.parts[0]
    given = Given(target=target.contiguous(), degradation=degradation)
    seconds = most_seconds(config.steps * seconds_of_step(config, given), count, workers)
    window = plan.tiles.windows[0].enlarged(plan.factor)
    height, width = plan.factor * plan.tiles.height, plan.factor * plan.tiles.width
    time_left = spoken_time(seconds)
    less = ", less if a stopping rule ends a fit sooner" if config.stopping.halt else ""
    tiles = "1 tile" if count == 1 else f"{count} tiles"
    line = (
        f"{height} x {width} pixels in {tiles} of "
        f"{window.height} x {window.width}, {workers} side by side; at most {time_left}{less}"
    )
    log.info("%s", line)
    sys.stderr.write(f"{line}\n")


def most_seconds(tile: float, count: int, workers: int) -> float:
    """Return how long tiles take at most, with the start of the workers.

    A worker imports what this process has imported. The last of the tiles may leave workers idle.

    Args:
        tile: Seconds of the bare steps of one tile.
        count: How many tiles there are.
        workers: How many are fitted side by side.
    """
    start = time.process_time()
    return start + WATCHED * math.ceil(count / workers) * tile


def finish(config: DictConfig, plan: Plan, folder: Path, seconds: float) -> None:
    """Blend the tiles, and leave what a run leaves: the picture, the panel and the figures.

    Args:
        config: The config of the run.
        plan: What was fitted.
        folder: The folder of the run.
        seconds: Time that it took.
    """
    from untrained.callback.logbook import close_loggers, tolerate_loggers

    found = [piece._replace(image=None) for piece in pieces(folder, len(plan.parts))]
    run = whole_run(config, plan, folder, found)
    run.seconds = seconds
    tolerate_loggers(run.trainer)
    names = [name for name in ("pictures", "baseline", "summary") if name in config.callbacks]
    built = {name: instantiate(config.callbacks[name]) for name in names if name != "baseline"}
    watchers = [built.get(name, plan.baselines) for name in names]
    for each in watchers:
        each.begin(run)
    for each in watchers:
        each.save(run)
    if "summary" in names:
        add_to_summary(plan, folder, found)
    for each in watchers:
        each.draw(run)
    close_loggers(run.trainer)


def whole_run(config: DictConfig, plan: Plan, folder: Path, found: list[Piece]) -> Any:  # noqa: ANN401
    """Return the run that watchers save and draw: the blended picture is its last image.

    Args:
        config: The config of the run.
        plan: What was fitted.
        folder: The folder of the run.
        found: What each fit has found, without its image.
    """
    from untrained.callback.run import Last, Run
    from untrained.image import Origin
    from untrained.kernel.memory import peak_memory_mb
    from untrained.problem import Problem

    images = (piece.image for piece in pieces(folder, len(plan.parts)))
    picture = framed(plan.tiles.blended(images, plan.factor), plan.data.shape)
    objective = instantiate(config.objective)
    steps = sum(each.steps for each in found)
    return Run(
        folder=folder,
        clean=plan.data.observation.clean,
        target=plan.data.observation.target,
        problem=Problem(plan.data.degradation, objective, noisy=plan.data.noisy),
        metric=instantiate(config.metric),
        steps=steps,
        parameters=sum(each.parameters for each in found),
        trainer=build_trainer(config.trainer, []),
        words=spoken(config),
        origin=origin_of(config) or Origin(),
        memory_mb=peak_memory_mb(),
        done=steps,
        last=Last(picture, None, None, 0.0),
    )


def framed(picture: Any, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """Return an image of a shape, of what is visible of it: nobody looks at what is beyond."""
    from torch.nn.functional import pad

    down, across = ((shape[side] - picture.shape[side]) // 2 for side in (2, 3))
    return pad(picture, (across, across, down, down), "replicate")


def add_to_summary(plan: Plan, folder: Path, found: list[Piece]) -> None:
    """Put under `tiles` in `summary.json` where each tile is, and how its fit ended.

    The blend is refined where its tiles are.
    """
    from untrained.record.summary import read_summary, write_summary

    tiles = []
    for window, piece in zip(plan.tiles.windows, found, strict=True):
        place = window.enlarged(plan.factor)._asdict()
        ending = piece._asdict()
        del ending["image"]
        tiles.append(place | ending)
    summary = read_summary(folder) | {"tiles": tiles}
    summary["reconstruction"]["refined"] = any(piece.refined for piece in found)
    write_summary(folder, summary)
