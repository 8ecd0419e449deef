"""The callbacks of one run, in the one order that is right, and what they are given."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from untrained.command.pointed import READER
from untrained.command.typed import asked_for_baselines, asked_for_rules, spoken, typed_groups
from untrained.command.word import is_shipped

log = logging.getLogger(__name__)


def build_callbacks(
    config: DictConfig,
    data: Any,  # noqa: ANN401 - PyTorch Lightning is imported late
    problem: Any,  # noqa: ANN401
    config_of_fit: Mapping[str, Any],
) -> list[Any]:
    """Build the callbacks, in the one order that is right.

    The watchers look at a step first. A callback of the user's own sees what they found. The guard
    may take the step back after all that it has to put back. The checkpoint is the last, so that it
    holds what the others saw.
    """
    from untrained.callback.baseline import Baselines
    from untrained.callback.watch import Watch
    from untrained.callback.watcher import Watcher

    callbacks = instantiate_callbacks(config)
    watchers: dict[str, Any] = {}
    for name, callback in callbacks.items():
        if isinstance(callback, Watcher):
            watchers[name] = callback
    others = [callback for name, callback in callbacks.items() if name not in watchers]
    every = watchers["curves"].every if "curves" in watchers else config.log.every
    metric = build_metric(config, data)
    all_words: Any = OmegaConf.to_container(config, resolve=True)
    like = origin_of(config, data.degradation.is_picture)
    refinement = build_refinement(config, problem, data.observation.target)
    watch = Watch(watchers, every, metric, spoken(config), all_words, like, refinement)
    asked_for = asked_for_rules(watch.stopping)
    for line in watch.stopping.leave_out(problem, data.observation.target, asked_for):
        log.warning("%s", line)
    for watcher in watchers.values():
        if isinstance(watcher, Baselines):
            keep_suited(watcher, data)
    return [watch, *in_turn(others, config_of_fit)]


def instantiate_callbacks(config: DictConfig) -> dict[str, Any]:
    """Build the watchers and Lightning's callbacks, by their names.

    Raises:
        ValueError: If one is neither.
    """
    from pytorch_lightning import Callback

    from untrained.callback.watcher import Watcher

    built = {}
    for name, words in config.callbacks.items():
        callback = instantiate(words, _convert_="all")
        if not isinstance(callback, Watcher | Callback):
            raise ValueError(f"callbacks.{name} must be a callback, got {callback!r}")
        built[str(name)] = callback
    return built


def in_turn(callbacks: list[Any], config_of_fit: Mapping[str, Any]) -> list[Any]:
    """Return the callbacks that do not watch in their order: the user's own, ..., the checkpoint.

    The checkpoint is told the words that it holds.
    """
    from untrained.trainer.checkpoint import Checkpoint
    from untrained.trainer.guard import Guard
    from untrained.trainer.interruption import Interruption

    for callback in callbacks:
        if isinstance(callback, Checkpoint):
            callback.config = config_of_fit
    # False sorts before True: those of the user's own come first, the checkpoint last.
    last = (Checkpoint, Guard, Interruption)
    return sorted(callbacks, key=lambda callback: [isinstance(callback, kind) for kind in last])


def build_metric(config: DictConfig, data: Any) -> Any:  # noqa: ANN401
    """Build the metric; where no shift was said, A says how far an image may be off its place.

    Raises:
        ValueError: If it leaves too little of the clean image.
    """
    from untrained.kernel.similarity import WINDOW

    clean, shift, words = data.observation.clean, data.degradation.shift, {}
    if clean is not None and shift and config.metric.get("shift", 0) is None:
        room = max((min(clean.shape[2:]) - WINDOW) // 2, 0)
        words = {"shift": min(shift, room), "border": max(config.metric.border, min(shift, room))}
    metric = instantiate(config.metric, _convert_="all", **words)
    if clean is not None:
        metric.prepared(clean)  # Refused now, not after the first step.
    return metric


def keep_suited(baselines: Any, data: Any) -> None:  # noqa: ANN401
    """Drop the baselines that do not apply to the target of a run.

    Raises:
        ValueError: If the user typed one of these.
    """
    asked_for = asked_for_baselines(baselines.baselines)
    baselines.leave_out(data.degradation, data.observation.target, asked_for)


def build_refinement(config: DictConfig, problem: Any, target: Any) -> Any:  # noqa: ANN401
    """Build the refinement, or none where it would be wrong; where it was typed, in a line."""
    from untrained.refinement import NoRefinement

    refinement = instantiate(config.refinement, _convert_="all")
    reason = refinement.suits(problem, target)
    if reason is None:
        return refinement
    if "refinement" in typed_groups():
        log.warning("refinement is left out, because %s", reason)
    return NoRefinement()


def origin_of(config: DictConfig, is_picture: bool = True) -> Any:  # noqa: ANN401
    """Return what the result is written like: the user's own target or, without one, image.

    None for a picture that scikit-image ships, or that another function than ours has read.

    Args:
        config: The config.
        is_picture: Whether the target is a picture; if not, the result is floats, too.
    """
    from untrained.image import Origin, origin

    if not is_picture and Path(str(config.target.path)).suffix == ".npy":
        white = config.degradation.get("white") or 1  # The result has the units of the target.
        return Origin(ending=".npy", number="float32", white=white, axes="yxc")
    found = []
    for words in (config.target, config.image):
        path = words.get("path") if words else None
        if path is None or words.get("_target_") != READER:
            continue
        if not is_shipped(str(path)):
            found.append(origin(str(path), words.get("white"), words.get("channel_axis")))
    if len({each.plain.profile for each in found}) > 1:
        log.warning(
            "image.path and target.path have different colour profiles; "
            "their values are compared without conversion"
        )
    return found[0] if found else None
