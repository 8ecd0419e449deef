"""Bad input in one line: the word that was typed, and what would be right."""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import singledispatch
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

from untrained.command.typed import typed, typed_names
from untrained.command.word import names_of, suggestion, with_words_of

NO_MEMORY = "(not enough|out of|can't allocate) memory"
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


def complaint(error: Exception, config: DictConfig | None) -> str | None:
    """Return the one line about bad input, or None for what can only be a defect of ours."""
    cause = first_cause(error)
    text = in_one_line(cause)
    if re.search(NO_MEMORY, text):
        return f"out of memory: a smaller image.size or model.width needs less ({text})"
    if type(error).__module__.startswith(("torch._dynamo.", "torch._inductor.")):
        # What a compiler has to say may be pages; the log has all of it.
        reason = shorten(text.partition(" Set TORCHDYNAMO")[0], 200, placeholder=" ...")
        return f"accelerator.compiled does not work here: {reason}"
    if isinstance(error, InstantiationException):
        line = line_about_building(error, cause, config)
        if line is not None:
            return line
    line = line_about(cause)
    return None if line is None else with_group(line, config)


def first_cause(error: BaseException) -> BaseException:
    """Return what an error comes from; Hydra's on the grammar says more than its own cause."""
    while error.__cause__ is not None and not isinstance(error, OverrideParseException):
        error = error.__cause__
    return error


def in_one_line(text: object) -> str:
    """Return a text without its line breaks."""
    return " ".join(str(text).split())


def captured(pattern: str, text: str, otherwise: str) -> str:
    """Return what the first group of a pattern finds in a text, or else `otherwise`."""
    found = re.search(pattern, text)
    return found[1] if found else otherwise


def line_about_building(
    error: InstantiationException, cause: BaseException, config: DictConfig | None
) -> str | None:
    """Return the line about an object that is not built; None where its cause says all."""
    said, text = str(error), in_one_line(cause)
    place = captured(rf"full_key: (?:{PARTS})?([\w.]+)", said, "a word")
    group = captured(r"^([a-z_]+)", place, place)  # 'logger' of logger0, the first of a list
    if isinstance(cause, ImportError):
        return f"{group} needs {missing_package(said)}"
    if said.endswith("full_key: trainer"):
        return f"{', '.join(words_of_trainer()) or 'trainer'}: {text}"
    if not isinstance(cause, TypeError):
        return None
    unknown = captured(r"unexpected keyword argument '(\w+)'", text, "")
    if unknown:
        target = captured(r"target '([\w.]+)'", said, "")
        return f"{place}.{unknown} is not a word of {target.rpartition('.')[2] or group}"
    return f"{group} does not fit: {text}"


def words_of_trainer() -> list[str]:
    """Return the words about the Trainer that were typed, with their values."""
    words = [word.lstrip("+~") for word in typed()]
    return [word for word in words if word.startswith(("trainer.", "accelerator."))]


def missing_package(text: str) -> str:
    """Return which package is missing, and how to get it."""
    target = captured(r"target '([\w.]+)", text, "a package")
    name = captured(r"pip install -U '([\w-]+)", text, target.partition(".")[0])
    if f"_target_={target}" not in "\n".join(sys.argv[1:]):
        return f"{name}, which is not installed: pip install {name}"
    # What was typed may be a class of the user's own.
    return f"{target}, which is not found: a file of your own stands beside train.py"


@singledispatch
def line_about(cause: BaseException) -> str | None:
    """Return the line about one kind of error; what is not listed here is a defect."""
    return None


@line_about.register(ValueError)
@line_about.register(HydraException)
def _(cause: Exception) -> str:
    text = in_one_line(cause)
    if text.startswith("Config group override must be"):  # Hydra does not say which.
        words = r"^(?!steps=|seed=|fits=|score=|resume=)[\w/]+=(?:null|true|false|[-+.\d]+)$"
        groups = re.findall(words, "\n".join(sys.argv[1:]), re.MULTILINE)
        return f"{', '.join(groups)}: a group takes the name of one of its options"
    return text


@line_about.register
def _(cause: OverrideParseException) -> str:
    text = in_one_line(cause).partition(" See https")[0]
    hint = "a value with other signs in it is quoted twice: \"image.path='photo(1).jpg'\""
    return f"{cause.override} cannot be read ({text}); {hint}"


@line_about.register
def _(cause: OSError) -> str:
    place = cause.filename or output_folder()
    if cause.errno == errno.ENOSPC:
        return f"{place}: the disk is full"
    return f"{place}: {cause.strerror or cause}"


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
    return f"{name} is missing: {name}=... says it"


@line_about.register
def _(error: MissingConfigException) -> str:
    """Return which options a group has."""
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return in_one_line(error)
    known = error.options or options_of(group, str(error))
    return f"{group}={option} is not known{suggestion(option, known)}; known are {', '.join(known)}"


def options_of(group: str, text: str) -> list[str]:
    """Return the options of a group that takes a list: Hydra says only where they are."""
    folder = captured(r"provider=main, path=file://(.*)", text, "")
    if not folder:
        return []
    return sorted(path.stem for path in Path(folder, group).glob("*.yaml"))


@line_about.register
def _(error: OmegaConfBaseException) -> str:
    line = str(error).partition("\n")[0]
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
    near = suggestion(word, [f"{group}{each}" for each in siblings])
    others = f"; known are {', '.join(siblings)}" if siblings else "; it takes no words"
    return f"{word} is not a known word{near or others}"


def with_group(text: str, config: DictConfig | None) -> str:
    """Put the group before the word that begins a complaint: 'sigma must be' is about noise.sigma.

    What was typed goes first, since several groups may have the same word.
    """
    if config is None or not HydraConfig.initialized():
        return text
    word = text.partition(" ")[0]
    written = names_of(config)
    own = [name for name in written if not name.startswith(("data.", "prior."))]
    named = [name for name in [*typed_names(), *own] if name.rpartition(".")[2] == word]
    if not named:
        return text
    # The first one whose value is in the text, else the first.
    meant = max(named, key=lambda name: text.endswith(f"got {value_of(config, name)!r}"))
    # A word that takes its value from another one is not the one that was typed.
    source = captured(r"^\$\{([\w.]+)\}$", str(written.get(meant)), meant)
    if word == "path":
        text = with_words_of(source.rpartition(".")[0], text)
    return source + text.removeprefix(word)


def value_of(config: DictConfig, word: str) -> object:
    """Return the value of a word, with plain lists in it."""
    value = OmegaConf.select(config, word, throw_on_resolution_failure=False)
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
