"""The start of a run or of a sweep: its folder is taken before Hydra writes anything."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained.command.complaint import one_line_errors
from untrained.command.compose import quoted
from untrained.command.folder import check_owner, claim
from untrained.record.name import HYDRA, LOCK, SWEEP_WORDS, WORDS

HIDDEN = "hydra.output_subdir"


class Claim(Callback):
    """Take the folder of a run or of a sweep, or refuse it.

    Hydra writes `.hydra/` before anybody can ask whose folder it is. So it is told to write none:
    the run does that itself, once the folder is its own.
    """

    def on_run_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Take the folder of a run."""
        # Hydra turns what a callback raises into a warning; an exit it lets through.
        with one_line_errors():
            say_where_the_words_are(config)
            refuse_folder_of("sweep", config, instead="run")
            folder = claimed(config, "run", WORDS)
        with open_dict(config), read_write(config):
            config.hydra.run.dir = str(folder)
            config.hydra.output_subdir = None

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Take the folder of a sweep, and name it in full: a run may stand in another folder."""
        with one_line_errors():
            say_where_the_words_are(config)
            refuse_folder_of("run", config, instead="sweep")
            folder = claimed(config, "sweep", SWEEP_WORDS).resolve()
            check_writable(folder)
        with open_dict(config), read_write(config):
            config.hydra.sweep.dir = str(folder)
            config.hydra.output_subdir = None
            # Each run composes its config anew from the overrides.
            words = [f"hydra.sweep.dir={quoted(str(folder))}", "hydra.output_subdir=null"]
            config.hydra.overrides.hydra.extend(words)


def say_where_the_words_are(config: DictConfig) -> None:
    """Say that a run keeps its words in `.hydra/`, where another place was typed, or none."""
    typed = [word for word in config.hydra.overrides.hydra if word.startswith(f"{HIDDEN}=")]
    if typed:
        sys.stderr.write(
            f"{typed[-1]}: {HYDRA} is written all the same: resume and the report need it\n"
        )


def refuse_folder_of(kind: str, config: DictConfig, instead: str) -> None:
    """Refuse the folder of a run beside a sweep, or of a sweep beside a run: Hydra passes it over.

    Args:
        kind: What is not begun: 'run' or 'sweep'.
        config: The config.
        instead: What is begun.

    Raises:
        ValueError: If one was typed; the right word is said.
    """
    for word in config.hydra.overrides.hydra:
        name, _, value = word.partition("=")
        if name == f"hydra.{kind}.dir":
            raise ValueError(
                f"{word} is the folder of a {kind}, and this is a {instead}: "
                f"type hydra.{instead}.dir={value}"
            )


def check_writable(folder: Path) -> None:
    """Refuse a folder in which no file can be made, before anything is said of a sweep there.

    Raises:
        OSError: If none can.
    """
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:  # It names a file that nobody has heard of.
        raise OSError(error.errno, error.strerror, str(folder)) from None


def check_folder(folder: Path, named: str) -> None:
    """Refuse a folder that is a file, or that would be in one.

    Args:
        folder: The folder.
        named: What the message calls the folder: the word that was typed.

    Raises:
        ValueError: If it is.
    """
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            reason = "it" if place == folder else str(place)
            raise ValueError(f"{named} is no folder: {reason} is a file")


def claimed(config: DictConfig, kind: str, mark: str) -> Path:
    """Make the folder that `hydra.run.dir` or `hydra.sweep.dir` names, and return it.

    Args:
        config: The config.
        kind: 'run' or 'sweep'.
        mark: The file that holds its words: `WORDS` or `SWEEP_WORDS`.

    Raises:
        ValueError: If it holds files that are not a run's, or a sweep's.
    """
    word = f"hydra.{kind}.dir"
    folder = Path(str(OmegaConf.select(config, word))).expanduser()
    check_folder(folder, f"{word}={folder}")
    written: Any = OmegaConf.to_container(config.hydra[kind], resolve=False)
    dated = config.resume is None and "${now:" in str(written["dir"])
    # A folder with a lock may be that of a run that just begins: `alone` checks it with the lock.
    begins = kind == "run" and os.path.lexists(folder / LOCK)
    if not dated and not begins:
        check_owner(folder, mark, f"{word}={folder}")
    return claim(folder, dated)
