"""The words of `conf/`, as its files say them: for help, and for a word that is not known."""

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import filterfalse
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[1]
# In a checkout `conf/` stands beside `src/`, and in an installed package inside of it.
PLACES = (PACKAGE.parents[1] / "conf", PACKAGE / "conf")
CONF = next((place for place in PLACES if place.is_dir()), PLACES[0])
# What is built of the objects of the words, and Hydra's own.
PARTS = ("data", "problem", "fit", "prior", "kernel", "trainer", "hydra")
# Groups of which several options, or none, can be chosen.
LISTS = ("baseline", "penalty", "stopping")
LINE = re.compile(
    r"(?P<indent> *)(?P<key>[A-Za-z]\w*):(?: +(?P<value>[^#]*?))?(?: +# (?P<about>.*))?"
)


class Word(NamedTuple):
    """A word of one file.

    Args:
        name: What is typed before the sign =.
        value: Its value as it is written; empty for a group of words.
        about: What the comment on its line says.
        option: The option that has the word, 'noise=poisson'; empty for those of `train.yaml`.
    """

    name: str
    value: str
    about: str
    option: str


@cache
def vocabulary() -> tuple[Word, ...]:
    """Return each word of `conf/`: first those of `train.yaml`, then those of the options."""
    words = list(filterfalse(is_part, words_in(CONF / "train.yaml", "", "")))
    for path in option_files():
        group = path.parent.relative_to(CONF).as_posix()
        words += words_in(path, f"{group.replace('/', '.')}.", f"{group}={path.stem}")
    return tuple(words)


def option_files() -> list[Path]:
    """Return the file of each option of each group, but for those that only choose words."""
    return [path for path in sorted(CONF.glob("*/**/*.yaml")) if is_option(path)]


def is_option(path: Path) -> bool:
    """Whether a file is an option with words of its own."""
    group = path.relative_to(CONF).parts[0]
    return group not in PARTS and "@package _global_" not in path.read_text(encoding="utf-8")


def options(group: str) -> list[str]:
    """Return the options of a group.

    Example:
        >>> options("recipe"), options("no_group")
        (['authors', 'fast'], [])
    """
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def headline(group: str, option: str) -> str:
    """Return what the first line of an option's file says of it; empty where there is none.

    Example:
        >>> headline("noise", "none")
        'y = x: for a photo that is noisy already'
    """
    path = CONF / group / f"{option}.yaml"
    if not path.is_file():
        return ""
    found = re.search(r"^# (?!@package)(.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def is_part(word: Word) -> bool:
    """Whether a word is of what is built of the others."""
    return word.name.partition(".")[0] in PARTS


def words_in(path: Path, prefix: str, option: str) -> list[Word]:
    """Return the words of a file, each below the words that it is indented under.

    Args:
        path: The file.
        prefix: What stands before each word: the group of the file, and a dot.
        option: The option that the file is.
    """
    found: list[Word] = []
    above: dict[int, str] = {}  # The words that the line stands under, by their indent.
    lines = path.read_text(encoding="utf-8").replace("\ndefaults:\n", "\n").splitlines()
    for match in filter(None, map(LINE.fullmatch, lines)):
        indent = len(match["indent"])
        above = {each: key for each, key in above.items() if each < indent}
        above[indent] = match["key"]
        name = prefix + ".".join(above.values())
        found.append(Word(name, match["value"] or "", match["about"] or "", option))
    return found


def meant(typed: str) -> list[str]:
    """Return the words that somebody may mean who types another one: none, one or several.

    Example:
        >>> meant("lr"), meant("size"), meant("learning_rate")
        (['optimizer.lr'], ['image.size', 'target.size', 'tile.size'], ['optimizer.lr'])
    """
    return next(filter(None, guesses(typed)), [])


def guesses(typed: str) -> Iterator[list[str]]:
    """Yield the words that may be meant, by one reason after the other, the surest first.

    Each reason gives none, one or several words.
    """
    names = list(dict.fromkeys(word.name for word in vocabulary()))
    last = last_part(typed)
    if typed in names or options(typed):
        yield [typed]
    yield choices(typed)
    yield shallowest(of_defaults([name for name in names if last_part(name) == last]))
    yield told_of(last.replace("_", " "))
    yield difflib.get_close_matches(typed, names, n=1, cutoff=0.7)
    like_it = near(last, names)
    yield shallowest(name for name in names if last_part(name) in like_it)


def of_defaults(names: list[str]) -> list[str]:
    """Return those words that are there by default; of none that is, all.

    Example:
        >>> of_defaults(["degradation.sigma", "noise.sigma"]), of_defaults(["degradation.factor"])
        (['noise.sigma'], ['degradation.factor'])
    """
    pairs = re.findall(
        r"^  - (\w+): (\w+)", (CONF / "train.yaml").read_text(encoding="utf-8"), re.MULTILINE
    )
    # Those of `train.yaml` have no option, and every picture has the words of a file's.
    chosen = {f"{group}={option}" for group, option in pairs} | {"", "image=file"}
    known = {word.name for word in vocabulary() if word.option in chosen}
    return [name for name in names if name in known] or names


def choices(option: str) -> list[str]:
    """Return the words that choose an option.

    Example:
        >>> choices("dip"), choices("train")
        (['model=dip'], [])
    """
    paths = CONF.rglob(f"{option}.yaml")
    groups = sorted(path.parent.relative_to(CONF).as_posix() for path in paths)
    others = (".", *PARTS)  # `train.yaml` itself is in no group.
    return [f"{group}={option}" for group in groups if group.partition("/")[0] not in others]


def last_part(name: str) -> str:
    """Return what a word is called in its group: `lr` for `optimizer.lr`."""
    return name.rpartition(".")[2]


def shallowest(names: Iterable[str]) -> list[str]:
    """Return the names that stand in the fewest groups, three at most, in alphabetic order.

    Example:
        >>> shallowest(["target.size", "stopping.blind.size", "image.size"])
        ['image.size', 'target.size']
    """
    names = set(names)
    least = min((name.count(".") for name in names), default=0)
    return sorted(name for name in names if name.count(".") == least)[:3]


def told_of(text: str) -> list[str]:
    """Return the words whose comment begins with a text, or has it after a comma.

    Example:
        >>> told_of("learning rate")
        ['optimizer.lr']
    """
    pattern = rf"(?:^|, |\(){re.escape(text)}\b"
    return shallowest(word.name for word in vocabulary() if re.search(pattern, word.about, re.I))


def near(last: str, names: list[str]) -> list[str]:
    """Return what words are called in their groups that is nearly so.

    Example:
        >>> near("widht", ["model.width", "model.depth"])
        ['width']
    """
    return difflib.get_close_matches(last, {last_part(name) for name in names}, n=1, cutoff=0.75)


def options_with(name: str) -> list[str]:
    """Return the options that have a word; none for a word that is always there.

    Example:
        >>> options_with("degradation.mask"), options_with("steps")
        (['degradation=inpainting', 'degradation=mri'], [])
    """
    return [word.option for word in vocabulary() if word.name == name and word.option]


def takes_list(name: str) -> bool:
    """Whether a word may have a list: it has one by default, or its comment shows one.

    Example:
        >>> takes_list("model.width"), takes_list("stopping"), takes_list("steps")
        (True, True, False)
    """
    shown = [word.value + word.about for word in vocabulary() if word.name == name]
    return name in (*LISTS, "logger") or any("[" in each for each in shown)


def first_number(group: str) -> str | None:
    """Return the first word of a group's default option that takes a number; None for none.

    Example:
        >>> first_number("noise"), first_number("image"), first_number("penalty")
        ('noise.sigma', None, None)
    """
    default = re.search(
        rf"^  - {group}: (\w+)", (CONF / "train.yaml").read_text(encoding="utf-8"), re.MULTILINE
    )
    if default is None:
        return None
    for word in vocabulary():
        if word.option == f"{group}={default[1]}" and re.fullmatch(r"[-.\de]+", word.value):
            return word.name
    return None
