"""One experiment, from its words to its folder."""

import logging
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig

from untrained.command.folder import has_begun, write_words
from untrained.command.pointed import leaves
from untrained.command.process import check_trainer, check_words
from untrained.command.result import FREE_WORDS, fitted, read
from untrained.command.word import added_noise, check_experiment, spoken

if TYPE_CHECKING:
    from untrained.callback.ending import Ending

log = logging.getLogger(__name__)


class CompleteError(ValueError):
    """The run has all of its steps, or all that a rule gave it."""


class RefusedError(ValueError):
    """The folder holds a run that these words do not go on with."""


def in_sweep() -> bool:
    """Tell whether this run is one of a sweep."""
    return HydraConfig.get().mode is RunMode.MULTIRUN


def fit(config: DictConfig, words: dict[str, Any], folder: Path) -> "Ending":
    """Run one experiment in its folder, and return how it ended.

    Args:
        config: The config, of which the objects are built.
        words: Its words with their values, as `result.resolved` found them.
        folder: The folder, which no other process is in.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    check_experiment(config)
    check_words(words["trainer"])
    check_root(words["trainer"], folder)
    check_picture(words["image"], folder)
    trainer, prior, data, checkpoint = prepared(config, words, folder)
    # Of a run that was cut short: half a file is of no use, and the curves are logged anew.
    parts = ["events.out.tfevents.*", "summary.json", "result.json", "hparams.yaml"]
    parts += [".part-*", ".hydra/.part-*", "checkpoints/.part-*", "frames/.part-*"]
    for stale in [path for part in parts for path in folder.glob(part)]:
        stale.unlink()
    from untrained.callback.ending import ending
    from untrained.callback.logbook import close_loggers, tolerate_loggers

    tolerate_loggers(trainer)
    try:
        trainer.fit(prior, data, ckpt_path=checkpoint, weights_only=True)
    finally:
        close_loggers(trainer)
    ended = ending(trainer)
    if not ended.done:
        raise ValueError(f"trainer forbids the first of {ended.steps} steps, so that none was done")
    return ended


def prepared(
    config: DictConfig, words: dict[str, Any], folder: Path
) -> tuple[Any, Any, Any, Path | None]:
    """Build the trainer, the prior, the data, and find the checkpoint to go on from."""
    # PyTorch and Lightning take seconds to import: help and a mistyped word do without.
    import torch

    from untrained.kernel.memory import keep_freed_memory, reset_peak_memory

    reset_peak_memory()
    if config.accelerator.keep_freed_memory:
        keep_freed_memory()
    allow_tf32(config.accelerator.tf32)
    checkpoint = resumable(folder, words)
    write_words(config, folder)  # Now that they are known to be this run's.
    data = instantiate(config.data, _convert_="all")
    prior = instantiate(config.prior, shape=tuple(data.shape), _convert_="all")
    try:
        prior.configure_optimizers()
    except (TypeError, ValueError) as error:
        raise ValueError(f"optimizer: {error}") from None
    prior.save_hyperparameters({"words": spoken(config), "config": fitted(words)})
    quieten()
    if config.accelerator.name == "gpu" and not torch.accelerator.is_available():
        raise ValueError("accelerator=gpu: no GPU is found; accelerator=cpu needs none")
    trainer = trainer_of(config.trainer)
    noise = added_noise(config)
    if noise and data.observation.clean is not None:
        log.warning("%s", noise)
    if config.accelerator.name == "cpu" and "bf16" in str(config.accelerator.precision):
        warn_of_bfloat16(torch.backends.cpu.get_cpu_capability())
    log.info("fit %s on %s", tuple(data.shape), trainer.strategy.root_device)
    return trainer, prior, data, checkpoint


def trainer_of(words: DictConfig) -> Any:  # noqa: ANN401 - PyTorch Lightning is imported late
    """Build the Trainer, of one process.

    Raises:
        ValueError: If it would start others.
    """
    numbers = {}
    if words.accelerator == "cpu" and words.devices in ([0], "0,"):
        numbers = {"devices": 1}  # The only CPU is number 0, but Lightning takes no list of it.
    trainer = instantiate(words, _convert_="all", **numbers)
    check_trainer(trainer)
    return trainer


def check_root(trainer: Mapping[str, Any], folder: Path) -> None:
    """Refuse a Trainer that would write elsewhere: there may be somebody else's files.

    Raises:
        ValueError: If it would.
    """
    root = trainer.get("default_root_dir")
    if Path(str(root)).resolve() != folder.resolve():
        raise ValueError(f"trainer.default_root_dir={root} is not the run's folder, hydra.run.dir")


def check_picture(image: Mapping[str, Any], folder: Path) -> None:
    """Refuse a picture in the run's own folder: the run may write a file of that name.

    Raises:
        ValueError: If it stands there.
    """
    path = str(image.get("path"))
    if Path(path).resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"image.path={path} is in the run's folder, which may overwrite it")


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


def resumable(folder: Path, words: dict[str, Any]) -> Path | None:
    """Return the checkpoint to go on from, or None where there is none yet.

    Raises:
        RefusedError: If the folder holds a run that is not resumed, has other words, or began
            with other files.
        CompleteError: If it is finished.
    """
    path = folder / "checkpoints" / "last.ckpt"
    if not in_sweep():  # Of whose runs each has the folder of its words.
        check_resume(words["resume"], folder)
    if not path.exists():
        return None
    import torch

    saved = torch.load(path, map_location="cpu", weights_only=True)
    done, known = saved["global_step"], saved["hyper_parameters"]["config"]
    resume = folder if in_sweep() else words["resume"]
    differing = differences(known, fitted(words))
    if differing:
        raise RefusedError(f"resume={resume} is of other words: {'; '.join(differing)}")
    check_files(known, words)
    # A run that was killed while it was drawn has all of its steps, and goes on to be drawn.
    drawn = read(folder).get("status") == "finished" or not saved.get("images")
    halted = saved["callbacks"].get("Stopping", {}).get("halted")
    if drawn and halted and halted == words["stopping"]["halt"]:
        raise CompleteError(
            f"resume={resume} was ended by stopping.halt={halted} after {done} steps; "
            "stopping.halt=null goes on"
        )
    if done > words["steps"] or (drawn and done == words["steps"]):
        error = CompleteError if done == words["steps"] else RefusedError
        raise error(f"resume={resume} has all of its {done} steps; steps=... adds to them")
    return path


def differences(known: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Say in which words two configs differ that a run may not change when it is resumed."""
    free = {"steps", "files", *FREE_WORDS}
    if not in_sweep():  # Whose finished runs are those of just its words.
        free |= {"stopping.halt", "stopping.choose"}
    # Of a group that an older version did not keep nothing is known.
    here = {group: value for group, value in here.items() if group in known}
    before, now = dict(leaves(known)), dict(leaves(here))
    return [
        f"{word} {before.get(word)} there and {now.get(word)} here"
        for word in before | now
        if not {word, word.partition(".")[0]} & free and before.get(word) != now.get(word)
    ]


def check_files(known: Mapping[str, Any], words: dict[str, Any]) -> None:
    """Refuse to go on where a word points at another picture, or another class, than before.

    Raises:
        RefusedError: If it does.
    """
    before, values = known.get("files", {}), dict(leaves(words))
    for word, digest in words["files"].items():
        if before.get(word, digest) != digest:
            kind = "picture" if word == "image.path" else "file"
            raise RefusedError(
                f"{word}={values[word]} is another {kind} than the run began with: a new run needs "
                "another folder"
            )


def check_resume(resume: object, folder: Path) -> None:
    """Refuse to go on with a run that was not asked for.

    Raises:
        RefusedError: If the folder holds a run that is not resumed, or is not the one that is.
    """
    if resume is None and has_begun(folder):
        raise RefusedError(f"resume={folder} is needed to go on with the run in that folder")
    if resume is not None and Path(str(resume)).expanduser().resolve() != folder.resolve():
        raise RefusedError(f"resume={resume} is one folder and hydra.run.dir another")


def quieten() -> None:
    """Silence what the frameworks say on a normal run; importing them has made them talkative."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=name)
    logging.raiseExceptions = False  # A log on a full disk is no news beside the run itself.
    # TensorBoard's thread meets a full disk before we do, and we say it in one line.
    threading.excepthook = lambda failure: (
        None if issubclass(failure.exc_type, OSError) else threading.__excepthook__(failure)
    )
