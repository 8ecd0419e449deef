"""What a word may be: each check returns the value, or refuses it in a line about the word."""

import difflib
import math
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard, TypeVar, cast

Choice = TypeVar("Choice", str, str | None)

COMPARISONS = {
    "least": operator.ge,
    "over": operator.gt,
    "most": operator.le,
    "under": operator.lt,
}
# What is said of a number by the limits that it has.
PHRASES = {
    (): "a number",
    ("least",): "a number from {least:g} up",
    ("over",): "a number over {over:g}",
    ("most",): "a number up to {most:g}",
    ("under",): "a number less than {under:g}",
    ("least", "most"): "a number from {least:g} to {most:g}",
    ("least", "under"): "a number from {least:g} to less than {under:g}",
    ("over", "most"): "a number over {over:g} up to {most:g}",
    ("over", "under"): "a number between {over:g} and {under:g}",
}


def whole(word: str, value: object, least: int = 1, most: int | None = None) -> int:
    """Return a whole number from `least` up, or to `most` where there is such a limit.

    Raises:
        ValueError: If `value` is anything else; true and false are no numbers.

    Example:
        >>> whole("steps", 100)
        100
    """
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    greatest = math.inf if most is None else most
    if is_whole and least <= cast(int, value) <= greatest:
        return cast(int, value)
    limits = f"from {least} up" if most is None else f"from {least} to {most}"
    raise ValueError(f"{word} must be a whole number {limits}, got {value!r}")


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
    every = {"least": least, "over": over, "most": most, "under": under}
    limits = {name: limit for name, limit in every.items() if limit is not None}
    if is_finite(value) and all(COMPARISONS[name](value, limits[name]) for name in limits):
        return value
    allowed = PHRASES[tuple(limits)].format(**limits)
    if unit:
        allowed = f"{allowed}, {unit}"
    raise ValueError(f"{word} must be {allowed}, got {value!r}")


def positive_or_null(word: str, value: object) -> float | None:
    """Return a number over 0, or None as it is.

    Raises:
        ValueError: If `value` is anything else.

    Example:
        >>> positive_or_null("sigma", 25), positive_or_null("sigma", None)
        (25, None)
    """
    return None if value is None else number(word, value, over=0)


def is_finite(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; true and false are none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(cast(float, value))


def flag(word: str, value: object) -> bool:
    """Return true or false.

    Raises:
        ValueError: If `value` is neither: the text 'no' would mean yes.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{word} must be true or false, got {value!r}")
    return value


def absence(path: Path) -> str:
    """Return why there is no file to read, and which one may be meant."""
    if path.exists():
        return "is a folder" if path.is_dir() else "is not a file"
    names = {each.name for each in path.parent.glob("*")}
    names.discard(path.name)  # The name of a link that leads nowhere.
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"does not exist; did you mean {near[0]!r}?" if near else "does not exist"


def spoken_shape(shape: Sequence[int]) -> str:
    """Return a shape in words.

    Example:
        >>> spoken_shape((30, 256)), spoken_shape(())
        ('30 x 256', 'a single number')
    """
    return " x ".join(map(str, shape)) or "a single number"


def kind(word: str, value: object, like: object) -> None:
    """Refuse a value of another kind than the one that a word has by itself.

    Raises:
        ValueError: If `like` is true or false and the value is not, or `like` is a number and the
            value is true, false or a text.
    """
    if isinstance(like, bool):
        flag(word, value)
    elif isinstance(like, int | float) and isinstance(value, bool | str):
        raise ValueError(f"{word} must be a number, got {value!r}")


def choice(word: str, value: Choice, options: Sequence[Choice]) -> Choice:
    """Return one of some options.

    Raises:
        ValueError: If `value` is none of them.

    Example:
        >>> choice("upsample", "nearest", ("bilinear", "nearest"))
        'nearest'
    """
    if isinstance(value, bool) or value not in options:
        *others, last = [option or "null" for option in options]
        named = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"{word} must be {named}, got {value!r}")
    return value


def one_a_scale(word: str, value: int | Sequence[int], depth: int, least: int = 1) -> list[int]:
    """Return one number a scale, finest first, of one number for all or a list.

    Args:
        word: What the user typed.
        value: One number for all scales, or a list.
        depth: Number of scales.
        least: The smallest number that is allowed.

    Raises:
        ValueError: If a list is not as long as `depth`, a number is below `least`, or `depth` is no
            depth.

    Example:
        >>> one_a_scale("width", 16, depth=3), one_a_scale("width", [8, 16], depth=2)
        ([16, 16, 16], [8, 16])
    """
    whole("depth", depth)
    values = [value] * depth if isinstance(value, int) else value
    if isinstance(values, str) or not isinstance(values, Sequence) or len(values) != depth:
        raise ValueError(f"{word} must be a number or a list of depth = {depth}, got {value!r}")
    return [whole(word, number, least) for number in values]
