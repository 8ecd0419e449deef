"""The config of `conf/` for whoever has no command line: a notebook, a thread, a worker."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

import untrained.command.word  # noqa: F401 - the resolvers of conf/
from untrained.command.argument import check_choices
from untrained.command.ready import make_ready
from untrained.command.vocabulary import CONF

PLAIN = re.compile(r"[\w.+/-]+", re.ASCII)
# Hydra keeps one config for the whole process.
ONE_AT_A_TIME = threading.RLock()


@contextmanager
def composed(words: Sequence[str], folder: Path) -> Iterator[DictConfig]:
    """Compose the config of some words as the command line does, for a target in memory.

    While the body runs, Hydra's own config is that of these words, and no other thread composes.
    Afterwards it is again what it was, as inside of a program that uses Hydra itself.

    Args:
        words: The words, as they would be typed.
        folder: The folder of the run.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    with (
        ONE_AT_A_TIME,
        other_hydra_put_aside(),
        initialize_config_dir(str(CONF), version_base="1.3", job_name="train"),
    ):
        check_choices(words)
        whole = compose("train", list(words), return_hydra_config=True)
        whole.hydra.runtime.output_dir = str(folder)
        HydraConfig.instance().set_config(whole)
        names = [str(name) for name in whole if name != "hydra"]
        config: Any = OmegaConf.masked_copy(whole, names)
        make_ready(config, str(Path.cwd()), in_memory=True)
        yield config


@contextmanager
def other_hydra_put_aside() -> Iterator[None]:
    """Restore what Hydra knew before the body, where it was at work already."""
    known, knows = HydraConfig.instance(), GlobalHydra.instance()
    config, hydra = known.cfg, knows.hydra
    knows.clear()
    try:
        yield
    finally:
        known.cfg, knows.hydra = config, hydra


def spelled(name: str, value: object) -> str:
    """Return a word as it would be typed.

    Example:
        >>> spelled("steps", 50), spelled("stopping.halt", None), spelled("image.size", [64, 48])
        ('steps=50', 'stopping.halt=null', 'image.size=[64,48]')
        >>> spelled("degradation.mask", "a mask (1).png")
        "degradation.mask='a mask (1).png'"
    """
    return f"{name}={spelled_value(value)}"


def spelled_value(value: object) -> str:
    """Return a value in Hydra's grammar."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list() | tuple():
            return f"[{','.join(map(spelled_value, value))}]"
    text = str(value)
    return text if PLAIN.fullmatch(text) else quoted(text)


def quoted(text: str) -> str:
    r"""Return a text in quotes, for Hydra: a backslash is its own only where a quote follows.

    Example:
        >>> print(quoted("it's"), quoted("back\\slash"))
        'it\'s' 'back\slash'
    """
    doubled = re.sub(r"(\\+)(?='|\Z)", r"\1\1", text)
    return "'" + doubled.replace("'", "\\'") + "'"


def spelled_path(path: object) -> str:
    r"""Return the name of a file in Hydra's grammar, whatever signs it has.

    Example:
        >>> print(spelled_path("a.png"), spelled_path("it's ä.png"), spelled_path("1.5"))
        a.png 'it\'s ä.png' '1.5'
    """
    text = str(path)
    # Without an ending it may be a number, or null.
    is_plain = PLAIN.fullmatch(text) and (Path(text).suffix or "/" in text)
    return text if is_plain and not is_number(text) else quoted(text)


def is_number(text: str) -> bool:
    """Whether a text is a number.

    Example:
        >>> is_number("1.5"), is_number("1.png")
        (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def option_of(group: str, thing: object) -> str | None:
    """Return the option of a group that builds objects of a thing's class; None where none does.

    Example:
        >>> from untrained.degradation.downsampling import Downsampling
        >>> option_of("degradation", Downsampling(factor=2))
        'downsampling'
    """
    name = f"{type(thing).__module__}.{type(thing).__qualname__}"
    for path in sorted((CONF / group).glob("*.yaml")):
        if OmegaConf.select(OmegaConf.load(path), "_target_") == name:
            return path.stem
    return None
