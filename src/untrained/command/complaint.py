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

from untrained.command.word import suggestion, typed, words_of

FULL_ERROR = os.environ.get("HYDRA_FULL_ERROR") == "1"


@contextmanager
def one_line_errors(config: DictConfig | None = None) -> Iterator[None]:
    """Turn bad input into one line and exit code 1; HYDRA_FULL_ERROR=1 shows the traceback.

    What no user can mend keeps its traceback. Of a run that has begun `train.log` has it.
    """
    before = os.environ.get("HYDRA_FULL_ERROR", "0")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra's own report is of many lines.
    config = deepcopy(config)  # Building objects of it resolves its interpolations.
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        line = None if FULL_ERROR else complaint(error, config)
        if line is None:
            raise
        sys.stderr.write(f"{line}\n" if line else "")
        sys.exit(1)
    finally:
        os.environ["HYDRA_FULL_ERROR"] = before


def complaint(error: Exception, config: DictConfig | None) -> str | None:
    """Return the one line about bad input, or None for what can only be a defect of ours."""
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, OverrideParseException):
        cause = cause.__cause__
    text = " ".join(str(cause).split())
    if "not enough memory" in text or "out of memory" in text:
        return f"out of memory: a smaller image.size or model.width needs less ({text})"
    if type(error).__module__.startswith(("torch._dynamo.", "torch._inductor.")):
        # What a compiler has to say may be pages; the log has all of it.
        reason = shorten(text.partition(" Set TORCHDYNAMO")[0], 200, placeholder=" ...")
        return f"accelerator.compiled does not work here: {reason}"
    if isinstance(error, InstantiationException) and isinstance(cause, ImportError):
        return missing_package(str(error))
    if isinstance(error, InstantiationException) and str(error).endswith("full_key: trainer"):
        return f"{', '.join(words_typed('trainer.', 'accelerator.')) or 'trainer'}: {text}"
    if isinstance(error, InstantiationException) and isinstance(cause, TypeError):
        word = re.search(r"unexpected keyword argument '(\w+)'", text)
        if word:
            return with_group(f"{word[1]} is not a known word there", config)
        group = re.search(r"full_key: (?:data\.|prior\.|trainer\.)?([a-z_]+)", str(error))
        return f"{group[1] if group else 'a word'} does not fit: {text}"
    line = line_about(cause)
    return None if line is None else with_group(line, config)


def words_typed(*groups: str) -> list[str]:
    """Return the words of some groups that were typed, with their values."""
    return [word for word in (each.lstrip("+~") for each in typed()) if word.startswith(groups)]


def missing_package(text: str) -> str:
    """Say which package an option needs, and how to get it."""
    package = re.search(r"pip install -U '([\w-]+)", text) or re.search(r"target '(\w+)", text)
    group = re.search(r"full_key: (?:data\.|prior\.|trainer\.)?([a-z_]+)", text)
    name = package[1] if package else "a package"
    where = group[1] if group else "a word"
    return f"{where} needs {name}, which is not installed: pip install {name}"


@singledispatch
def line_about(cause: BaseException) -> str | None:
    """Return the line about one kind of error; what is not listed here is a defect."""
    return None


@line_about.register(ValueError)
@line_about.register(HydraException)
def _(cause: Exception) -> str:
    text = " ".join(str(cause).split())
    if text.startswith("Config group override must be"):  # Hydra does not say which.
        groups = re.findall(r"^[\w/]+=null$", "\n".join(sys.argv[1:]), re.MULTILINE)
        return f"{', '.join(groups)}: a group takes the name of one of its options"
    return text


@line_about.register
def _(cause: OverrideParseException) -> str:
    text = " ".join(str(cause).split()).partition(" See https")[0]
    hint = "a value with other signs in it is quoted twice: \"image.path='photo(1).jpg'\""
    return f"{cause.override} cannot be read ({text}); {hint}"


@line_about.register
def _(cause: OSError) -> str:
    reason = "the disk is full" if cause.errno == errno.ENOSPC else cause.strerror or cause
    return f"{cause.filename or output_folder()}: {reason}"


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
    word = re.search(r"[Mm]issing mandatory value: ([\w.]+)", str(cause))
    name = (word[1] if word else str(cause.full_key)).removeprefix("data.")
    return f"{name} is missing: {name}=... says it"


@line_about.register
def _(error: MissingConfigException) -> str:
    """Say which options a group has."""
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    known = [str(each) for each in error.options or options_of(group, str(error))]
    if not group:
        return " ".join(str(error).split())
    return f"{group}={option} is not known{suggestion(option, known)}; known are {', '.join(known)}"


def options_of(group: str, text: str) -> list[str]:
    """Return the options of a group that takes a list, of which Hydra tells only where they are."""
    folder = re.search(r"provider=main, path=file://(.*)", text)
    return sorted(path.stem for path in Path(folder[1], group).glob("*.yaml")) if folder else []


@line_about.register
def _(error: OmegaConfBaseException) -> str:
    line = str(error).partition("\n")[0]
    said = line.partition("while resolving interpolation: ")[2]
    return said or (f"{error.full_key}: {line}" if error.full_key else line)


@line_about.register(ConfigKeyError)
@line_about.register(ConfigAttributeError)
def _(error: OmegaConfBaseException) -> str:
    """Say which word is not known, and which one may be meant."""
    word, key = str(error.full_key), str(error.key)
    node = error.parent_node
    if not OmegaConf.is_dict(node):
        return " ".join(str(error).split())
    group = word.removesuffix(key)
    siblings = [str(each) for each in node if not str(each).startswith("_")]
    hint = suggestion(word, [group + each for each in siblings])
    if not hint:
        hint = f"; known are {', '.join(sorted(siblings))}" if siblings else "; it takes no words"
    return f"{word} is not a known word{hint}"


def with_group(text: str, config: DictConfig | None) -> str:
    """Put the group before the word that begins a complaint: 'sigma must be' is about noise.sigma.

    What was typed goes first, since several groups may have the same word.
    """
    word = text.partition(" ")[0]
    if config is None:
        return text
    if not HydraConfig.initialized():
        return text
    names = [each.lstrip("+~").partition("=")[0] for each in typed()]
    known = [each for each in words_of(config) if not each.startswith(("data.", "prior."))]
    found = [each for each in [*names, *known] if each.rpartition(".")[2] == word]
    found = [each for each in found if text.endswith(f"got {value_of(config, each)!r}")] or found
    if not found:
        return text
    # A word that takes its value from another one is not the one that was typed.
    node = OmegaConf.to_container(config, resolve=False)
    for key in found[0].split("."):
        node = node.get(key, "") if isinstance(node, dict) else ""
    source = re.fullmatch(r"\$\{([\w.]+)\}", str(node))
    return (source[1] if source else found[0]) + text.removeprefix(word)


def value_of(config: DictConfig, word: str) -> object:
    """Return the value of a word, with plain lists in it."""
    value = OmegaConf.select(config, word, throw_on_resolution_failure=False)
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
