"""In which words runs differ, and what they are called by them."""

from collections.abc import Iterable

from untrained.record.run import Record
from untrained.record.tree import names_of

SEEDS = ("seed", "noise.seed", "latent.seed", "degradation.seed")
# Words whose last part alone may be of another group.
WHOLE = (*SEEDS, "image.path", "image.size", "target.path", "target.size")


def swept(records: Iterable[Record]) -> list[str]:
    """Return the words in which runs differ, in the order in which they were typed."""
    runs = list(records)
    typed = names_of(run.words for run in runs)
    return [word for word in typed if len({run.value(word) for run in runs}) > 1]


def follows(word: str, other: str, records: Iterable[Record]) -> bool:
    """Whether a word that some runs do not have is known by the value of one that all have.

    `degradation.factor` follows `degradation` where one kind of run alone has a factor.
    """
    pairs = {(run.value(other), run.value(word)) for run in records}
    known = dict(pairs)
    has_one_value_each = len(known) == len(pairs)
    return has_one_value_each and "" not in known and "" in known.values()


def run_name(record: Record, words: Iterable[str]) -> str:
    """Return a run's name by words in which it differs: `DIP lr=0.1` of model and optimizer.lr."""
    parts = [spoken_word(word, record.value(word)) for word in words if record.value(word)]
    return " ".join(parts) or record.folder.name


def spoken_word(word: str, value: str) -> str:
    """Return one word with its value as a figure says it.

    Example:
        >>> spoken_word("model", "dip"), spoken_word("optimizer.lr", "0.1")
        ('DIP', 'lr=0.1')
        >>> spoken_word("noise.seed", "1")
        'noise.seed=1'
    """
    if word == "model":
        return value.upper()
    return f"{word if word in WHOLE else word.rpartition('.')[2]}={value}"
