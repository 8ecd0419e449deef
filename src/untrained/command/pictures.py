"""A folder of pictures, or a pattern of names, as a sweep over them."""

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from untrained.command.argument import at_home
from untrained.command.compose import spelled_path
from untrained.command.pointed import MASK, PICTURES, mask_in

WORDS = ("target.path", "image.path")
SIGNS = "*?["
ARRAYS = (".npy",)
# What no picture here is read from, but a person takes for one.
UNREAD = {".heic", ".heif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"}
LOOKING = {"--cfg", "-c", "--info", "-i", "--help", "-h", "--hydra-help", "--version"}
RUN_FOLDER = re.compile(r"^hydra\.run\.dir=")


def expanded(arguments: Sequence[str]) -> list[str]:
    """Return a command line in which a folder or a pattern stands for the pictures it names.

    `target.path=photos/` and `target.path=photos/*.jpg` become a sweep over the pictures.

    Raises:
        ValueError: If no picture is named, or two words name several.
    """
    found = list(map(with_its_file, arguments))
    if not LOOKING.isdisjoint(each.partition("=")[0] for each in found):
        return found  # Hydra shows the words of a sweep to nobody.
    several: dict[str, list[str]] = {}
    for index, word in enumerate(found):
        name = word.partition("=")[0]
        if name not in WORDS:
            continue
        value = at_home(word).partition("=")[2]
        paths = pictures_of(name, value.strip("'\""))
        if paths is not None:
            several[name] = paths
            found[index] = f"{name}={','.join(map(spelled_path, paths))}"
    if len(several) > 1:
        raise ValueError(
            f"{' and '.join(several)} name several pictures each; only one of them may"
        )
    is_sweep = not {"-m", "--multirun"}.isdisjoint(found)
    check_masks(arguments, *several.values(), is_sweep=is_sweep)
    if not several or is_sweep:
        return found
    # Nobody typed that it is a sweep: the folder that was named is meant.
    if any(word.startswith("hydra.sweep.dir=") for word in found):
        return ["-m", *found]
    return ["-m", *(RUN_FOLDER.sub("hydra.sweep.dir=", word) for word in found)]


def check_masks(words: Sequence[str], *pictures: Sequence[str], is_sweep: bool) -> None:
    """Refuse a folder of masks that lacks one, before the first run, or beside a single picture.

    Args:
        words: The command line, as it was typed.
        pictures: The pictures that a folder or a pattern names, if any does.
        is_sweep: Whether a sweep was typed: then each run looks for its own mask.

    Raises:
        ValueError: If a picture has no mask there.
    """
    values = [word.partition("=")[2] for word in words if word.startswith(f"{MASK}=")]
    goes_on = any(word.startswith("resume=") for word in words)
    for value in values:
        folder = Path(at_home(f"{MASK}={value}").partition("=")[2].strip("'\""))
        if not folder.is_dir():
            continue
        if not pictures and not is_sweep and not goes_on:
            raise ValueError(
                f"{MASK}={value} is a folder, and there is one picture; {MASK}=mask.png is one mask"
            )
        for picture in chain.from_iterable(pictures):
            mask_in(folder, Path(picture), value)


def with_its_file(word: str) -> str:
    """Return a word that names a file so that Hydra reads the name, whatever signs it has.

    A name that is no file stays as it is: it may be in quotes, or several names.

    Raises:
        ValueError: If the name is one that no run can keep.
    """
    name, _, value = word.partition("=")
    if name not in PICTURES:
        return word
    flaw = flaw_of(value)
    if flaw is not None and is_file(value.strip("'\"")):
        raise ValueError(f"{word}: {flaw}; rename the file")
    is_masks = name == MASK and is_folder(value)
    if not is_masks and not is_file(value):
        return word
    # A home folder is meant by no name that is a file.
    return f"{name}={spelled_path(Path(value).absolute() if value.startswith('~') else value)}"


def flaw_of(name: str) -> str | None:
    """Return why a run cannot keep the name of a file; None where it can.

    Example:
        >>> flaw_of("a${b}.png"), flaw_of("ä b.png")
        ('${ in a name has a meaning of its own', None)
    """
    if "${" in name:  # An escaped one is none at first, but Hydra resolves a config twice.
        return "${ in a name has a meaning of its own"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "the name is not in UTF-8"
    return None


def is_file(name: str) -> bool:
    """Whether a text is the name of a file."""
    with suppress(OSError, ValueError):  # No name of a file may be so long, or have such signs.
        return Path(name).is_file()
    return False


def is_folder(name: str) -> bool:
    """Whether a text is the name of a folder."""
    with suppress(OSError, ValueError):
        return Path(name).is_dir()
    return False


def pictures_of(word: str, value: str) -> list[str] | None:
    """Return the pictures that a folder or a pattern names; None where it names one file.

    Raises:
        ValueError: If there is none.
    """
    place = Path(value)
    left_out: list[Path] = []
    if place.is_dir():
        from PIL import Image  # Late: most runs are of one picture.

        endings = {*Image.registered_extensions(), *ARRAYS}
        every = sorted(place.iterdir())
        names = [each for each in every if each.suffix.lower() in endings]
        left_out = [each for each in every if each.suffix.lower() in UNREAD - endings]
    elif place.exists() or not any(sign in value for sign in SIGNS):
        return None
    else:
        names = sorted(Path(place.anchor or ".").glob(str(place).removeprefix(place.anchor)))
    files = [each for each in names if each.is_file() and not each.name.startswith(".")]
    unreadable = [each for each in files if flaw_of(str(each)) is not None]
    say_what_is_left_out(word, left_out + unreadable)
    if files == unreadable:
        kind = "folder" if place.is_dir() else "pattern"
        raise ValueError(f"{word}={value} is a {kind} without a picture")
    return [str(each) for each in files if each not in unreadable]


def say_what_is_left_out(word: str, paths: Sequence[Path]) -> None:
    """Write which photos of a folder are left out; one that is typed is told what to do."""
    if paths:
        more = ", ..." if len(paths) > 1 else ""
        sys.stderr.write(
            f"{word}: {len(paths)} left out ({paths[0].name}{more}); "
            f"{word}={spelled_path(paths[0])} says why\n"
        )
