"""What is to be fitted of a photo in tiles."""

import logging
from collections import Counter
from typing import Any, NamedTuple

from hydra.utils import instantiate
from omegaconf import DictConfig

from untrained.command.argument import OF_ONE_GO
from untrained.command.build import Given, build_data, problem_of
from untrained.command.callbacks import build_metric, build_refinement, keep_suited
from untrained.command.foresight import check_whole, fits_at_once
from untrained.command.typed import asked_for_baselines, asked_for_rules, typed
from untrained.kernel.thread import count_of_cores

log = logging.getLogger(__name__)

# Pixels of a photo up to which the default baselines take a few seconds.
CHEAP = 2**20
# The least side of a tile, in pixels of the target or in blocks: two tiles share a block.
PIXELS, BLOCKS = 16, 3


class Plan(NamedTuple):
    """What is to be fitted.

    Args:
        data: Serves the target of the whole photo.
        tiles: The layout, in pixels or in blocks of the target (`Degradation.grid`).
        factor: How many pixels of the image each of these has, each way.
        parts: A and y of each tile.
        workers: How many tiles are fitted side by side.
        refinement: What each result is refined by.
        halts: Whether a rule may end the fit of a tile sooner.
        baselines: The watcher that runs them on the whole photo, or None.
    """

    data: Any
    tiles: Any
    factor: int
    parts: list[tuple[Any, Any]]
    workers: int
    refinement: Any
    halts: bool
    baselines: Any


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
    build_metric(config, data)  # Refused now, not after the last tile.
    check_whole(config, data)
    target = data.observation.target
    rows, columns = data.degradation.grid(target)
    data.degradation.windowed(target, Window(0, 0, rows, columns))  # Refused now, if at all.
    # Of a blur the image is larger than what its target has the place of.
    visible = data.degradation.visible(torch.empty(data.shape, device="meta"))
    factor = visible.shape[-1] // columns
    size, overlap = sides(config.tile.size, config.tile.overlap)
    check_sides(size, overlap, factor, data.degradation.is_picture)
    # Blocks that are larger than the overlap share one: without any there would be a seam.
    shared = max(1, overlap // factor) if overlap else 0
    tiles = Tiles(rows, columns, size // factor, shared, least=1)
    parts = [data.degradation.windowed(target, window) for window in tiles.windows]
    degradation, part = parts[0]
    workers = count_of_workers(config, degradation.shape(part))
    refinement = build_refinement(config, problem_of_part(config, *parts[0]), part)
    halts = check_rules(config, parts)
    return Plan(data, tiles, factor, parts, workers, refinement, halts, baselines_of(config, data))


def check_sides(size: int, overlap: int, factor: int, is_picture: bool) -> None:
    """Refuse tiles that have too few pixels of a small target, or too few blocks.

    Args:
        size: Side of a tile, in pixels of the image.
        overlap: Pixels of the image that neighbours share.
        factor: How many pixels of the image a pixel or a block of the target has, each way.
        is_picture: Whether the target is a picture, and no numbers of blocks.

    Raises:
        ValueError: If they have, or if neighbours share half of these.
    """
    why = f"degradation.factor={factor}" if is_picture else f"blocks of {factor} x {factor}"
    least = (PIXELS if is_picture else BLOCKS) * factor
    if size < least:
        raise ValueError(f"tile.size={size} must be at least {least} with {why}")
    if 2 * (overlap // factor) >= size // factor:
        raise ValueError(
            f"tile.overlap={overlap} must be below half of tile.size={size}, which is "
            f"{size // factor * factor} with {why}"
        )


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


def given_part(degradation: Any, part: Any) -> Given:  # noqa: ANN401
    """Return what the fit of a tile is given: A and y of the tile."""
    return Given(target=part.contiguous(), degradation=degradation, is_part=True)


def problem_of_part(config: DictConfig, degradation: Any, part: Any) -> Any:  # noqa: ANN401
    """Build the problem of a tile as its fit will."""
    return problem_of(config, build_data(config, given_part(degradation, part)))


def check_rules(config: DictConfig, parts: list[tuple[Any, Any]]) -> bool:
    """Show each tile to the rules before any is fitted: what is left out is said once, not by each.

    A rule that was typed is refused if it does not suit some tile: that tile would end by another
    rule than its neighbours.

    Args:
        config: The config of the run.
        parts: A and y of each tile.

    Returns:
        Whether a rule may end the fit of a tile sooner.

    Raises:
        ValueError: If a word of the rules is bad, or one that was typed does not suit a tile.
    """
    from untrained.callback.stopping import Stopping

    said: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    halts = False
    for degradation, part in parts:
        stopping = instantiate(config.callbacks.get("stopping"), _convert_="all")
        if not isinstance(stopping, Stopping):
            return False
        problem = problem_of_part(config, degradation, part)
        try:
            said.update(stopping.leave_out(problem, part, asked_for_rules(stopping)))
        except ValueError as error:
            refused[str(error)] += 1
        halts = halts or stopping.halt is not None
    for line, count in refused.most_common(1):
        raise ValueError(in_tiles(line, count, len(parts)))
    for line, count in said.items():
        log.warning("%s", in_tiles(line, count, len(parts)))
    return halts


def in_tiles(line: str, count: int, total: int) -> str:
    """Return a line with the number of tiles that it is about, if these are not all.

    Example:
        >>> in_tiles("the target has no noise", 2, 12)
        'the target has no noise (2 of 12 tiles)'
    """
    return line if count == total else f"{line} ({count} of {total} tiles)"


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
