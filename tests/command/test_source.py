"""What is read off the file of a class is what the class itself says."""

import re
import subprocess
import sys

import pytest
import yaml
from hydra.utils import get_class
from omegaconf import OmegaConf

from untrained.command.early import build
from untrained.command.source import OURS, attribute, check_value
from untrained.command.vocabulary import CONF, option_files

VALUES = (-1, 0, 1, 2, 0.5, 1.5, 1000, True, "nope", [1, 2], [0])
LISTS = ("stopping", "baseline", "penalty")


def plain(words):
    """Return the words of an option, with a number in the place of what another word says."""
    found = {name: each for name, each in words.items() if name != "defaults"}
    return {name: 3 if re.search(r"\$\{|\?", str(each)) else each for name, each in found.items()}


def ours():
    """Return the group and the words of each option whose class is ours."""
    found = []
    for path in option_files():
        words = yaml.safe_load(path.read_text())
        group = path.parent.relative_to(CONF).as_posix()
        groups = {group: words}
        if group in LISTS:
            groups = {f"{group}.{name}": each for name, each in words.items()}
        for place, each in groups.items():
            target = str(each.get("_target_")) if isinstance(each, dict) else ""
            if target.startswith(OURS) and not target.startswith("untrained.image"):
                found.append(pytest.param(place, plain(each), id=f"{group} {path.stem}"))
    return found


def refused_by_class(group, words):
    """Return what the class says of some words; None where it takes them."""
    try:
        build(group, OmegaConf.create(words))
    except Exception as error:
        return str(error.__cause__ or error)
    return None


def refused_by_file(place, words, word):
    """Return what the file of the class says; None where it says nothing."""
    try:
        check_value(words["_target_"], f"{place}.{word}", words)
    except ValueError as error:
        return str(error).removeprefix(f"{place}.")
    return None


@pytest.mark.parametrize(("place", "words"), ours())
def test_what_the_file_refuses_the_class_refuses_in_the_same_words(place, words):
    for word in [each for each in words if not each.startswith("_")]:
        for value in VALUES:
            changed = words | {word: value}
            said = refused_by_file(place, changed, word)
            if said is not None:
                assert refused_by_class(place, changed) == said


def test_most_numbers_of_ours_are_checked_by_the_file_alone():
    refused, every = [], []
    for parameter in ours():
        place, words = parameter.values
        for word, value in words.items():
            if isinstance(value, int | float):
                every.append(f"{place}.{word}")
                if refused_by_file(place, words | {word: "nope"}, word):
                    refused.append(every[-1])
    assert len(refused) > 0.8 * len(every), sorted(set(every) - set(refused))


def test_an_attribute_of_a_degradation_is_that_of_its_class():
    for path in (CONF / "degradation").glob("*.yaml"):
        target = yaml.safe_load(path.read_text())["_target_"]
        for name in ("is_picture", "is_kspace"):
            assert attribute(target, name) == getattr(get_class(target), name)


def test_a_refusal_needs_no_pytorch():
    code = "import untrained.command.job, untrained.image, untrained.tile, sys; "
    code += "print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout == "False\n"
