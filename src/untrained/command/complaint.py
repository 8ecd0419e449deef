"""Bad input in one line: the word that was typed, and what would be right."""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, InstantiationException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from untrained.command.word import suggestion, words_of

FULL_ERROR = os.environ.get("HYDRA_FULL_ERROR") == "1"


@contextmanager
def one_line_errors(config: DictConfig | None = None) -> Iterator[None]:
    """Turn bad input into one line and exit code 1; HYDRA_FULL_ERROR=1 shows the traceback.

    What can only be a defect of ours keeps its traceback.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra's own report is of many lines.
    try:
        yield
    except Exception as error:
        line = None if FULL_ERROR else complaint(error, config)
        if line is None:
            raise
        sys.stderr.write(f"{line}\n")
        sys.exit(1)


def complaint(error: Exception, config: DictConfig | None) -> str | None:
    """Give the one line about bad input, or None for what can only be a defect of ours."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = " ".join(str(cause).split())
    if isinstance(cause, MissingConfigException):
        return missing_option(cause)
    if isinstance(cause, MissingMandatoryValue):
        return f"{cause.full_key} is missing: {cause.full_key}=... says it"
    if isinstance(cause, OmegaConfBaseException) and isinstance(error, HydraException):
        return mistyped(cause)
    if isinstance(cause, OverrideParseException):
        return text.split(" See https")[0]
    if isinstance(cause, OSError):
        reason = "the disk is full" if cause.errno == errno.ENOSPC else cause.strerror or text
        return f"{cause.filename or 'outputs'}: {reason}"
    if "not enough memory" in text or "out of memory" in text or "can't allocate memory" in text:
        return f"out of memory: try a smaller image.size or model.width ({text.split('.')[0]})"
    if isinstance(cause, ValueError | HydraException):
        return with_group(text, config)
    built = isinstance(error, InstantiationException)
    if built and (word := re.search(r"unexpected keyword.*'(\w+)'", text)):
        return with_group(f"{word[1]} is not a known word of that group", config)
    return None


def missing_option(error: MissingConfigException) -> str:
    """Say which options a group has."""
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    known = [str(each) for each in error.options or []]
    if not group:
        return " ".join(str(error).split())
    return f"{group}={option} is not known{suggestion(option, known)}; known are {', '.join(known)}"


def mistyped(error: OmegaConfBaseException) -> str:
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
    typed = [each.lstrip("+~").partition("=")[0] for each in HydraConfig.get().overrides.task]
    known = [each for each in words_of(config) if not each.startswith(("data.", "prior."))]
    found = [each for each in [*typed, *known] if each.rpartition(".")[2] == word]
    return found[0] + text.removeprefix(word) if found else text
