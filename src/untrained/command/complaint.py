"""Bad input in one line: the word that was typed, and what would be right."""

import errno
import os
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import singledispatch
from itertools import takewhile
from pathlib import Path
from textwrap import shorten
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import (
    HydraException,
    InstantiationException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationToMissingValueError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)

from untrained.command.own import import_failure
from untrained.command.pointed import PICTURES
from untrained.command.typed import typed, typed_groups, typed_names, value_of
from untrained.command.vocabulary import first_number, meant, options, options_with
from untrained.command.word import names_of, suggestion, with_words_of

NO_MEMORY = "(not enough|out of|can't allocate) memory"
TOO_LARGE = f"{NO_MEMORY}|[Oo]verflow|Maximum allowed dimension"
# What is built of the objects of the words, which nobody types.
PARTS = r"data\.|problem\.|fit\.|prior\.|trainer\."
FULL_ERROR = os.environ.get("HYDRA_FULL_ERROR") == "1"


@contextmanager
def one_line_errors(config: DictConfig | None = None) -> Iterator[None]:
    """Turn bad input into one line and exit code 1; HYDRA_FULL_ERROR=1 shows the traceback.

    What no user can mend keeps its traceback. A run that has begun leaves it in `train.log`.
    """
    before = os.environ.get("HYDRA_FULL_ERROR", "0")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra's own report is of many lines.
    config = deepcopy(config)  # Building objects of it resolves its interpolations.
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if FULL_ERROR:
            raise
        line = complaint(error, config)
        if line is None:
            raise
        sys.stderr.write(f"{line}\n" if line else "")
        sys.exit(1)
    finally:
        os.environ["HYDRA_FULL_ERROR"] = before


def complaint(
    error: Exception, config: DictConfig | None, words: Sequence[str] | None = None
) -> str | None:
    """Return the one line about bad input.

    Args:
        error: What was raised.
        config: The config of the run; None where it is not known yet.
        words: The words; those of the command line if None.

    Returns:
        The line; empty where there is nothing to say, None for what can only be a defect of ours.
    """
    cause = first_cause(error)
    line = line_about_size(cause) or line_about_compiler(error)
    if line is None and isinstance(cause, ValueError | HydraException):
        line = line_about_values(in_one_line(cause), sys.argv[1:] if words is None else words)
    if line is None and isinstance(error, InstantiationException):
        line = line_about_building(error, cause, config)
    if line is not None:
        return line
    line = line_about(cause)
    if line is None or type(cause) is ValueError:
        line = line_about_library(error, config) or line
    return line and with_group(line, config)


def first_cause(error: BaseException) -> BaseException:
    """Return what an error comes from; Hydra's on the grammar says more than its own cause.

    Example:
        >>> error = ValueError("sigma must be a number")
        >>> error.__cause__ = OSError("the first")
        >>> first_cause(error)
        OSError('the first')
    """
    while error.__cause__ is not None and not isinstance(error, OverrideParseException):
        error = error.__cause__
    return error


def in_one_line(text: object) -> str:
    r"""Return a text without its line breaks.

    Example:
        >>> in_one_line("out of\n  memory")
        'out of memory'
    """
    return " ".join(str(text).split())


def line_about_size(cause: BaseException) -> str | None:
    """Return the line about what is too large: a number that was typed, or all that is fitted."""
    text = in_one_line(cause)
    is_large = isinstance(cause, OverflowError | MemoryError) or re.search(TOO_LARGE, text)
    huge = [word for word in typed() if re.search(r"=.*(\d{9}|\de\+?\d\d)", word)]
    if is_large and huge:
        return f"{', '.join(huge)}: the number is too large ({text})"
    if re.search(NO_MEMORY, text):
        return f"out of memory: a smaller image.size or model.width needs less ({text})"
    return None


def line_about_compiler(error: Exception) -> str | None:
    """Return the line about a compiler of PyTorch that fails.

    What it has to say may be pages; the log has all of it.
    """
    if not type(error).__module__.startswith(("torch._dynamo.", "torch._inductor.")):
        return None
    text = in_one_line(first_cause(error)).partition(" Set TORCHDYNAMO")[0]
    reason = shorten(text, 200, placeholder=" ...")
    return f"accelerator.compiled does not work here: {reason}"


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
    for group in sorted(typed_groups()):
        if file_of_class(value_of(config, f"{group}._target_")) in files:
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


def file_of_class(target: object) -> str | None:
    """Return the file of a class that is imported already; None for any other.

    Example:
        >>> file_of_class("pathlib.Path") == sys.modules["pathlib"].__file__
        True
        >>> file_of_class("no_such_module.Class")
    """
    module, _, name = str(target).rpartition(".")
    found = getattr(sys.modules.get(module), name, None)
    return getattr(sys.modules.get(getattr(found, "__module__", "")), "__file__", None)


def captured(pattern: str, text: str, otherwise: str) -> str:
    r"""Return what the first group of a pattern finds in a text, or else `otherwise`.

    Example:
        >>> captured(r"argument '(\w+)'", "unexpected keyword argument 'x'", otherwise="")
        'x'
    """
    found = re.search(pattern, text)
    return found[1] if found else otherwise


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


def words_of(*groups: str) -> list[str]:
    """Return the words about some groups that were typed, with their values."""
    words = [word.lstrip("+~") for word in typed()]
    return [word for word in words if re.split(r"[.=]", word)[0] in groups]


def missing_package(text: str) -> str:
    """Return which package is missing, and how to get it.

    Example:
        >>> missing_package("Error in call to target 'kornia.losses.SSIMLoss'")
        'kornia, which is not installed: pip install kornia'
    """
    target = captured(r"target '([\w.]+)", text, "a package")
    name = captured(r"pip install -U '([\w-]+)", text, target.partition(".")[0])
    return f"{name}, which is not installed: pip install {name}"


@singledispatch
def line_about(cause: BaseException) -> str | None:
    """Return the line about one kind of error; what is not listed here is a defect."""
    return None


@line_about.register(ValueError)
@line_about.register(HydraException)
def _(cause: Exception) -> str:
    return in_one_line(cause)


def line_about_values(text: str, words: Sequence[str]) -> str | None:
    """Return the line about words that Hydra reads, but that mean nothing; else None.

    Args:
        text: What Hydra says.
        words: All that was typed.

    Example:
        >>> line_about_values("Ambiguous value for argument 'model=dip,dd' 1. To use it as", [])
        'model=dip,dd: several values are a sweep, which -m asks for; a list is model=[dip,dd]'
    """
    if text.startswith("Config group override must be"):  # Hydra does not say which.
        return line_about_groups(words)
    word = captured(r"^Ambiguous value for argument '(.*?)' 1\. ", text, "")
    name, _, values = word.partition("=")
    if not word:
        return None
    return f"{word}: several values are a sweep, which -m asks for; a list is {name}=[{values}]"


def line_about_groups(words: Sequence[str]) -> str:
    """Return the line about values that choose no option of their groups.

    Args:
        words: All that was typed.

    Example:
        >>> line_about_groups(["steps=5", "recipe=null"])
        'recipe=null: choose one of its options, authors, fast'
    """
    for word in words:
        group, _, value = word.lstrip("+").partition("=")
        known = options(group)
        if known and re.fullmatch(r"null|true|false|[-+.\d]+", value):
            near = number_meant(group, value)
            return f"{word}: choose one of its options, {', '.join(known)}{near}"
    return "choose one of its options"


def number_meant(group: str, value: str) -> str:
    """Return which word of a group may be meant by a number, as the end of a sentence, or nothing.

    Example:
        >>> number_meant("noise", "25"), number_meant("noise", "null")
        ('; did you mean noise.sigma=25?', '')
    """
    number = first_number(group)
    return f"; did you mean {number}={value}?" if number and value[-1].isdigit() else ""


@line_about.register
def _(cause: AttributeError) -> str | None:
    """Return the line about a class of the user's own that lacks what its word asks of it."""
    found = re.fullmatch(r"'(\w+)' object has no attribute '(\w+)'", str(cause))
    if found is None:
        return None
    name, absent = found.groups()
    for word in typed():
        if re.search(rf"_target_=['\"]?(\w+\.)*{name}['\"]?$", word):
            return f"{word.lstrip('+')}: {name} has no {absent}, which is needed of it here"
    return None


@line_about.register
def _(cause: OverrideParseException) -> str:
    text = in_one_line(cause).partition(" See https")[0]
    hint = "quote a value with special characters twice: \"image.path='photo(1).jpg'\""
    return f"{cause.override} cannot be read ({text}); {hint}"


@line_about.register
def _(cause: OSError) -> str:
    # Where a copy fails, the second name is the copy's.
    place = cause.filename2 or cause.filename or output_folder()
    reason = cause.strerror or cause
    if cause.errno == errno.ENOSPC:
        reason = "the disk is full"
    return f"{place}: {reason}"


def output_folder() -> str:
    """Return the folder of the run, where one has begun."""
    runtime: Any = HydraConfig.get().runtime if HydraConfig.initialized() else {}
    return str(runtime.get("output_dir") or "outputs")


@line_about.register
def _(cause: BrokenPipeError) -> str:
    return ""


@line_about.register(MissingMandatoryValue)
@line_about.register(InterpolationToMissingValueError)
def _(cause: OmegaConfBaseException) -> str:
    word = captured(r"[Mm]issing mandatory value: ([\w.]+)", str(cause), str(cause.full_key))
    name = word.removeprefix("data.")
    return f"{name} is missing: type {name}=..."


@line_about.register
def _(error: MissingConfigException) -> str:
    """Return which options a group has."""
    choice = str(error.missing_cfg_file)
    group, _, option = choice.rpartition("/")
    if not group:
        return in_one_line(error)
    known = error.options or options_of(group, str(error))
    line = (
        f"{group}={option} does not exist{suggestion(option, known)}; options: {', '.join(known)}"
    )
    return line_about_picture(choice) or line


def line_about_picture(choice: str) -> str | None:
    """Return the line about a file in the place of an option: `image=photo.jpg`.

    Args:
        choice: The group, a slash and what was typed for it.

    Example:
        >>> line_about_picture("target/photo.jpg")
        'target=photo.jpg is not an option of target; did you mean target.path=photo.jpg?'
        >>> line_about_picture("target/photo")
    """
    group, _, name = choice.partition("/")
    words = [word for word in PICTURES if word.startswith(f"{group}.")]
    if words and re.search(r"[./\\]", name):
        return f"{group}={name} is not an option of {group}; did you mean {words[0]}={name}?"
    return None


def options_of(group: str, text: str) -> list[str]:
    """Return the options of a group that takes a list: Hydra says only where they are.

    Args:
        group: The group.
        text: What Hydra says.
    """
    folder = captured(r"provider=main, path=file://(.*)", text, "")
    if not folder:
        return []
    return sorted(path.stem for path in Path(folder, group).glob("*.yaml"))


@line_about.register
def _(error: OmegaConfBaseException) -> str:
    line = str(error).partition("\n")[0]
    if line.startswith("Cannot merge"):
        kind = "a list" if "with ListConfig" in line else "settings, not a list"
        return f"{error.full_key} must be {kind}"
    absent = captured(r"Interpolation key '([\w.]+)' not found", line, "")
    if absent:
        taker = error.full_key or "another word"
        return (
            f"{absent} is not a setting here, and {taker} takes its value from it: type {taker}=..."
        )
    said = line.partition("while resolving interpolation: ")[2]
    if said:
        return said
    return f"{error.full_key}: {line}" if error.full_key else line


@line_about.register(ConfigKeyError)
@line_about.register(ConfigAttributeError)
def _(error: OmegaConfBaseException) -> str:
    """Return which word is not known, and which one may be meant."""
    word, node = str(error.full_key), error.parent_node
    if not OmegaConf.is_dict(node):
        return in_one_line(error)
    group = word.removesuffix(str(error.key))
    siblings = sorted(str(each) for each in node if not str(each).startswith("_"))
    names = meant(word)
    if word in names:  # Before any word that is like it: stopping.wmv is not stopping.emv.
        return f"{word} is a setting of {' or '.join(options_with(word))}, which is not chosen"
    near = suggestion(word, [f"{group}{each}" for each in siblings], cutoff=0.8)
    if near:
        return f"{word} is not a setting{near}"
    if names:
        known = names_of(node._get_root())
        told = [name if name in known else with_option(name) for name in names]
        return f"{word} is not a setting; did you mean {' or '.join(told)}?"
    others = f"settings: {', '.join(siblings)}" if siblings else "there are none"
    return f"{word} is not a setting; {others}"


def with_option(name: str) -> str:
    """Return a word beside the options that have it, where it is not always there.

    Example:
        >>> with_option("degradation.keep"), with_option("model=dip")
        ('degradation.keep of degradation=inpainting', 'model=dip')
    """
    places = " or ".join(options_with(name))
    return f"{name} of {places}" if places else name


def with_group(text: str, config: DictConfig | None) -> str:
    """Put the group before the word that begins a complaint: 'sigma must be' is about noise.sigma.

    What was typed goes first, since several groups may have the same word.
    """
    if config is None:
        return text
    word = text.partition(" ")[0]
    written = names_of(config)
    own = [name for name in written if not name.startswith(("data.", "prior."))]
    named = [name for name in [*typed_names(), *own] if name.rpartition(".")[2] == word]
    if not named:
        return text
    name = first_with_value(named, text, config)
    # Where a word takes its value from another word, the other word was typed.
    source = captured(r"^\$\{([\w.]+)\}$", str(written.get(name)), name)
    if word == "path":
        text = with_words_of(source.rpartition(".")[0], text)
    return source + text.removeprefix(word)


def first_with_value(names: list[str], text: str, config: DictConfig) -> str:
    """Return the first of some words whose value a complaint ends with; else the first word.

    Example:
        >>> config = OmegaConf.create({"noise": {"sigma": 25}, "kernel": {"sigma": -1}})
        >>> first_with_value(["noise.sigma", "kernel.sigma"], "sigma must be ..., got -1", config)
        'kernel.sigma'
    """
    for name in names:
        if text.endswith(f"got {plain_value(config, name)!r}"):
            return name
    return names[0]


def plain_value(config: DictConfig, word: str) -> object:
    """Return the value of a word, with plain lists in it."""
    value = value_of(config, word)
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
