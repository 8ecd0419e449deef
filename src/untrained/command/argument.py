"""Convert what a person types to what Hydra reads: `~` for home, flags anywhere, `resume`."""

import difflib
import re
from argparse import Action
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra._internal.utils import get_args_parser
from omegaconf import OmegaConf

from untrained.command.folder import is_ours
from untrained.command.typed import name_of
from untrained.command.vocabulary import LISTS, choices, meant, options
from untrained.record.name import HYDRA_WORDS, SWEEP_WORDS, WORDS

# A home folder in a value, alone or in a list: Hydra's grammar has no such sign.
HOME = re.compile(r"""(?<=[=,\['"(])~[\w.-]*(?=[/,'"\])]|$)""")
PICTURE = re.compile(r"\.(png|jpe?g|tiff?|webp|bmp|gif|heic|dng|npy)$", re.IGNORECASE)
# Groups whose options can stand side by side.
SEVERAL = (*LISTS, "logger", "callbacks", "experiment")
SWEEP_FLAGS = {"-m", "--multirun"}
# Words of one go alone. The next one has limits of its own, and `resume` says where it stands.
OF_ONE_GO = (
    "trainer.max_time",
    "trainer.max_steps",
    "trainer.max_epochs",
    "trainer.fast_dev_run",
    "trainer.limit_train_batches",
    "resume",
    "hydra.run.dir",
    "hydra.sweep.dir",
    "hydra.output_subdir",
    "hydra.callbacks.sweep.swept",
    "hydra.callbacks.sweep.alike",
    "hydra.mode",
)


def settled(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as Hydra reads them.

    Flags stand first: Hydra refuses words on both sides of `-m`. A run or a sweep that is resumed
    brings its own words. The words that are typed win, for they stand last.

    Raises:
        ValueError: If one is no word; what to type in its place is said.
    """
    flags, words = split(arguments)
    check_words(words)
    check_choices(words)
    words = [without_group(at_home(word)) for word in words]
    says_sweep = not SWEEP_FLAGS.isdisjoint(flags)
    words, is_sweep = with_own_words(words, is_sweep=says_sweep)
    if is_sweep and not says_sweep:
        flags.append("-m")
    return [*flags, *words]


def without_group(word: str) -> str:
    """Return a word that removes a group as the word that chooses its option for nothing.

    Raises:
        ValueError: If no run can do without the group; its options are said.

    Example:
        >>> without_group("~noise"), without_group("~baseline"), without_group("~callbacks.video")
        ('noise=none', 'baseline=[]', '~callbacks.video')
    """
    if not word.startswith("~"):
        return word
    group = name_of(word)
    known = options(group)
    if not known or group in ("experiment", "callbacks/video"):
        return word
    if group in LISTS:
        return f"{group}=[]"
    if "none" in known:
        return f"{group}=none"
    raise ValueError(f"{word}: every run needs one; options: {', '.join(known)}")


def at_home(word: str) -> str:
    """Return a word with the home folder in the place of each `~` of its value.

    Raises:
        ValueError: If there is no such user.

    Example:
        >>> at_home("~callbacks.video"), at_home("image.path=a~b.png")
        ('~callbacks.video', 'image.path=a~b.png')
    """
    try:
        return HOME.sub(lambda found: Path(found[0]).expanduser().as_posix(), word)
    except RuntimeError:
        raise ValueError(f"{word}: ~ names a home folder, and there is none of this name") from None


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return Hydra's flags with their values, and the words.

    Raises:
        ValueError: If a flag is not one of Hydra's.
    """
    known = get_args_parser()._option_string_actions
    flags: list[str] = []
    words: list[str] = []
    rest = deque(arguments)
    while rest:
        each = rest.popleft()
        following = rest[0] if rest else ""
        head, equals, _ = each.partition("=")
        if not each.startswith("-"):
            words.append(each)
        elif head not in known:
            raise ValueError(line_about_flag(each, following, sorted(known)))
        else:
            flags.append(each)
            if rest and not equals and takes(known[head], following):
                flags.append(rest.popleft())
    return flags, words


def takes(action: Action, following: str) -> bool:
    """Whether the argument that follows a flag is the value of the flag.

    Args:
        action: What `argparse` knows of the flag.
        following: The argument.
    """
    if action.nargs == "?":
        return following in (action.choices or ())
    return action.nargs is None


def line_about_flag(flag: str, following: str, known: Sequence[str]) -> str:
    """Return what to type for a flag that is not Hydra's.

    Args:
        flag: The flag, as it was typed.
        following: The argument after it; empty where there is none.
        known: The flags of Hydra.

    Example:
        >>> line_about_flag("--model", "dd", known=[])
        '--model dd: settings have no dashes; type model=dd'
    """
    name, _, value = flag.lstrip("-").partition("=")
    typed = flag
    if not value and "=" not in following:
        value = following
        typed = f"{flag} {following}".strip()
    near = difflib.get_close_matches(flag, known, n=1, cutoff=0.7)
    if near and not meant(name):
        return f"{flag} is not a flag; did you mean {near[0]}?"
    return f"{typed}: settings have no dashes; type {word(name.replace('-', '_'), value)}"


def word(name: str, value: str) -> str:
    """Return what to type for a name and a value.

    Example:
        >>> word("lr", "0.01"), word("size", "")
        ('optimizer.lr=0.01', 'image.size=... or target.size=... or tile.size=...')
        >>> word("dip", "")
        'model=dip'
    """
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
        value = first_value(words[place + 1 : place + 3])
        is_empty_value = each.endswith("=") and not value
        if not is_empty_value:
            raise ValueError(line_about_value(each, name, value))


def check_choices(words: Sequence[str]) -> None:
    """Refuse a list of options of a group that has one, and an option that a list has twice.

    Raises:
        ValueError: If there is `model=[dip,dd]`, and the options are said; or `penalty=[tv,tv]`.
    """
    for each in words:
        group, _, value = each.lstrip("+").partition("=")
        if not value.startswith("[") or not options(group):
            continue
        if group not in SEVERAL:
            raise ValueError(f"{each}: choose one of its options, {', '.join(options(group))}")
        # A sweep has several lists, of which each may have the same option.
        is_one = value.count("[") == 1
        chosen = [option.strip() for option in value.strip("[]").split(",")] if is_one else []
        twice = next((option for option in chosen if chosen.count(option) > 1), None)
        if twice is not None:
            raise ValueError(f"{each} names {twice} twice, and an option counts once")


def first_value(words: Sequence[str]) -> str:
    """Return the first argument that may be a value; empty where there is none.

    Example:
        >>> first_value(["=", "100"]), first_value(["seed=1"])
        ('100', '')
    """
    values = [word.strip("= ") for word in words]
    return next((value for value in values if value and "=" not in value), "")


def line_about_value(typed: str, name: str, value: str) -> str:
    """Return what to type for an argument without a sign = in it.

    Args:
        typed: The argument.
        name: What it may name: a file, an option or a word.
        value: What was typed after it, if that may be its value.
    """
    if Path(name).is_dir():
        return f"{typed} is a folder: target.path={name} restores each of its pictures"
    if PICTURE.search(name) or Path(name).is_file():
        return (
            f"{typed} is a file: target.path={name} restores it, "
            f"image.path={name} takes it as a clean image"
        )
    chosen = " or ".join(choices(name))
    if chosen:
        return f"{typed} cannot be read; type {chosen}"
    whole = f"{typed} {value}".strip()
    return f"{whole} cannot be read; type {word(name, value)}"


def with_own_words(words: list[str], is_sweep: bool) -> tuple[list[str], bool]:
    """Put the words of the run or the sweep that is resumed before those that are typed.

    Returns:
        The words, and whether it is a sweep.
    """
    resumed = [each for each in words if each.startswith("resume=")]
    if not resumed:
        return words, is_sweep
    name = resumed[-1].removeprefix("resume=").strip("'\"")
    folder = Path(name.replace("\\", ""))
    is_sweep = is_sweep or is_ours(folder, SWEEP_WORDS)
    mark, file = (SWEEP_WORDS, SWEEP_WORDS) if is_sweep else (WORDS, HYDRA_WORDS)
    if not is_ours(folder, mark):
        return words, is_sweep  # What is wrong with it is said later.
    typed = {name_of(each): each.partition("=")[2] for each in words}
    begun, chosen = overrides(folder / file)
    own = [each for each in begun if name_of(each) not in typed]
    return [*(each for each in own if has_its_option(each, typed, chosen)), *words], is_sweep


def has_its_option(word: str, typed: Mapping[str, str], chosen: Mapping[str, str]) -> bool:
    """Whether a word of a resumed run is still a setting of what its group chooses.

    Args:
        word: The word.
        typed: The words that are typed now: the value of each by its name.
        chosen: The option that the run had in each group.

    Example:
        >>> has_its_option("logger.name=a", {"logger": "none"}, {"logger": "tensorboard"})
        False
        >>> has_its_option("baseline.nlm.sigma=9", {"baseline": "[tv,nlm]"}, {})
        True
    """
    group, _, setting = name_of(word).partition(".")
    if not setting or group not in typed:
        return True
    if group in LISTS:
        option = setting.partition(".")[0]
        return option not in options(group) or option in re.findall(r"\w+", typed[group])
    return typed[group] == chosen.get(group, typed[group])


def overrides(path: Path) -> tuple[list[str], dict[str, str]]:
    """Return the words that a run or a sweep was begun with, and the option of each group.

    Nothing is returned where the file is damaged.

    Args:
        path: The file in which Hydra keeps its own config.
    """
    try:
        tree: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
        known = tree["hydra"]["overrides"]
        found = [*known["hydra"], *known["task"]]
        chosen = tree["hydra"].get("runtime", {}).get("choices", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [], {}
    return [each for each in found if name_of(each) not in OF_ONE_GO], chosen
