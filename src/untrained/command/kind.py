"""One line about each kind of error of a word: an unknown setting, option, value or file."""

import errno
import re
import sys
from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationToMissingValueError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)

from untrained.command.error import captured, in_one_line
from untrained.command.pointed import PICTURES
from untrained.command.typed import typed
from untrained.command.vocabulary import first_number, meant, options, options_with, takes_list
from untrained.command.word import names_of, suggestion
from untrained.record.file import final_path

# The extra of pyproject.toml that brings an option of Hydra.
EXTRAS = {
    "joblib": "joblib",
    "optuna": "optuna",
    "ray": "ray",
    "submitit_local": "slurm",
    "submitit_slurm": "slurm",
}


@singledispatch
def line_about(cause: BaseException) -> str | None:
    """Return the line about one kind of error. A kind that is not listed here is a defect."""
    return None


@line_about.register(ValueError)
@line_about.register(HydraException)
def line_about_value(cause: Exception) -> str:
    """Return the text of an error that was written for the user."""
    return in_one_line(cause)


@line_about.register
def line_about_attribute(cause: AttributeError) -> str | None:
    """Return the line about a class of the user's own that lacks a needed attribute."""
    found = re.fullmatch(r"'(\w+)' object has no attribute '(\w+)'", str(cause))
    if found is None:
        return None
    name, absent = found.groups()
    for word in typed():
        module, _, made = captured(r"_target_=['\"]?([\w.]+)", word, "").rpartition(".")
        # A function's object is of another name.
        if name == made or hasattr(sys.modules.get(module), name):
            return f"{word.lstrip('+')}: {name} has no {absent}, which is needed of it here"
    return None


@line_about.register
def line_about_grammar(cause: OverrideParseException) -> str:
    """Return the line about a word that Hydra cannot read."""
    text = in_one_line(cause).partition(" See https")[0]
    hint = "quote a value with special characters twice: \"image.path='photo(1).jpg'\""
    return f"{cause.override} cannot be read ({text}); {hint}"


@line_about.register
def line_about_file(cause: OSError) -> str:
    """Return the line about a file or folder that cannot be read or written."""
    # Where a copy fails, the second name is the copy's.
    place = final_path(Path(cause.filename2 or cause.filename or output_folder()))
    reason = cause.strerror or cause
    if cause.errno == errno.ENOSPC:
        reason = "the disk is full"
    return f"{place}: {reason}"


def output_folder() -> str:
    """Return the folder of the run, where one has begun."""
    runtime: Any = HydraConfig.get().runtime if HydraConfig.initialized() else {}
    return str(runtime.get("output_dir") or "outputs")


@line_about.register
def line_about_pipe(cause: BrokenPipeError) -> str:
    """Return nothing: whoever read the output has gone."""
    return ""


@line_about.register(MissingMandatoryValue)
@line_about.register(InterpolationToMissingValueError)
def line_about_missing(cause: OmegaConfBaseException) -> str:
    """Return the line about a setting that has to be typed."""
    word = captured(r"[Mm]issing mandatory value: ([\w.]+)", str(cause), str(cause.full_key))
    name = word.removeprefix("data.")
    return f"{name} is missing: type {name}=..."


@line_about.register
def line_about_option(error: MissingConfigException) -> str:
    """Return the line about an option that a group does not have."""
    choice = str(error.missing_cfg_file)
    group, _, option = choice.rpartition("/")
    if not group:
        return in_one_line(error)
    if group in ("hydra/launcher", "hydra/sweeper") and option in EXTRAS:
        return f'{group}={option} is not installed: type pip install -e ".[{EXTRAS[option]}]"'
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
def line_about_config(error: OmegaConfBaseException) -> str:
    """Return the line about any other error of the config."""
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
def line_about_setting(error: OmegaConfBaseException) -> str:
    """Return the line about a setting that does not exist, with the one that may be meant."""
    word, node = str(error.full_key), error.parent_node
    if not OmegaConf.is_dict(node):
        return in_one_line(error)
    names = meant(word)
    if word in names:  # Before any word that is like it: stopping.wmv is not stopping.emv.
        return f"{word} is a setting of {' or '.join(options_with(word))}, which is not chosen"
    group = word.removesuffix(str(error.key))
    siblings = sorted(str(each) for each in node if not str(each).startswith("_"))
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


def line_about_values(text: str, words: Sequence[str]) -> str | None:
    """Return the line about words that Hydra reads, but that mean nothing; else None.

    Args:
        text: What Hydra says.
        words: All that was typed.

    Example:
        >>> line_about_values("Ambiguous value for argument 'model=dip,dd' 1. To use it as", [])
        'model=dip,dd: several values are a sweep, which -m asks for'
    """
    if text.startswith("Config group override must be"):  # Hydra does not say which.
        return line_about_groups(words)
    word = captured(r"^Ambiguous value for argument '(.*?)' 1\. ", text, "")
    name, _, values = word.partition("=")
    if not word:
        return None
    line = f"{word}: several values are a sweep, which -m asks for"
    return f"{line}; a list is {name}=[{values}]" if takes_list(name) else line


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
