"""A folder of pictures, or a pattern of names, as a sweep over them."""

import os
import re
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from untrained.command.argument import SWEEP_FLAGS, at_home
from untrained.command.compose import spelled_path
from untrained.command.pointed import MASK, OBSERVED, PICTURES, file_of, mask_in
from untrained.command.typed import name_of

SIGNS = set("*?[")  # of a pattern
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
    words = list(map(with_its_file, arguments))
    if not LOOKING.isdisjoint(word.partition("=")[0] for word in words):
        return words  # Hydra shows the words of a sweep to nobody.
    several: dict[str, list[str]] = {}
    for index, word in enumerate(words):
        pictures = pictures_named(word)
        if pictures is not None:
            name = name_of(word)
            several[name] = pictures
            words[index] = f"{name}={','.join(map(spelled_path, pictures))}"
    if len(several) > 1:
        raise ValueError(
            f"{' and '.join(several)} name several pictures each; only one of them may"
        )
    is_sweep = not SWEEP_FLAGS.isdisjoint(words)
    check_masks(arguments, list(chain(*several.values())), is_sweep)
    # Nobody typed that it is a sweep.
    return as_sweep(words) if several and not is_sweep else words


def as_sweep(words: Sequence[str]) -> list[str]:
    """Return the words of one run as those of a sweep; the folder that was named is the sweep's."""
    if any(word.startswith("hydra.sweep.dir=") for word in words):
        return ["-m", *words]
    return ["-m", *(RUN_FOLDER.sub("hydra.sweep.dir=", word) for word in words)]


def value_at_home(word: str) -> str:
    """Return the value of a word without quotes, with the home folder in the place of `~`."""
    return at_home(word).partition("=")[2].strip("'\"")


def pictures_named(word: str) -> list[str] | None:
    """Return the pictures that a word names by a folder or a pattern; None of any other word.

    Raises:
        ValueError: If there is none.
    """
    name = word.partition("=")[0]
    return pictures_of(name, value_at_home(word)) if name in OBSERVED else None


def check_masks(words: Sequence[str], pictures: Sequence[str], is_sweep: bool) -> None:
    """Refuse a folder of masks that lacks one, before the first run, or beside a single picture.

    Args:
        words: The command line, as it was typed.
        pictures: The pictures that a folder or a pattern names, if any does.
        is_sweep: Whether a sweep was typed: then each run looks for its own mask.

    Raises:
        ValueError: If a picture has no mask there.
    """
    goes_on = any(word.startswith("resume=") for word in words)
    is_of_one = not (pictures or is_sweep or goes_on)
    for word in words:
        name, _, value = word.partition("=")
        if name != MASK:
            continue
        folder = Path(value_at_home(word))
        if not folder.is_dir():
            continue
        if is_of_one:
            raise ValueError(
                f"{word} is a folder, and there is one picture; {MASK}=mask.png is one mask"
            )
        for picture in pictures:
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
    if flaw is not None and file_of(value.strip("'\"")) is not None:
        raise ValueError(f"{word}: {flaw}; rename the file")
    is_masks = name == MASK and os.path.isdir(value)  # noqa: PTH112 - however long the value is
    if not is_masks and file_of(value) is None:
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


def pictures_of(word: str, value: str) -> list[str] | None:
    """Return the pictures that a folder or a pattern names; None where it names one file.

    Raises:
        ValueError: If there is none.
    """
    place = Path(value)
    if place.is_dir():
        kind = "folder"
        names, left_out = pictures_in(place)
    elif place.exists() or SIGNS.isdisjoint(value):
        return None
    else:
        kind = "pattern"
        names = sorted(Path(place.anchor or ".").glob(str(place).removeprefix(place.anchor)))
        left_out = []
    kept: list[Path] = []
    for each in names:
        if not each.is_file() or each.name.startswith("."):
            continue
        suited = kept if flaw_of(str(each)) is None else left_out
        suited.append(each)
    say_what_is_left_out(word, left_out)
    if not kept:
        raise ValueError(f"{word}={value} is a {kind} without a picture")
    return list(map(str, kept))


def pictures_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return what a folder has of pictures that are read here, and of those that are not."""
    from PIL import Image  # Late: most runs are of one picture.

    read = {*Image.registered_extensions(), *ARRAYS}
    every = sorted(folder.iterdir())
    pictures = [each for each in every if each.suffix.lower() in read]
    others = [each for each in every if each.suffix.lower() in UNREAD - read]
    return pictures, others


def say_what_is_left_out(word: str, paths: Sequence[Path]) -> None:
    """Write which photos of a folder are left out; one that is typed is told what to do."""
    if paths:
        more = ", ..." if len(paths) > 1 else ""
        sys.stderr.write(
            f"{word}: {len(paths)} left out ({paths[0].name}{more}); "
            f"{word}={spelled_path(paths[0])} says why\n"
        )
