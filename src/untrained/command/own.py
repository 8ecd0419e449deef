"""A class of the user's own: where it is found, why it is not, and which words it takes."""

import inspect
import re
import sys
import traceback
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained.command.word import names_of, suggestion


def look_beside(folder: str) -> None:
    """Let the files of a folder be imported, after all that is installed.

    Args:
        folder: The folder in which the command was typed: Python looks in that of `train.py` alone.
    """
    if folder not in sys.path:
        sys.path.append(folder)


def import_failure(word: str, target: str, cause: BaseException) -> str:
    """Return in a line why a class cannot be imported.

    Args:
        word: The word that names it.
        target: The class, as it was typed.
        cause: What its import raised.
    """
    module, _, name = target.rpartition(".")
    package = target.partition(".")[0]
    if not re.fullmatch(r"[^\W\d]\w*(\.\w+)+", target) or isinstance(cause, InstantiationException):
        return f"{word}={target} must be a file's name and its class's, as in mynet.MyNet"
    missing = cause.name if isinstance(cause, ModuleNotFoundError) else None
    if missing == package:
        if is_requirement(package):
            group = word.partition(".")[0]
            return f"{group} needs {package}, which is not installed: pip install {package}"
        files = [f"{path.stem}.{name}" for path in Path.cwd().glob("*.py")]
        return (
            f"{word}={target}: there is no {package}.py here, nor a package of that name"
            f"{suggestion(target, files)}"
        )
    if missing and f"{target}.".startswith(f"{missing}."):
        known = sys.modules.get(missing.rpartition(".")[0])
        part = missing.rpartition(".")[2]
        return f"{word}={target}: {known.__name__ if known else module} has no {part}" + suggestion(
            part, dir(known)
        )
    if isinstance(cause, AttributeError) and not inside(cause, package):
        return f"{word}={target}: {cause}"
    if missing:
        return f"{word}={target} needs {missing}, which is not installed"
    return f"{word}={target} fails as it is imported: {type(cause).__name__}: {cause}{where(cause)}"


def is_requirement(package: str) -> bool:
    """Whether this program or one of its extras needs a package."""
    try:
        known = requires("untrained") or []
    except PackageNotFoundError:
        return False
    name = package.replace("_", "-").lower()
    return any(each.lower().replace("_", "-").startswith(name) for each in known)


def inside(error: BaseException, package: str) -> bool:
    """Whether an error comes from within a package's own files."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(package in Path(frame.filename).parts[-1] for frame in frames)


def where(error: BaseException) -> str:
    """Return in which line of which file an error stands."""
    if isinstance(error, SyntaxError):
        return ""  # It says so itself.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f" ({Path(frame.filename).name}, line {frame.lineno})"


def taken_words(target: object) -> set[str] | None:
    """Return the words that a class takes; None where it takes any, or is not found."""
    try:
        parameters = inspect.signature(resolve_name(str(target))).parameters.values()
    except Exception:  # The import runs the user's code: what is wrong with it is said later.
        return None
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return None
    return {each.name for each in parameters}


def drop_words_of_another(config: DictConfig, chosen: DictConfig, typed: set[str]) -> None:
    """Take the words of an option away where another class stands in its place.

    `model._target_=mynet.MyNet` leaves `model.upsample` of the Deep Decoder without a meaning. A
    word stays if it was typed, if its value is not the option's, or if the class takes it.

    Args:
        config: The config.
        chosen: The config of the options alone.
        typed: The names of the words that were typed.
    """
    before = names_of(chosen)
    for name, target in names_of(config).items():
        group, _, last = name.rpartition(".")
        if last != "_target_" or before.get(name) in (None, target):
            continue
        taken = taken_words(target)
        if taken is None:
            continue
        written: Any = OmegaConf.to_container(OmegaConf.select(config, group), resolve=False)
        for each in written.keys() - taken:
            place = f"{group}.{each}"
            is_of_option = before.get(place) == written[each] and place not in typed
            if is_of_option and not each.startswith("_"):
                drop(config, group, each)


def drop(config: DictConfig, group: str, word: str) -> None:
    """Take a word away; where another one has its value from it, that value stays."""
    place = f"{group}.{word}"
    with open_dict(config), read_write(config):
        for name, value in names_of(config).items():
            if value == f"${{{place}}}":
                OmegaConf.update(config, name, OmegaConf.select(config, place))
        del OmegaConf.select(config, group)[word]
