"""What a word may be: each check returns the value, or refuses it in a line about the word."""

import math
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice", str, str | None)


def whole(word: str, value: object, least: int = 1) -> int:
    """Return a whole number from `least` up.

    Raises:
        ValueError: If `value` is anything else; true and false are no numbers.

    Example:
        >>> whole("steps", 100)
        100
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{word} must be a whole number from {least} up, got {value!r}")
    return value


def number(
    word: str,
    value: object,
    *,
    least: float | None = None,
    over: float | None = None,
    most: float | None = None,
    under: float | None = None,
    unit: str = "",
) -> float:
    """Return a finite number within its limits.

    Args:
        word: What the user typed.
        value: The value of the word.
        least: The smallest number that is allowed.
        over: The limit that the number has to exceed.
        most: The largest number that is allowed.
        under: The limit that the number must not reach.
        unit: What the number counts, for the message: 'on the 0-255 scale'.

    Raises:
        ValueError: If `value` is anything else; true, false, nan and infinity are no numbers.

    Example:
        >>> number("lr", 0.01, over=0)
        0.01
        >>> number("share", 2, least=0, under=1)
        Traceback (most recent call last):
            ...
        ValueError: share must be a number from 0 to less than 1, got 2
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        high_enough = (least is None or value >= least) and (over is None or value > over)
        low_enough = (most is None or value <= most) and (under is None or value < under)
        if high_enough and low_enough:
            return value
    limits = " ".join(["a number", *spoken_limits(least, over, most, under)])
    allowed = f"{limits}, {unit}" if unit else limits
    raise ValueError(f"{word} must be {allowed}, got {value!r}")


def spoken_limits(
    least: float | None, over: float | None, most: float | None, under: float | None
) -> list[str]:
    """Return the limits of a number in words: 'from 0 to less than 1', 'over 0'.

    Example:
        >>> spoken_limits(None, 0, None, 1), spoken_limits(0, None, None, None)
        (['between 0 and 1'], ['from 0', 'up'])
    """
    if over is not None and under is not None:
        return [f"between {over:g} and {under:g}"]
    start = f"over {over:g}" if over is not None else ""
    if least is not None:
        start = f"from {least:g}"
    end = ""
    if most is not None:
        end = f"to {most:g}" if least is not None else f"up to {most:g}"
    elif under is not None:
        end = f"to less than {under:g}" if least is not None else f"less than {under:g}"
    elif least is not None:
        end = "up"
    return [part for part in (start, end) if part]


def flag(word: str, value: object) -> bool:
    """Return true or false.

    Raises:
        ValueError: If `value` is neither: the text 'no' would mean yes.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{word} must be true or false, got {value!r}")
    return value


def choice(word: str, value: Choice, options: Sequence[Choice]) -> Choice:
    """Return one of some options.

    Raises:
        ValueError: If `value` is none of them.

    Example:
        >>> choice("upsample", "nearest", ("bilinear", "nearest"))
        'nearest'
    """
    if value is True or value is False or value not in options:
        spoken = ["null" if option is None else option for option in options]
        named = " or ".join(filter(None, [", ".join(spoken[:-1]), spoken[-1]]))
        raise ValueError(f"{word} must be {named}, got {value!r}")
    return value
