"""A number that cannot be is refused in a line with its word, before the machine is made ready."""

import re

import pytest

from untrained.command import fit
from untrained.command.vocabulary import options, vocabulary

# Of the other groups, each class has a test of its own.
GROUPS = ("stopping", "optimizer", "penalty", "baseline", "degradation", "refinement", "scheduler")
LISTS = ("stopping", "baseline", "penalty")
# Of these, another word is needed first.
UNREADY = {"stopping=pure"}


def numbers():
    """Return a word of each option that takes a number, and every such word of the libraries."""
    found = {}
    for word in vocabulary():
        group, _, option = word.option.partition("=")
        is_number = re.fullmatch(r"[-.\de]+", word.value)
        if not is_number or group not in GROUPS or option not in options(group):
            continue
        key = word.name if group in ("optimizer", "scheduler") else word.option
        found.setdefault((key, word.option), word)
    return [word for word in found.values() if word.option not in UNREADY]


@pytest.mark.parametrize("word", numbers(), ids=lambda word: f"{word.option} {word.name}")
def test_a_number_that_is_none_is_refused_with_its_word(word, run, monkeypatch):
    monkeypatch.setattr(fit, "prepare_machine", lambda _: pytest.fail("it is let through"))
    group, _, option = word.option.partition("=")
    chosen = f"{group}=[{option}]" if group in LISTS else word.option
    code, _, err = run(chosen, f"{word.name}=nan")
    assert code == 1
    assert re.fullmatch(rf".*{word.name.rpartition('.')[2]}.* nan\n", err), err


@pytest.mark.parametrize("word", ["optimizer.weight_decay=inf", "optimizer=adam optimizer.eps=0"])
def test_a_number_that_makes_every_weight_nan_is_refused(word, run):
    name, _, value = word.split()[-1].partition("=")
    code, _, err = run(*word.split())
    assert code == 1
    assert err.startswith(f"{name} must be a number")
    assert err.endswith(f"got {value}\n")
