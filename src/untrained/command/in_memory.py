"""A fit that leaves no file: for `untrained.restore`, and for one tile of a large photo."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omegaconf import DictConfig, open_dict, read_write

from untrained.command.build import Experiment, Given, build, check_content
from untrained.command.complaint import complaint
from untrained.command.compose import composed
from untrained.command.fit import quieten_lightning
from untrained.command.idle import check_idle_in_memory

# The callbacks that write files.
WRITING = ("pictures", "summary", "video", "checkpoint")


def fitted_in_memory(words: Sequence[str], given: Given, progress: bool) -> Any:  # noqa: ANN401
    """Run the fit that the command line would run, and return its `Run`.

    Args:
        words: The words, as they would be typed.
        given: What is in memory already: target, clean image, degradation.
        progress: Whether to show the bar of the steps.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    quieten_lightning()
    with TemporaryDirectory(prefix="untrained-") as folder:
        with ExitStack() as hydra:
            config = None
            try:
                config = hydra.enter_context(composed(words, Path(folder)))
                check_whole(config)
                check_idle_in_memory(config, given.clean is not None, given.degradation is not None)
                leave_no_file(config, Path(folder), [] if progress else ["progress"])
                experiment = build(config, {}, given)
                check_content("target", given.target, experiment.data.degradation.is_picture)
            except Exception as error:  # While Hydra knows the words, which the line names.
                line = complaint(error, config, words)
                if line is None:
                    raise
                raise ValueError(spoken_in_memory(line)) from None
        return run_of(experiment)


def spoken_in_memory(line: str) -> str:
    """Return a refusal of the command line with the name that the clean image has in memory.

    Example:
        >>> spoken_in_memory("image is 8 x 8, 1 channel and the target needs 9 x 9, 1 channel")
        'clean is 8 x 8, 1 channel and the target needs 9 x 9, 1 channel'
    """
    return re.sub("^image is ", "clean is ", line)


def check_whole(config: DictConfig) -> None:
    """Refuse tiles, which need files of their own.

    Raises:
        ValueError: If they are asked for.
    """
    if config.tile.size is not None:
        raise ValueError(f"tile.size={config.tile.size} works only on the command line")


def leave_no_file(config: DictConfig, folder: Path, others: Sequence[str]) -> None:
    """Take the callbacks and the loggers that write files away.

    Args:
        config: The config, which is changed.
        folder: A folder that is removed after the fit.
        others: Other callbacks that are taken away.
    """
    with open_dict(config), read_write(config):
        for name in (*WRITING, *others):
            config.callbacks.pop(name, None)
        config.logger = {}
        config.trainer.default_root_dir = str(folder)


def run_of(experiment: Experiment) -> Any:  # noqa: ANN401
    """Run a fit, and return its `Run`.

    Raises:
        ValueError: If the Trainer does no step.
    """
    trainer = experiment.trainer
    trainer.fit(experiment.prior, experiment.data)
    run = trainer.callbacks[0].run
    if run.last is None:
        raise ValueError(f"trainer allows none of the {run.steps} steps")
    return run
