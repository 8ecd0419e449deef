"""One line about a class that cannot be built by its words, or that fails by them later."""

import sys
import traceback
from itertools import takewhile
from pathlib import Path

from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf

from untrained.command.error import captured, first_cause, in_one_line
from untrained.command.own import import_failure
from untrained.command.typed import typed, typed_names, value_of
from untrained.command.word import names_of

# What is built of the objects of the words, which nobody types.
PARTS = r"data\.|problem\.|fit\.|prior\.|trainer\."


def line_about_building(
    error: InstantiationException, cause: BaseException, config: DictConfig | None
) -> str | None:
    """Return the line about an object that is not built.

    Args:
        error: What Hydra says of the object.
        cause: What the class of the object has raised.
        config: The config of the run; None where it is not known yet.

    Returns:
        The line; None where the cause says all.
    """
    said, text = str(error), in_one_line(cause)
    place = captured(rf"full_key: (?:{PARTS})?([\w.]+)", said, "a word")
    group = captured(r"^([a-z_]+)", place, place)  # 'logger' of logger0, the first of a list
    if "locating target" in said or "callable target" in said:
        return line_about_target(said, f"{place}._target_", cause, config or OmegaConf.create())
    if isinstance(cause, ImportError):
        return f"{group} needs {missing_package(said)}"
    if said.endswith("full_key: trainer"):
        words = words_of("trainer", "accelerator") or ["trainer"]
        return f"{', '.join(words)}: {text}"
    if not isinstance(cause, TypeError):
        return None
    unknown = captured(r"unexpected keyword argument '(\w+)'", text, "")
    target = captured(r"target '(?:\w+\.)*(\w+)'", said, group)
    if unknown:
        return f"{place}.{unknown} is not a setting of {target}"
    return f"{group} does not fit: {text}"


def line_about_target(said: str, word: str, cause: BaseException, config: DictConfig) -> str:
    """Return the line about a class that is not found, or that cannot be called.

    Args:
        said: What Hydra says.
        word: The word of the class, as Hydra has it.
        cause: What its import has raised.
        config: The config of the run.
    """
    target = captured(r"locating target '(.*)', set", said, "")
    if not target:
        return import_failure(word, str(OmegaConf.select(config, word)), cause)
    # Hydra names the place of the object; the class may have been typed at another.
    written = names_of(config).items()
    words = [name for name, value in written if name.endswith("_target_") and value == target]
    return import_failure([*words, word][0], target, cause)


def missing_package(text: str) -> str:
    """Return which package is missing, and how to get it.

    Example:
        >>> missing_package("Error in call to target 'kornia.losses.SSIMLoss'")
        'kornia, which is not installed: pip install kornia'
    """
    target = captured(r"target '([\w.]+)", text, "a package")
    name = captured(r"pip install -U '([\w-]+)", text, target.partition(".")[0])
    return f"{name}, which is not installed: pip install {name}"


def line_about_library(error: Exception, config: DictConfig | None) -> str | None:
    """Return the line about a library's class that fails by its words, however late it does.

    `optimizer.line_search_fn=armijo` fails in the first step, in the file of that optimizer.

    Args:
        error: What was raised.
        config: The config of the run; None where it is not known yet.

    Returns:
        The words that were typed for that class, and what it says; None for another error.
    """
    if config is None:
        return None
    files = files_below_ours(error)
    text = in_one_line(first_cause(error))
    groups = {group for name in typed_names() for group in (name, *groups_above(name))}
    for group in sorted(groups):
        if not files_of_class(value_of(config, f"{group}._target_")).isdisjoint(files):
            return f"{', '.join(words_of(group))}: {text}"
    words = words_of("trainer", "accelerator")
    if words and "pytorch_lightning" in "\n".join(files):
        return f"{', '.join(words)}: {text}"
    return None


def files_below_ours(error: BaseException) -> list[str]:
    """Return the files of an error's traceback, below the last that is ours or the user's."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return list(takewhile(is_of_library, reversed(files)))


def is_of_library(file: str) -> bool:
    """Whether a file is of an installed package.

    Example:
        >>> is_of_library("/venv/lib/python3.12/site-packages/torch/optim/lbfgs.py")
        True
    """
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)


def files_of_class(target: object) -> set[str]:
    """Return the files of a class that is imported already, and of its base classes.

    The bases of PyTorch are left out: all networks stand on its Module.

    Example:
        >>> files_of_class("pathlib.Path") >= {sys.modules["pathlib"].__file__}
        True
        >>> files_of_class("no_such_module.Class")
        set()
    """
    module, _, name = str(target).rpartition(".")
    found = getattr(sys.modules.get(module), name, None)
    classes = found.__mro__[1:] if isinstance(found, type) else ()
    bases = [each for each in classes if not each.__module__.startswith("torch.")]
    modules = [sys.modules.get(getattr(each, "__module__", "")) for each in (found, *bases)]
    return {str(file) for each in modules if (file := getattr(each, "__file__", None))}


def groups_above(name: str) -> list[str]:
    """Return the groups that a word stands in, the innermost first.

    Example:
        >>> groups_above("callbacks.mine.monitor")
        ['callbacks.mine', 'callbacks']
    """
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def words_of(*groups: str) -> list[str]:
    """Return the words about some groups that were typed, with their values."""
    words = [word.lstrip("+~") for word in typed()]
    starts = tuple(f"{group}{sign}" for group in groups for sign in ".=")
    return [word for word in words if word.startswith(starts)]
