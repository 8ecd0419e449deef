"""Choose which swept setting makes the panels of the comparison, and which the lines."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from untrained.figure import Band, Panel
from untrained.figure.series import best, main_column, until
from untrained.record.curve import STEP, column
from untrained.record.run import Record
from untrained.report.difference import SEEDS, follows, spoken_word, swept
from untrained.report.series import series_of
from untrained.report.target import level_of, view_of

OBSERVATION = ("noise", "image", "degradation")  # they change the target


class Layout(NamedTuple):
    """The words of a comparison; empty where none is needed.

    Args:
        rows: One row of panels for each of its values.
        columns: One column of panels for each of its values.
        colour: One line for each of its values.
        over: The words over whose values the mean and the range are taken.
    """

    rows: str
    columns: str
    colour: str
    over: list[str]


def layout(
    records: Sequence[Record], rows: str = "", columns: str = "", colour: str = ""
) -> Layout:
    """Choose the words of a comparison from what was swept; those that are given stay.

    Lines are coloured by the model, where it was swept. Columns are a word that changes the target,
    and rows a word that is left. The mean is over the seeds, and over each word without a place.

    Raises:
        ValueError: If a word that is given does not differ between the runs.
    """
    differing = swept(records)
    given = {"rows": rows, "columns": columns, "colour": colour}
    check_given(given, differing)
    led = [word for word in differing if has_leader(word, differing, records)]
    words = without(differing, set(led) - set(given.values()))
    free = without(words, {*SEEDS, *given.values()})
    of_target = [word for word in free if word.partition(".")[0] in OBSERVATION]
    others = without(free, of_target)
    # The model's own words before any other, the target's last.
    colour = colour or take(free, ["model", *others])
    columns = columns or take(free, [*of_target, *free])
    rows = rows or take(free, [*of_target, *free])
    colour = colour or take(free, free)
    return Layout(rows, columns, colour, without(words, {rows, columns, colour}))


def check_given(given: Mapping[str, str], differing: Sequence[str]) -> None:
    """Refuse a word for the panels or the lines that is the same in all runs.

    Args:
        given: The word that was typed for each option; empty where none was.
        differing: The words that differ between the runs.

    Raises:
        ValueError: If there is one; the words that differ are named.
    """
    for option, word in given.items():
        if word not in ("", *differing):
            known = ", ".join(differing) or "none"
            told = f"--{option} {word} does not differ between the runs"
            raise ValueError(f"{told}; these do: {known}")


def without(words: Iterable[str], others: Collection[str]) -> list[str]:
    """Return the words that are none of the others, in their order.

    Example:
        >>> without(["model", "seed", "noise.sigma"], {"seed"})
        ['model', 'noise.sigma']
    """
    return [word for word in words if word not in others]


def take(free: list[str], wished: Iterable[str]) -> str:
    """Remove the first wished word from the free ones, and return it; empty where none is free.

    Example:
        >>> free = ["model", "noise.sigma"]
        >>> take(free, ["stopping", "model"]), free
        ('model', ['noise.sigma'])
    """
    for word in wished:
        if word in free:
            free.remove(word)
            return word
    return ""


def has_leader(word: str, words: Sequence[str], records: Sequence[Record]) -> bool:
    """Whether a word follows another one of the words, which says all that it does."""
    return any(other != word and follows(word, other, records) for other in words)


def panels(records: Sequence[Record], chosen: Layout) -> list[list[Panel]]:
    """Return the panels of the comparison, row by row."""
    measured = [record for record in records if record.curve[STEP]]
    lines = values(measured, chosen.colour)
    found = []
    for row in values(measured, chosen.rows):
        columns = values(measured, chosen.columns)
        places = [{chosen.rows: row, chosen.columns: value} for value in columns]
        found.append([panel(measured, words, chosen.colour, lines) for words in places])
    return found


def values(records: Sequence[Record], word: str) -> list[str]:
    """Return the values of a word, numbers by size; one empty value where there is no word."""
    found = list(dict.fromkeys(record.value(word) for record in records))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def matching(records: Sequence[Record], words: Mapping[str, str]) -> list[Record]:
    """Return the runs that have these values of words; the value of no word is empty."""
    wanted = list(words.values())
    return [record for record in records if list(map(record.value, words)) == wanted]


def panel(
    records: Sequence[Record], words: Mapping[str, str], colour: str, lines: Sequence[str]
) -> Panel:
    """Return the panel of the runs that have some values of words.

    It has a line for each value of the word `colour`, in the same colours everywhere.

    Args:
        records: The runs.
        words: The words that make the panels, with their values in this one.
        colour: The word that makes the lines.
        lines: Its values.
    """
    title = ", ".join(spoken_word(word, value) for word, value in words.items() if value)
    shown = matching(records, words)
    bands = [band(matching(shown, {colour: value}), colour, value) for value in lines]
    levels = [level for level in map(level_of, shown) if level is not None]
    views = set(map(view_of, shown))
    if len(views) > 1 or not levels:  # One level says nothing of targets of several kinds.
        return Panel(title, bands, None)
    return Panel(title, bands, float(np.mean(levels)), views.pop())


def band(records: Sequence[Record], colour: str, value: str) -> Band:
    """Return the mean and the range of the runs of one line, at every step that any of them has.

    Args:
        records: The runs.
        colour: The word that makes the lines; empty where there is one line.
        value: Its value in these runs.
    """
    runs = list(map(series_of, records))
    main = column("psnr", main_column(runs))
    points = np.hstack([np.empty((2, 0)), *(until(run, main, np.inf) for run in runs)])
    order = points[0].argsort(kind="stable")
    steps, starts, counts = np.unique(points[0, order], return_index=True, return_counts=True)
    psnr = points[1, order]  # The values of one step are neighbours, from its start on.
    return Band(
        name=spoken_word(colour, value) if colour else "",
        steps=steps,
        mean=np.add.reduceat(psnr, starts) / counts,
        low=np.minimum.reduceat(psnr, starts),
        high=np.maximum.reduceat(psnr, starts),
        peaks=list(filter(None, map(best, runs))),
        stops=list(filter(None, map(default_stop, records))),
        fits=len(runs),
    )


def default_stop(record: Record) -> tuple[float, float] | None:
    """Return the step and the PSNR in dB of the default stopping rule's image, where known."""
    _, rule = record.default_rule()
    step, psnr = rule.get("step"), rule.get("psnr")
    if isinstance(step, int) and isinstance(psnr, int | float):
        return float(step), float(psnr)
    return None
