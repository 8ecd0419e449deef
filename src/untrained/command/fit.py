"""One experiment, from its words to its folder."""

import logging
import threading
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig

from untrained import check
from untrained.command.build import Experiment, build
from untrained.command.early import check_classes
from untrained.command.folder import is_ours, write_words
from untrained.command.leftover import leftovers_removed, nothing_left
from untrained.command.pointed import PICTURES, is_kernel_of_ours
from untrained.command.process import check_own, check_precision, check_words
from untrained.command.quit import leave_if_told
from untrained.command.refuse import check_experiment
from untrained.command.result import fitted
from untrained.command.resume import resumable
from untrained.command.settle import added_noise
from untrained.record.name import TILES_WORDS, WORDS
from untrained.record.tree import leaves, write_tree

log = logging.getLogger(__name__)


class Ended(NamedTuple):
    """How a run ended.

    Args:
        status: 'finished', 'stopped' or 'interrupted', see `Run.status`.
        halted: The rule that ended it, or None.
        seconds: What its steps took.
        done: Steps that are done.
        steps: Steps that were asked for.
        signal: The signal that arrived, or None.
        unit: What `done` and `steps` count: steps, or tiles.
    """

    status: str
    halted: str | None
    seconds: float
    done: int
    steps: int
    signal: int | None
    unit: str = "steps"

    @property
    def is_cut_short(self) -> bool:
        """Whether a signal, a limit or a callback of the user's own ended the run."""
        return self.status == "interrupted"


def fit(config: DictConfig, words: dict[str, Any], folder: Path) -> Ended:
    """Run one experiment in its folder, and return how it ended.

    Args:
        config: The config, of which the objects are built.
        words: Its words with their values, as `result.resolved` found them.
        folder: The folder, which no other process is in.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    check_all(config, words, folder)
    prepare_machine(config)
    checkpoint = resumable(folder, words)
    is_new = not is_ours(folder, WORDS)
    write_words(config, folder)  # Now that they are known to be this run's.
    if config.tile.size is not None:
        with nothing_left(folder, lambda: is_new):
            return in_tiles(config, words, folder)
    experiment = build(config, fitted(words))
    say_what_is_fitted(config, experiment)
    from untrained.callback.logbook import close_loggers, tolerate_loggers

    leave_if_told()
    trainer, steps = experiment.trainer, experiment.data.steps
    loaded = trainer.callbacks[0]  # It knows how many steps the checkpoint has.
    with (
        nothing_left(folder, lambda: is_new and trainer.global_step <= 1),
        leftovers_removed(folder, lambda: trainer.global_step > loaded.done),
    ):
        tolerate_loggers(trainer)
        try:
            trainer.fit(experiment.prior, experiment.data, ckpt_path=checkpoint, weights_only=True)
        finally:
            close_loggers(trainer)
        if not trainer.global_step:
            raise ValueError(f"trainer allows none of the {steps} steps")
    run, done = trainer.callbacks[0].run, trainer.global_step
    signal = experiment.interruption.signal if experiment.interruption else None
    return Ended(run.status, run.halted, run.seconds, done, steps, signal)


def check_all(config: DictConfig, words: dict[str, Any], folder: Path) -> None:
    """Refuse what can be refused before any object of the run is built.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    check_experiment(config)
    check_words(words["trainer"])
    check_precision(words["trainer"])
    check_own(words["trainer"], words["steps"])
    check_root(words["trainer"], folder)
    check.number("checkpoint.keep", words["checkpoint"]["keep"], least=0)
    check_pictures(words, folder)
    check_classes(config)


def in_tiles(config: DictConfig, words: dict[str, Any], folder: Path) -> Ended:
    """Run one experiment tile by tile, and return how it ended.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    # Late: it imports the pool of processes.
    from untrained.command.tile.finish import finish
    from untrained.command.tile.fit import fit_tiles, start_of
    from untrained.command.tile.piece import piece_path
    from untrained.command.tile.plan import planned

    started = start_of(folder)
    plan = planned(config)
    say_what_is_added(config, plan.data)
    write_tree(folder / TILES_WORDS, fitted(words), default=str)
    with leftovers_removed(folder, lambda: True):
        signal = fit_tiles(config, plan, folder, started)
    seconds = time.perf_counter() - started
    count = len(plan.parts)
    done = sum(piece_path(folder, number).exists() for number in range(count))
    if done < count:
        return Ended("interrupted", None, seconds, done, count, signal, "tiles")
    finish(config, plan, folder, seconds)
    return Ended("finished", None, seconds, count, count, signal, "tiles")


def prepare_machine(config: DictConfig) -> None:
    """Set what belongs to the whole process: memory, precision, and what the frameworks say."""
    # PyTorch and Lightning take seconds to import: help and a mistyped word do without.
    import torch

    from untrained.kernel.memory import keep_freed_memory, reset_peak_memory

    reset_peak_memory()
    if config.accelerator.keep_freed_memory:
        keep_freed_memory()
    allow_tf32(config.accelerator.tf32)
    if config.accelerator.name == "gpu" and not torch.accelerator.is_available():
        raise ValueError("accelerator=gpu: no GPU is found; accelerator=cpu needs none")
    quieten()
    if config.accelerator.name == "cpu" and "bf16" in str(config.accelerator.precision):
        warn_of_bfloat16(torch.backends.cpu.get_cpu_capability())


def say_what_is_added(config: DictConfig, data: Any) -> None:  # noqa: ANN401
    """Warn of noise that nobody may have asked for."""
    noise = added_noise(config)
    if noise and data.observation.clean is not None:
        log.warning("%s", noise)


def say_what_is_fitted(config: DictConfig, experiment: Experiment) -> None:
    """Log the size and the device, and warn of what nobody may have asked for."""
    say_what_is_added(config, experiment.data)
    profiler = experiment.trainer.profiler
    if profiler.filename:
        log.warning(
            "trainer.profiler: its report will be %s/fit-%s-0.txt",
            profiler.dirpath,
            profiler.filename,
        )
    shape, device = tuple(experiment.data.shape), experiment.trainer.strategy.root_device
    log.info("fit %s on %s", shape, device)


def check_root(trainer: Mapping[str, Any], folder: Path) -> None:
    """Refuse a Trainer that would write elsewhere: there may be somebody else's files.

    Raises:
        ValueError: If it would.
    """
    root = trainer.get("default_root_dir")
    if Path(str(root)).resolve() != folder.resolve():
        raise ValueError(f"trainer.default_root_dir={root} is not the run's folder, hydra.run.dir")


def check_pictures(words: Mapping[str, Any], folder: Path) -> None:
    """Refuse a picture in the run's own folder: the run may write a file of that name.

    Raises:
        ValueError: If one stands there.
    """
    values = leaves(words)
    for word in PICTURES:
        path = values.get(word)
        if path is None or is_kernel_of_ours(word, str(path)):
            continue
        if Path(str(path)).resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{word}={path} is in the run's folder, and the run may overwrite it")


def allow_tf32(allowed: object) -> None:
    """Let a GPU's convolutions round single precision to TF32, or not.

    Raises:
        ValueError: If it is neither true nor false.
    """
    import torch

    if not isinstance(allowed, bool):
        raise ValueError(f"tf32 must be true or false, got {allowed!r}")
    # PyTorch's older switch: where its newer ones are used too, Lightning's questions are refused.
    torch.backends.cudnn.allow_tf32 = allowed


def warn_of_bfloat16(capability: str) -> None:
    """Say that a processor has no bfloat16: PyTorch emulates it there (docs/speed.md)."""
    if capability == "AVX2":
        log.warning(
            "accelerator.precision=bf16-mixed: this CPU has no bfloat16, and a step may take ten "
            "times as long as with accelerator.precision=32-true"
        )


def quieten() -> None:
    """Silence what says things on a normal run."""
    quieten_lightning()
    logging.raiseExceptions = False  # A log on a full disk is no news beside the run itself.
    # TensorBoard's thread meets a full disk before we do, and we say it in one line.
    threading.excepthook = lambda failure: (
        None if issubclass(failure.exc_type, OSError) else threading.__excepthook__(failure)
    )


def quieten_lightning() -> None:
    """Silence what Lightning says on a normal fit."""
    import pytorch_lightning  # noqa: F401 - its import makes it talkative

    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=name)
