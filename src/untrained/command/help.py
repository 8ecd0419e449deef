"""The text of `--help`: each setting, its value, and one line about it."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from omegaconf import Container, DictConfig, OmegaConf

from untrained.command.vocabulary import (
    CONF,
    headline,
    option_files,
    options,
    vocabulary,
)

WIDTH = 120
# Where the comment begins; a longer word shifts it.
COLUMN = 44
FOLDER = "${hydra:runtime.output_dir}"
# What the group itself says.
HIDDEN = ("accelerator.name",)


def word_list(_root_: DictConfig) -> str:
    """Return the lines of help: the words of `train.yaml`, then each group with its words.

    What a word is, its comment in `conf/` says.
    """
    of_groups = chain.from_iterable(lines_of_group(_root_, group) for group in groups())
    lines = chain(lines_of_fit(_root_), of_groups)
    return "\n".join(lines).replace("$", "$$")  # Hydra takes it for a template.


def groups() -> list[str]:
    """Return the groups with options of their own, in the order of the alphabet."""
    folders = {path.parent.relative_to(CONF).as_posix() for path in option_files()}
    return sorted([*folders, "experiment", "recipe"])


def lines_of_fit(root: DictConfig) -> Iterator[str]:
    """Yield a line for each word of `train.yaml`; those of a group stand with the group."""
    words = {word.name: word for word in vocabulary() if not word.option}
    grouped = set(groups())
    for name, word in words.items():
        value = OmegaConf.select(root, name, throw_on_missing=False)
        is_group = OmegaConf.is_config(value)
        if not is_group and name.partition(".")[0] not in grouped:
            group = words.get(name.rpartition(".")[0], word)
            yield line(name, value, word.about or group.about)


def lines_of_group(root: DictConfig, group: str) -> Iterator[str]:
    """Yield the options of a group, and a line for each word of the one that is chosen."""
    choices: Any = root.hydra.runtime.choices
    chosen = choices.get(group)
    node = OmegaConf.select(root, group.replace("/", "."), throw_on_resolution_failure=False)
    known, named = options(group), [chosen]
    if chosen is None and OmegaConf.is_config(node):  # A group that takes a list.
        named = [name for name in known if name in node]
        chosen = f"[{','.join(named)}]"
    others = [name for name in known if name not in named]
    yield line(group, chosen, told_of_group(others, headline(group, str(chosen))))
    if OmegaConf.is_dict(node) and "/" not in group:
        yield from lines_below(root, node, group, str(chosen))


def told_of_group(others: Sequence[str], said: str) -> str:
    """Return what is said of a group: its other options, and what the chosen one is.

    Example:
        >>> told_of_group(["dip", "mine"], "the Deep Decoder")
        'or dip, mine; the Deep Decoder'
    """
    if not others:
        return said
    alternatives = f"or {', '.join(others)}"
    return f"{alternatives}; {said}" if said else alternatives


def lines_below(root: DictConfig, node: DictConfig, group: str, chosen: str) -> Iterator[str]:
    """Yield a line for each word of a group, and of the groups in it."""
    written: Any = OmegaConf.to_container(node, resolve=False)
    for key in written:
        name = f"{group}.{key}"
        if is_hidden(name, written[key]):
            continue
        value = OmegaConf.select(root, name, throw_on_missing=False)
        template = written[key]
        if isinstance(template, str) and FOLDER in template:  # Without a run it is None.
            value = template.replace(FOLDER, "RUN")
        if OmegaConf.is_dict(value):
            yield from lines_below(root, value, name, chosen)
        else:
            yield line(f"  {name}", value, about(name, f"{group}={chosen}"))


def is_hidden(name: str, written: object) -> bool:
    """Whether help leaves a word out: a class, or a copy of another word that is called the same.

    Args:
        name: The word.
        written: Its value as it is written.

    Example:
        >>> is_hidden("model._target_", "mynet.MyNet"), is_hidden("noise.sigma", 25)
        (True, False)
        >>> is_hidden("callbacks.curve.every", "${log.every}")
        True
    """
    last = name.rpartition(".")[2]
    is_copy = re.fullmatch(rf"\$\{{([\w.]+\.)?{last}\}}", str(written))
    return bool(is_copy) or name in HIDDEN or last.startswith("_")


def about(name: str, option: str) -> str:
    """Return what the comment on a word says: that of its option, else of another one."""
    words = [word for word in vocabulary() if word.name == name]
    told = {word.option: word.about for word in words if word.about}
    return told.get(option) or next(iter(told.values()), "")


def line(name: str, value: object, told: str) -> str:
    """Return one line of help, as wide as a screen at most.

    Args:
        name: The word.
        value: Its value.
        told: What the word is.
    """
    start = f"{name}={spoken(value)}"
    whole = f"{start:<{COLUMN}}  {told}".rstrip()
    if len(whole) <= WIDTH:
        return whole
    cut = whole[: WIDTH - 4].rpartition(" ")[0]
    return f"{cut} ..."


def spoken(value: object) -> str:
    """Return a value as it is typed.

    Example:
        >>> spoken(None), spoken(True), spoken([64, 48])
        ('null', 'true', '[64,48]')
    """
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Container():
            return str(OmegaConf.to_container(value)).replace(", ", ",")
    return str(value).replace(", ", ",")
