"""In which words runs differ, and what they are called by them."""

from collections.abc import Iterable

from untrained.record.run import Record

SEEDS = ("seed", "noise.seed", "latent.seed", "degradation.seed")
# Words whose last part alone may be of another group.
WHOLE = (*SEEDS, "image.path", "image.size", "target.path", "target.size")


def swept(records: Iterable[Record]) -> list[str]:
    """Return the words in which runs differ, in the order in which they were typed."""
    runs = list(records)
    typed = list(dict.fromkeys(word for run in runs for word in run.words))
    return [word for word in typed if len({run.value(word) for run in runs}) > 1]


def follows(word: str, other: str, records: Iterable[Record]) -> bool:
    """Whether a word that some runs do not have is known by the value of one that all have.

    So does `degradation.factor` follow `degradation` where one kind of run alone has a factor.
    """
    values: dict[str, set[str]] = {}
    for run in records:
        values.setdefault(run.value(other), set()).add(run.value(word))
    is_known = "" not in values and all(len(found) == 1 for found in values.values())
    return is_known and {""} in values.values()


def name(record: Record, words: Iterable[str]) -> str:
    """Return a run's name by words in which it differs: `DIP lr=0.1` of model and optimizer.lr."""
    parts = [(word, record.value(word)) for word in words if record.value(word)]
    return " ".join(short(word, value) for word, value in parts) or record.folder.name


def short(word: str, value: str) -> str:
    """Return one word with its value as a figure says it.

    Example:
        >>> short("model", "dip"), short("optimizer.lr", "0.1"), short("noise.seed", "1")
        ('DIP', 'lr=0.1', 'noise.seed=1')
    """
    if word == "model":
        return value.upper()
    return f"{word if word in WHOLE else word.rpartition('.')[2]}={value}"
