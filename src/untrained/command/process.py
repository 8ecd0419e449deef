"""One image is one process: what would start others is refused before it does."""

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
    count = count_of(devices)
    if count != 1:
        raise ValueError(f"trainer.devices={devices} is {count} processes; {HINT}")
    if isinstance(nodes, int) and nodes > 1:
        raise ValueError(f"trainer.num_nodes={nodes} is {nodes} processes; {HINT}")
    if isinstance(strategy, str) and not strategy.startswith(("auto", "single_")):
        raise ValueError(f"trainer.strategy={strategy} is for several processes; {HINT}")


def check_trainer(trainer: Any) -> None:  # noqa: ANN401 - PyTorch Lightning is imported late
    """Refuse a Trainer that would start other processes: `auto` and -1 take all the GPUs.

    Raises:
        ValueError: If it would.
    """
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
