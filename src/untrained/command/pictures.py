"""A folder of pictures, or a pattern of names, as a sweep over them."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from untrained.command.compose import spelled_value

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
    found = list(arguments)
    if not LOOKING.isdisjoint(each.partition("=")[0] for each in found):
        return found  # Hydra shows the words of a sweep to nobody.
    several = []
    for index, word in enumerate(found):
        name, _, value = word.partition("=")
        if name not in WORDS:
            continue
        paths = pictures_of(name, value.strip("'\""))
        if paths is not None:
            several.append(name)
            found[index] = f"{name}={','.join(map(spelled_value, paths))}"
    if len(several) > 1:
        raise ValueError(f"{' and '.join(several)} name several pictures each; one of them can")
    is_sweep = not {"-m", "--multirun"}.isdisjoint(found)
    if not several or is_sweep:
        return found
    # Nobody typed that it is a sweep: the folder that was named is meant.
    return ["-m", *(RUN_FOLDER.sub("hydra.sweep.dir=", word) for word in found)]


def pictures_of(word: str, value: str) -> list[str] | None:
    """Return the pictures that a folder or a pattern names; None where it names one file.

    Raises:
        ValueError: If there is none.
    """
    place = Path(value).expanduser()
    if place.is_dir():
        from PIL import Image  # Late: most runs are of one picture.

        endings = {*Image.registered_extensions(), *ARRAYS}
        every = sorted(place.iterdir())
        names = [each for each in every if each.suffix.lower() in endings]
        say_what_is_left_out(
            word, [each for each in every if each.suffix.lower() in UNREAD - endings]
        )
    elif place.exists() or not any(sign in value for sign in SIGNS):
        return None
    else:
        names = sorted(Path(place.anchor or ".").glob(str(place).removeprefix(place.anchor)))
    files = [str(each) for each in names if each.is_file() and not each.name.startswith(".")]
    if not files:
        kind = "folder" if place.is_dir() else "pattern"
        raise ValueError(f"{word}={value} is a {kind} that names no picture")
    return files


def say_what_is_left_out(word: str, paths: Sequence[Path]) -> None:
    """Write which photos of a folder are left out; one that is typed is told what to do."""
    if paths:
        more = ", ..." if len(paths) > 1 else ""
        sys.stderr.write(
            f"{word}: {len(paths)} left out ({paths[0].name}{more}); "
            f"{word}={spelled_value(paths[0])} says why\n"
        )
