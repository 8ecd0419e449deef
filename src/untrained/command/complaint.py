"""Bad input in one line: the word that was typed, and what would be right."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from textwrap import shorten

from hydra.errors import HydraException, InstantiationException
from omegaconf import DictConfig, OmegaConf

from untrained.command.building import line_about_building, line_about_library
from untrained.command.error import captured, first_cause, in_one_line
from untrained.command.kind import line_about, line_about_values
from untrained.command.typed import typed, typed_names, value_of
from untrained.command.word import names_of, with_words_of

NO_MEMORY = "(not enough|out of|can't allocate) memory"
TOO_LARGE = f"{NO_MEMORY}|[Oo]verflow|Maximum allowed dimension"
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
        The line. It is empty if there is nothing to say, and None if the error is a defect of ours.
    """
    cause = first_cause(error)
    line = line_by_its_place(error, cause, config, sys.argv[1:] if words is None else words)
    if line is not None:
        return line
    line = line_about(cause)
    if line is None or type(cause) is ValueError:  # Such a one may be a library's, late in the fit.
        line = line_about_library(error, config) or line
    return line and with_group(line, config)


def line_by_its_place(
    error: Exception, cause: BaseException, config: DictConfig | None, words: Sequence[str]
) -> str | None:
    """Return the line about an error whose own text does not say which word is wrong.

    Args:
        error: What was raised.
        cause: Its first cause.
        config: The config of the run; None where it is not known yet.
        words: All that was typed.
    """
    line = line_about_size(cause) or line_about_compiler(error)
    if line is None and isinstance(cause, ValueError | HydraException):
        line = line_about_values(in_one_line(cause), words)
    if line is None and isinstance(error, InstantiationException):
        line = line_about_building(error, cause, config)
    return line


def line_about_size(cause: BaseException) -> str | None:
    """Return the line about what is too large: a number that was typed, or all that is fitted."""
    text = in_one_line(cause)
    is_large = isinstance(cause, OverflowError | MemoryError) or re.search(TOO_LARGE, text)
    huge = [word for word in typed() if re.search(r"=.*(\d{9}|\de\+?\d\d)", word)]
    if is_large and huge:
        return f"{', '.join(huge)}: the number is too large ({text})"
    if isinstance(cause, MemoryError) or re.search(NO_MEMORY, text):
        said = f" ({text})" if text else ""  # Python itself says nothing.
        return f"out of memory: a smaller image.size or model.width needs less{said}"
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
