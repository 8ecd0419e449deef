"""A folder of pictures, or a pattern of names, as a sweep over them."""

from collections.abc import Sequence
from pathlib import Path

from untrained.command.compose import spelled_value

WORDS = ("target.path", "image.path")
SIGNS = "*?["
ARRAYS = (".npy",)


def expanded(arguments: Sequence[str]) -> list[str]:
    """Return a command line in which a folder or a pattern stands for the pictures it names.

    `target.path=photos/` and `target.path=photos/*.jpg` become a sweep over the pictures.

    Raises:
        ValueError: If no picture is named, or two words name several.
    """
    found = list(arguments)
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
    return ["-m", *found] if several and not is_sweep else found


def pictures_of(word: str, value: str) -> list[str] | None:
    """Return the pictures that a folder or a pattern names; None where it names one file.

    Raises:
        ValueError: If there is none.
    """
    place = Path(value).expanduser()
    if place.is_dir():
        from PIL import Image  # Late: most runs are of one picture.

        endings = {*Image.registered_extensions(), *ARRAYS}
        names = [each for each in sorted(place.iterdir()) if each.suffix.lower() in endings]
    elif place.exists() or not any(sign in value for sign in SIGNS):
        return None
    else:
        names = sorted(Path(place.anchor or ".").glob(str(place).removeprefix(place.anchor)))
    files = [str(each) for each in names if each.is_file() and not each.name.startswith(".")]
    if not files:
        kind = "folder" if place.is_dir() else "pattern"
        raise ValueError(f"{word}={value} is a {kind} that names no picture")
    return files
