"""One experiment, from its words to its folder."""

import logging
import shutil
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

try:
    import fcntl
except ImportError:  # Windows has no such module.
    fcntl = None  # type: ignore[assignment]

from untrained.command.word import check_experiment, spoken

log = logging.getLogger(__name__)

# What a run may change when it is resumed: how long it is, how it is watched, where it is put.
FREE_WORDS = ("steps", "resume", "log", "checkpoint", "stopping.halt", "stopping.choose")
# What is not of the fit itself.
WATCHED = ("callbacks", "logger", "trainer", "data", "prior")


def fit(config: DictConfig) -> None:
    """Run one experiment in Hydra's output folder.

    Raises:
        ValueError: If a word is bad; the message begins with it.
        SystemExit: If a signal cut the run short, once all is saved; with code 128 + signal.
    """
    folder = Path(HydraConfig.get().runtime.output_dir)
    with alone(folder):
        try:
            check_experiment(config)
            trainer, prior, data, checkpoint = prepared(config, folder)
        except Exception:
            forget(folder)
            raise
        # Of a run that was cut short: half a file is of no use, and the curves are logged anew.
        parts = ("events.out.tfevents.*", "**/.part-*", "summary.json", "hparams.yaml")
        for stale in [path for part in parts for path in folder.glob(part)]:
            stale.unlink()
        trainer.fit(prior, data, ckpt_path=checkpoint, weights_only=True)
    for callback in trainer.callbacks:
        if signal := getattr(callback, "signal", None):
            sys.stderr.write(f"""go on with the same words and "resume='{folder}'"\n""")
            sys.exit(128 + signal)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run's folder; the system lets go of it however we end.

    Raises:
        ValueError: If another process is at work in it.
    """
    if fcntl is None:
        yield
        return
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"resume={folder} is in use by another process") from None
        yield
    (folder / ".lock").unlink(missing_ok=True)


def prepared(config: DictConfig, folder: Path) -> tuple[Any, Any, Any, Path | None]:
    """Build the trainer, the prior, the data, and find the checkpoint to go on from."""
    # PyTorch and Lightning take seconds to import: help and a mistyped word do without.
    import torch

    from untrained.memory import keep_freed_memory, reset_peak_memory

    reset_peak_memory()
    if config.accelerator.keep_freed_memory:
        keep_freed_memory()
    words: Any = OmegaConf.to_container(config, resolve=True)
    checkpoint = resumable(folder, words)
    data = instantiate(config.data, _convert_="all")
    prior = instantiate(config.prior, shape=tuple(data.shape), _convert_="all")
    try:
        prior.configure_optimizers()
    except (TypeError, ValueError) as error:
        raise ValueError(f"optimizer: {error}") from None
    fitted = {group: value for group, value in words.items() if group not in WATCHED}
    prior.save_hyperparameters({"words": spoken(config), "config": fitted})
    quieten()
    if config.accelerator.name == "gpu" and not torch.accelerator.is_available():
        raise ValueError("accelerator=gpu: no GPU is found; accelerator=cpu needs none")
    trainer = instantiate(config.trainer, _convert_="all")
    log.info("fit %s on %s", tuple(data.shape), trainer.strategy.root_device)
    return trainer, prior, data, checkpoint


def forget(folder: Path) -> None:
    """Remove what Hydra has written of a run that did not begin, lest it is taken for a result."""
    if {path.name for path in folder.iterdir()} <= {".hydra", ".lock", "train.log"}:
        shutil.rmtree(folder)


def resumable(folder: Path, words: dict[str, Any]) -> Path | None:
    """Give the checkpoint to go on from, or None where there is none yet.

    Raises:
        ValueError: If the folder holds a run that is not resumed, is finished, or has other words.
    """
    path = folder / "checkpoints" / "last.ckpt"
    if words["resume"] is None:
        if (folder / "target.png").exists():
            raise ValueError(f"resume={folder} is needed to go on with the run in that folder")
        return None
    if Path(str(words["resume"])).resolve() != folder.resolve():
        raise ValueError(f"resume={words['resume']} is one folder and hydra.run.dir another")
    if not path.exists():
        return None
    import torch

    saved = torch.load(path, map_location="cpu", weights_only=True)
    done, known = saved["global_step"], dict(leaves(saved["hyper_parameters"]["config"]))
    halted = saved["callbacks"].get("Stopping", {}).get("halted")
    if halted and halted == words["stopping"]["halt"]:
        raise ValueError(
            f"resume={words['resume']} was ended by stopping.halt={halted} after {done} steps; "
            "stopping.halt=null goes on"
        )
    if done >= words["steps"]:
        raise ValueError(
            f"resume={words['resume']} has all of its {done} steps; steps=... adds to them"
        )
    here = dict(leaves(words))
    differing = [
        f"{word} {known.get(word)} there and {here.get(word)} here"
        for word in known | here
        if not {word, word.partition(".")[0]} & {*FREE_WORDS, *WATCHED}
        and known.get(word) != here.get(word)
    ]
    if differing:
        raise ValueError(f"resume={words['resume']} is of other words: {'; '.join(differing)}")
    return path


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a config
    """Give each word of a config that holds a value, and the value."""
    if not isinstance(node, dict):
        yield path, node
        return
    for key, value in node.items():
        yield from leaves(value, f"{path}.{key}".lstrip("."))


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
