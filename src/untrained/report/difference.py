"""In which words runs differ, and what they are called by them."""

from collections.abc import Iterable

from untrained.record.run import Record

SEEDS = ("seed", "noise.seed", "latent.seed", "degradation.seed")


def swept(records: Iterable[Record]) -> list[str]:
    """Name the words in which runs differ, in the order in which they were typed."""
    runs = list(records)
    typed = list(dict.fromkeys(word for run in runs for word in run.words))
    return [word for word in typed if len({run.value(word) for run in runs}) > 1]


def name(record: Record, words: Iterable[str]) -> str:
    """Name a run by the words in which it differs: `DIP lr=0.1` of model and optimizer.lr."""
    parts = [(word, record.value(word)) for word in words if record.value(word)]
    return " ".join(short(word, value) for word, value in parts) or record.folder.name


def short(word: str, value: str) -> str:
    """Shorten one word for a figure.

    Example:
        >>> short("model", "dip"), short("optimizer.lr", "0.1"), short("noise.seed", "1")
        ('DIP', 'lr=0.1', 'noise.seed=1')
    """
    if word == "model":
        return value.upper()
    return f"{word if word in SEEDS else word.rpartition('.')[2]}={value}"
