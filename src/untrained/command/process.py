"""The Trainer's words: what would start other processes, or no fit of ours, is refused before."""

import re
from collections.abc import Mapping
from typing import Any

HINT = "one image is fitted by one process: trainer.devices=1, or [1] for the second GPU"


def check_words(trainer: Mapping[str, Any]) -> None:
    """Refuse the words of a Trainer that ask for several processes, before it is built.

    Raises:
        ValueError: If one does.
    """
    devices, nodes = trainer.get("devices"), trainer.get("num_nodes")
    strategy = trainer.get("strategy")
    if isinstance(devices, bool):
        raise ValueError(f"trainer.devices={devices} is not a number; {HINT}")
    count = count_of(devices)
    if count != 1:
        raise ValueError(f"trainer.devices={devices} is {count} processes; {HINT}")
    if isinstance(nodes, int) and nodes > 1:
        raise ValueError(f"trainer.num_nodes={nodes} is {nodes} processes; {HINT}")
    if isinstance(strategy, str) and not strategy.startswith(("auto", "single_")):
        raise ValueError(f"trainer.strategy={strategy} is not for one process; {HINT}")


def check_precision(trainer: Mapping[str, Any]) -> None:
    """Refuse weights of half precision: the images that are watched need single precision.

    Raises:
        ValueError: If they are asked for.
    """
    precision = str(trainer.get("precision"))
    if precision in ("bf16-true", "16-true") or precision.startswith("transformer-engine"):
        raise ValueError(
            f"accelerator.precision={precision} keeps the weights in half precision; "
            "bf16-mixed keeps them in single precision"
        )


def check_own(trainer: Mapping[str, Any], steps: int) -> None:
    """Refuse words of the Trainer which words of ours say, or which would be passed over.

    Raises:
        ValueError: If there is one; the right word is said.
    """
    if trainer.get("callbacks") is not None:
        raise ValueError("trainer.callbacks is not read; +callbacks.name._target_=... adds one")
    most = trainer.get("max_steps")
    if isinstance(most, int) and not 0 <= most <= steps:
        raise ValueError(f"trainer.max_steps={most} is not within steps={steps}; type steps=...")
    batches = trainer.get("accumulate_grad_batches", 1)
    if batches != 1:
        raise ValueError(
            f"trainer.accumulate_grad_batches={batches} would repeat each step "
            "with the same image: leave it at 1"
        )
    logger = trainer.get("logger")
    if not isinstance(logger, list | bool | None):
        raise ValueError(f"trainer.logger={logger}: type logger=tensorboard, csv, ...")


def check_trainer(trainer: Any) -> None:  # noqa: ANN401 - PyTorch Lightning is imported late
    """Refuse a Trainer that would start other processes, or repeat each step with the same image.

    `auto` and -1 take all the GPUs.

    Raises:
        ValueError: If it would.
    """
    from pytorch_lightning.callbacks import GradientAccumulationScheduler

    if any(isinstance(each, GradientAccumulationScheduler) for each in trainer.callbacks):
        raise ValueError(
            "callbacks: a GradientAccumulationScheduler would repeat each step with the same "
            "image: leave it out"
        )
    count = trainer.num_devices * trainer.num_nodes
    if count > 1:
        raise ValueError(f"trainer.devices would be {count} here; {HINT}")
    if trainer.strategy.launcher is not None:
        name = type(trainer.strategy).__name__
        raise ValueError(f"trainer.strategy={name} is for several processes; {HINT}")


def count_of(devices: object) -> int:
    """Return how many devices are asked for; 1 where the Trainer has to look for them.

    Example:
        >>> [count_of(each) for each in (2, "2", [0, 1], "0,1", [1], "1,", "auto", -1)]
        [2, 2, 2, 2, 1, 1, 1, 1]
    """
    if isinstance(devices, list):
        return len(devices)
    text = str(devices)
    if "," in text:
        return len(re.findall(r"[^,\s]+", text))
    return int(text) if text.isdigit() else 1
