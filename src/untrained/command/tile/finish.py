"""Blend the tiles of a photo, and leave what a run leaves."""

from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from untrained.command.build import build_trainer
from untrained.command.callbacks import build_metric, origin_of
from untrained.command.tile.piece import Piece, pieces
from untrained.command.tile.plan import Plan
from untrained.command.typed import spoken


def finish(config: DictConfig, plan: Plan, folder: Path, seconds: float) -> None:
    """Blend the tiles, and leave what a run leaves: the picture, the panel and the figures.

    Args:
        config: The config of the run.
        plan: What was fitted.
        folder: The folder of the run.
        seconds: Time that it took.
    """
    from untrained.callback.logbook import close_loggers, tolerate_loggers

    found = [without_images(piece) for piece in pieces(folder, len(plan.parts))]
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
        found: What each fit has found, without its images.
    """
    from untrained.callback.run import Last, Run
    from untrained.image import Origin
    from untrained.kernel.memory import peak_memory_mb
    from untrained.problem import Problem

    images = (piece.image for piece in pieces(folder, len(plan.parts)))
    picture = framed(plan.tiles.blended(images, plan.factor), plan.data.shape)
    data, objective = plan.data, instantiate(config.objective)
    steps = sum(each.steps for each in found)
    return Run(
        folder=folder,
        clean=plan.data.observation.clean,
        target=plan.data.observation.target,
        problem=Problem(data.degradation, objective, noisy=data.noisy, sigma=data.sigma),
        metric=build_metric(config, plan.data),
        steps=steps,
        parameters=sum(each.parameters for each in found),
        trainer=build_trainer(config.trainer, []),
        words=spoken(config),
        origin=origin_of(config, plan.data.degradation.is_picture) or Origin(),
        memory_mb=peak_memory_mb(),
        done=steps,
        last=Last(picture, None, None, 0.0, blended_deviation(plan, folder)),
    )


def blended_deviation(plan: Plan, folder: Path) -> Any:  # noqa: ANN401
    """Return the standard deviation over several fits, blended like the images; None for one fit.

    Pieces of older versions have none.
    """
    deviations = [piece.deviation for piece in pieces(folder, len(plan.parts))]
    if any(each is None for each in deviations):
        return None
    return plan.tiles.blended(deviations, plan.factor)


def without_images(piece: Piece) -> Piece:
    """Return what a fit has found, without what fills the memory."""
    return piece._replace(image=None, deviation=None)


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
        del ending["image"], ending["deviation"]
        tiles.append(place | ending)
    summary = read_summary(folder) | {"tiles": tiles}
    summary["reconstruction"]["refined"] = any(piece.refined for piece in found)
    write_summary(folder, summary)
