"""Read an error: what it comes from, and what its text says."""

import re

from hydra.errors import OverrideParseException


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


def captured(pattern: str, text: str, otherwise: str) -> str:
    r"""Return what the first group of a pattern finds in a text, or else `otherwise`.

    Example:
        >>> captured(r"argument '(\w+)'", "unexpected keyword argument 'x'", otherwise="")
        'x'
    """
    found = re.search(pattern, text)
    return found[1] if found else otherwise
