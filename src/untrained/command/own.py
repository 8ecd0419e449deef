"""A class of the user's own: where it is found, why it is not, and which words it takes."""

import inspect
import re
import sys
import traceback
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained.command import source
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
    package = target.partition(".")[0]
    if not re.fullmatch(r"[^\W\d]\w*(\.\w+)+", target) or isinstance(cause, InstantiationException):
        return f"{word}={target} must name a file and its class, as in mynet.MyNet"
    if isinstance(cause, ModuleNotFoundError) and cause.name:
        return missing_module(word, target, cause.name)
    if isinstance(cause, AttributeError) and not inside(cause, package):
        return f"{word}={target}: {cause}"
    return f"{word}={target} cannot be imported: {type(cause).__name__}: {cause}{where(cause)}"


def missing_module(word: str, target: str, missing: str) -> str:
    """Return in a line that a module is missing: the class's own, or one that its file imports.

    Args:
        word: The word that names the class.
        target: The class, as it was typed.
        missing: The module that is not found.
    """
    above, _, part = missing.rpartition(".")
    if not f"{target}.".startswith(f"{missing}."):
        return f"{word}={target} needs {missing}, which is not installed"
    if above:
        near = suggestion(part, dir(sys.modules.get(above)))
        return f"{word}={target}: {above} has no {part}{near}"
    if is_requirement(missing):
        group = word.partition(".")[0]
        return f"{group} needs {missing}, which is not installed: pip install {missing}"
    name = target.rpartition(".")[2]
    near = suggestion(target, [f"{path.stem}.{name}" for path in Path.cwd().glob("*.py")])
    return f"{word}={target}: there is no {missing}.py here, nor a package of that name{near}"


def is_requirement(package: str) -> bool:
    """Whether this program or one of its extras needs a package.

    Example:
        >>> is_requirement("pytorch_lightning"), is_requirement("mynet")
        (True, False)
    """
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
    """Return in which line of which file an error stands: ' (mynet.py, line 3)'."""
    if isinstance(error, SyntaxError):
        return ""  # It says so itself.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f" ({Path(frame.filename).name}, line {frame.lineno})"


def taken_words(target: object) -> set[str] | None:
    """Return the words that a class takes; None where it takes any, or is not found.

    Example:
        >>> sorted(taken_words("untrained.noise.gaussian.Gaussian"))
        ['clip', 'each_channel', 'seed', 'sigma']
    """
    found = found_class(target)
    if not callable(found):
        return None
    try:
        parameters = inspect.signature(found).parameters
    except (TypeError, ValueError):  # It is built in, and says nothing of its words.
        return None
    kinds = {each.kind for each in parameters.values()}
    return None if inspect.Parameter.VAR_KEYWORD in kinds else set(parameters)


def found_class(target: object) -> object:
    """Return the class of a `_target_`; None where it is not found."""
    try:
        return resolve_name(str(target))
    except Exception:  # The import runs the user's code: what is wrong with it is said later.
        return None


def attribute(target: str, name: str) -> Any:  # noqa: ANN401
    """Return an attribute of a class; None where there is no such class or attribute.

    A class of ours is not imported for it, which would take the second of PyTorch.

    Example:
        >>> attribute("untrained.degradation.mri.Mri", "is_kspace")
        True
        >>> attribute("no_such_module.Class", "is_kspace")
    """
    if target.startswith(source.OURS):
        return source.attribute(target, name)
    return getattr(found_class(target), name, None)


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
    for group, target in replaced_classes(config, before).items():
        taken = taken_words(target)
        if taken is None:
            continue
        written = names_of(config)
        for word in written[group].keys() - taken:
            place = f"{group}.{word}"
            is_of_option = before.get(place) == written[place] and place not in typed
            if is_of_option and not word.startswith("_"):
                drop(config, group, word)


def replaced_classes(config: DictConfig, before: Mapping[str, object]) -> dict[str, object]:
    """Return each group whose option's class is replaced, with the class in its place.

    Args:
        config: The config.
        before: All words of the options alone, with their values.
    """
    found = {}
    for name, target in names_of(config).items():
        group, _, last = name.rpartition(".")
        if last == "_target_" and before.get(name) not in (None, target):
            found[group] = target
    return found


def drop(config: DictConfig, group: str, word: str) -> None:
    """Take a word away. Where another word has its value from it, the value stays.

    Args:
        config: The config, which is changed.
        group: The group of the word.
        word: What the word is called in its group.
    """
    place = f"{group}.{word}"
    following = [name for name, value in names_of(config).items() if value == f"${{{place}}}"]
    with open_dict(config), read_write(config):
        for name in following:
            OmegaConf.update(config, name, OmegaConf.select(config, place))
        del OmegaConf.select(config, group)[word]
