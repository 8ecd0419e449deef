"""What follows a sweep."""

from pathlib import Path
from typing import Any

import yaml
from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class Comparison(Callback):
    """Draw the runs of a sweep side by side, once all have ended; see `untrained.comparison`."""

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Draw into the sweep's folder."""
        from untrained.comparison import compare

        folder = Path(config.hydra.sweep.dir)
        compare(folder, named(path.parent for path in sorted(folder.glob("*/summary.json"))))


def named(folders: Any) -> dict[str, Path]:  # noqa: ANN401
    """Name each run by the words in which it differs from the others; a model by its name alone.

    Example: `model=dip` becomes DIP, `model=dip optimizer.lr=0.1` becomes `DIP lr=0.1`.
    """
    words = {f: yaml.safe_load((f / ".hydra" / "overrides.yaml").read_text()) for f in folders}
    shared = set.intersection(*(set(each) for each in words.values())) if words else set()
    return {
        " ".join(short(word) for word in each if word not in shared) or folder.name: folder
        for folder, each in words.items()
    }


def short(word: str) -> str:
    """Shorten one override for a figure."""
    name, _, value = word.partition("=")
    return value.upper() if name == "model" else f"{name.rpartition('.')[2]}={value}"
