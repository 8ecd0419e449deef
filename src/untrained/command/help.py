"""What `--help` lists: each word, its value, and one line of what it is."""

import re
from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf

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
# What the group itself says.
HIDDEN = ("accelerator.name",)


def word_list(_root_: DictConfig) -> str:
    """Return the lines of help: the words of `train.yaml`, then each group with its words.

    What a word is, its comment in `conf/` says.
    """
    lines = [*lines_of_fit(_root_)]
    for group in groups():
        lines += lines_of_group(_root_, group)
    return "\n".join(lines).replace("$", "$$")  # Hydra takes it for a template.


def groups() -> list[str]:
    """Return the groups with options of their own, in the order of the alphabet."""
    folders = {path.parent.relative_to(CONF).as_posix() for path in option_files()}
    return sorted([*folders, "experiment", "recipe"])


def lines_of_fit(root: DictConfig) -> Iterator[str]:
    """Yield a line for each word of `train.yaml`; those of a group stand with the group."""
    for word in vocabulary():
        if word.option or word.name.partition(".")[0] in groups():
            continue
        value = OmegaConf.select(root, word.name, throw_on_missing=False)
        if not OmegaConf.is_config(value):
            yield line(word.name, value, word.about or about_group(word.name))


def about_group(name: str) -> str:
    """Return what the comment on the group of a word says."""
    group = name.rpartition(".")[0]
    return next((word.about for word in vocabulary() if word.name == group), "")


def lines_of_group(root: DictConfig, group: str) -> Iterator[str]:
    """Yield the options of a group, and a line for each word of the one that is chosen."""
    choices: Any = root.hydra.runtime.choices
    chosen = choices.get(group)
    node = OmegaConf.select(root, group.replace("/", "."), throw_on_resolution_failure=False)
    known, named = options(group), [chosen]
    if chosen is None and OmegaConf.is_config(node):  # A group that takes a list.
        named = [name for name in known if name in node]
        chosen = f"[{','.join(named)}]"
    others = ", ".join(name for name in known if name not in named)
    told = [f"or {others}" if others else "", headline(group, str(chosen))]
    yield line(group, chosen, "; ".join(filter(None, told)))
    if OmegaConf.is_dict(node) and "/" not in group:
        yield from lines_below(root, node, group, str(chosen))


def lines_below(root: DictConfig, node: DictConfig, group: str, chosen: str) -> Iterator[str]:
    """Yield a line for each word of a group, and of the groups in it."""
    for key in node:
        name = f"{group}.{key!s}"
        value = OmegaConf.select(root, name, throw_on_missing=False)
        if str(key).startswith("_") or name in HIDDEN or is_copy(node, str(key)):
            continue
        if OmegaConf.is_dict(value):
            yield from lines_below(root, value, name, chosen)
        else:
            yield line(f"  {name}", value, about(name, f"{group}={chosen}"))


def is_copy(node: DictConfig, key: str) -> bool:
    """Whether a word has its value from another word that is called so: `every: ${log.every}`."""
    written: Any = OmegaConf.to_container(node, resolve=False)
    return bool(re.fullmatch(rf"\$\{{([\w.]+\.)?{key}\}}", str(written[key])))


def about(name: str, option: str) -> str:
    """Return what the comment on a word says: that of its option, else of another one."""
    told = {word.option: word.about for word in vocabulary() if word.name == name and word.about}
    return told.get(option) or next(iter(told.values()), "")


def line(name: str, value: object, told: str) -> str:
    """Return one line of help, as wide as a screen at most."""
    start = name + "=" + spoken(value)
    whole = f"{start:<{COLUMN}}  {told}".rstrip()
    return whole if len(whole) <= WIDTH else f"{whole[: WIDTH - 4].rsplit(' ', 1)[0]} ..."


def spoken(value: object) -> str:
    """Return a value as it is typed."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    plain: Any = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
    return str(plain).replace(", ", ",")
