"""What follows a sweep."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from untrained.command.complaint import one_line_errors


class Comparison(Callback):
    """Draw the runs of a sweep side by side, once all have ended; see `untrained.comparison`."""

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Draw into the sweep's folder."""
        from untrained.comparison import compare

        folder = Path(config.hydra.sweep.dir)
        # Hydra turns what a callback raises into a warning; an exit it lets through.
        with one_line_errors():
            compare(folder, named(path.parent for path in folder.glob("*/summary.json")))


def named(folders: Iterable[Path]) -> dict[str, Path]:
    """Name each run by the words in which it differs from the others, in the order of the sweep.

    Example: `model=dip` becomes DIP, `model=dip optimizer.lr=0.1` becomes `DIP lr=0.1`.
    """
    jobs = {folder: job_of(folder) for folder in folders}
    # A run that was resumed on its own has lost its number.
    ordered = sorted(jobs.items(), key=lambda item: (str(item[1].job.num).zfill(9), item[0].name))
    words = {
        folder: [word for word in job.overrides.task if not word.startswith("resume=")]
        for folder, job in ordered
    }
    shared = set.intersection(*map(set, words.values())) if words else set()
    return {
        " ".join(short(word) for word in each if word not in shared) or folder.name: folder
        for folder, each in words.items()
    }


def job_of(folder: Path) -> Any:  # noqa: ANN401 - a config
    """Read what Hydra wrote of a job."""
    job = OmegaConf.load(folder / ".hydra" / "hydra.yaml").hydra
    if OmegaConf.is_missing(job.job, "num"):
        job.job.num = "last"
    return job


def short(word: str) -> str:
    """Shorten one override for a figure."""
    name, _, value = word.partition("=")
    return value.upper() if name == "model" else f"{name.rpartition('.')[2]}={value}"
