"""What a person types, made the words that Hydra reads: `~` for home, flags anywhere, `resume`."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra._internal.utils import get_args_parser
from omegaconf import OmegaConf

from untrained.command.folder import is_ours
from untrained.command.typed import name_of
from untrained.command.vocabulary import choices, meant
from untrained.record.name import HYDRA_WORDS, SWEEP_WORDS, WORDS

# A home folder in a value, alone or in a list: Hydra's grammar has no such sign.
HOME = re.compile(r"""(?<=[=,\['"(])~[\w.-]*(?=[/,'"\])]|$)""")
PICTURE = re.compile(r"\.(png|jpe?g|tiff?|webp|bmp|gif|heic|dng|npy)$", re.IGNORECASE)
# What ends one go of a run early: the next one has limits of its own.
LIMITS = ("max_time", "max_steps", "max_epochs", "fast_dev_run", "limit_train_batches")
# Hydra's words that say where a run or a sweep stands, which `resume` says itself.
PLACE = ("hydra.run.dir=", "hydra.sweep.dir=", "hydra.output_subdir=", "hydra.mode=")


def settled(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as Hydra reads them.

    Flags stand first: Hydra refuses words on both sides of `-m`. A run or a sweep that is resumed
    has its own words before those that are typed, which win.

    Raises:
        ValueError: If one is no word; what to type in its place is said.
    """
    flags, words = split(arguments)
    check_words(words)
    words = [HOME.sub(lambda found: Path(found[0]).expanduser().as_posix(), each) for each in words]
    words, is_sweep = with_own_words(words, is_sweep=bool({"-m", "--multirun"} & set(flags)))
    if is_sweep and not {"-m", "--multirun"} & set(flags):
        flags = [*flags, "-m"]
    return [*flags, *words]


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return Hydra's flags with their values, and the words.

    Raises:
        ValueError: If a flag is not one of Hydra's.
    """
    known = get_args_parser()._option_string_actions
    flags: list[str] = []
    words: list[str] = []
    rest = list(arguments)
    while rest:
        each = rest.pop(0)
        head = each.partition("=")[0]
        if not each.startswith("-"):
            words.append(each)
            continue
        if head not in known:
            raise ValueError(line_about_flag(each, rest, sorted(known)))
        flags.append(each)
        action = known[head]
        is_chosen = action.nargs == "?" and rest and rest[0] in (action.choices or ())
        takes_value = action.nargs is None or is_chosen
        if takes_value and "=" not in each and rest:
            flags.append(rest.pop(0))
    return flags, words


def line_about_flag(flag: str, rest: Sequence[str], known: Sequence[str]) -> str:
    """Return what to type for a flag that is not Hydra's: `model=dd` for `--model dd`."""
    name, _, value = flag.lstrip("-").partition("=")
    typed = flag
    if not value and rest and "=" not in rest[0]:
        value = rest[0]
        typed = f"{flag} {value}"
    near = difflib.get_close_matches(flag, known, n=1, cutoff=0.7)
    if near and not meant(name):
        return f"{flag} is not a flag; did you mean {near[0]}?"
    return f"{typed}: words have no dashes; type {word(name.replace('-', '_'), value)}"


def word(name: str, value: str) -> str:
    """Return what to type for a name and a value: `optimizer.lr=0.01` for `lr` and `0.01`."""
    names = meant(name) or [name]
    return " or ".join(each if "=" in each else f"{each}={value or '...'}" for each in names)


def check_words(words: Sequence[str]) -> None:
    """Refuse what is no word: `photo.jpg`, `steps 100`.

    Raises:
        ValueError: If there is such a thing; what to type is said.
    """
    for place, each in enumerate(words):
        name = each.strip("=: ")
        if each.startswith("~") or not name or "=" in name:
            continue
        following = [other.strip("= ") for other in words[place + 1 : place + 3]]
        value = next((other for other in following if other and "=" not in other), "")
        if each.endswith("=") and not value:
            continue  # An empty value.
        raise ValueError(line_about_value(each, name, value))


def line_about_value(typed: str, name: str, value: str) -> str:
    """Return what to type for an argument without a sign = in it."""
    if Path(name).is_dir():
        return f"{typed} is a folder: target.path={name} restores each of its pictures"
    if PICTURE.search(name) or Path(name).is_file():
        return (
            f"{typed} is a file: target.path={name} is a picture to restore, "
            f"image.path={name} a clean one to try on"
        )
    chosen = choices(name)
    if chosen:
        return f"{typed} cannot be read; type {' or '.join(chosen)}"
    return f"{f'{typed} {value}'.strip()} cannot be read; type {word(name, value)}"


def with_own_words(words: list[str], is_sweep: bool) -> tuple[list[str], bool]:
    """Put the words of the run or the sweep that is resumed before those that are typed.

    Returns:
        The words, and whether it is a sweep.
    """
    resumed = [each.partition("=")[2].strip("'\"") for each in words if each.startswith("resume=")]
    if not resumed:
        return words, is_sweep
    folder = Path(resumed[-1].replace("\\", ""))
    is_sweep = is_sweep or is_ours(folder, SWEEP_WORDS)
    if not is_ours(folder, SWEEP_WORDS if is_sweep else WORDS):
        return words, is_sweep  # What is wrong with it is said later.
    typed = {name_of(each) for each in words}
    found = overrides(folder / (SWEEP_WORDS if is_sweep else HYDRA_WORDS))
    own = [each for each in found if name_of(each) not in typed]
    return [*own, *words], is_sweep


def overrides(path: Path) -> list[str]:
    """Return the words that a run or a sweep was begun with; none where the file is damaged.

    Args:
        path: The file in which Hydra keeps its own config.
    """
    try:
        tree: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
        known = tree["hydra"]["overrides"]
        found = [*known["hydra"], *known["task"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    limits = {f"trainer.{limit}" for limit in LIMITS}
    kept = [each for each in found if name_of(each) not in limits]
    return [each for each in kept if not each.startswith(("resume=", *PLACE))]
