"""What is wrong with the words as a whole, before PyTorch is imported to say so."""

from collections.abc import Collection
from itertools import accumulate
from typing import Any

from omegaconf import DictConfig, OmegaConf

from untrained import check
from untrained.command.own import attribute, taken_words
from untrained.command.typed import (
    chosen_experiment,
    composed,
    groups_without_experiment,
    typed,
    typed_names,
    typed_values,
    value_of,
)
from untrained.command.word import names_of, suggestion

# What the classes of libraries take, which look late or never.
LIMITS: dict[str, dict[str, Any]] = {
    "optimizer.lr": {"over": 0},
    "optimizer.eps": {"over": 0},
    "optimizer.weight_decay": {"least": 0},
    "optimizer.momentum": {"least": 0},
    "scheduler.gamma": {"over": 0},
    "scheduler.factor": {"over": 0, "most": 1},
    "scheduler.eta_min": {"least": 0},
    "objective.delta": {"over": 0},
}
COUNTS = {
    "optimizer.max_iter": 1,
    "optimizer.history_size": 1,
    "optimizer.precondition_frequency": 1,
    "scheduler.T_max": 1,
    "scheduler.total_iters": 0,
}
# The words of a mask that is drawn.
OF_DRAWN_MASK = {
    "degradation.keep",
    "degradation.each_channel",
    "degradation.acceleration",
    "degradation.center",
    "degradation.pattern",
    "degradation.seed",
}


def check_groups(config: DictConfig, given: DictConfig) -> None:
    """Refuse a value in the place of a group of words: `target=photo.jpg`.

    Args:
        config: The config of the run.
        given: What `conf/` gives, of the options that were chosen.

    Raises:
        ValueError: If there is one; the words of the group are named.
    """
    values = {
        name: value
        for name, value in typed_values(config).items()
        if value is not None and not OmegaConf.is_config(value)
    }
    names = [name for name in values if not name.startswith("callbacks.")]
    known = names_of(given)
    for name in names:
        words = [word for word in known if word.startswith(f"{name}.") and "_target_" not in word]
        if words:
            raise ValueError(
                f"{name}={values[name]}: it has settings of its own, {', '.join(words)}"
            )


def check_kinds(config: DictConfig, given: DictConfig) -> None:
    """Refuse a text or a truth value in the place of a number, and the other way round.

    What a word takes is known from what `conf/` gives it. So this is said before PyTorch is
    imported, which takes seconds, and of the words of libraries too, which hardly look. Words of
    the Trainer may be of several kinds (`trainer.devices=auto`), and it looks itself.

    Args:
        config: The config of the run.
        given: What `conf/` gives, of the options that were chosen.

    Raises:
        ValueError: If a word that was typed has a value of another kind.
    """
    for name, value in typed_values(config).items():
        if not name.startswith("trainer."):
            check.kind(name, value, like=value_of(given, name))


def check_numbers(config: DictConfig) -> None:
    """Refuse a number of the fit's own that cannot be, before PyTorch is imported to say so.

    Raises:
        ValueError: If there is one.
    """
    for word in ("steps", "fits", "log.every", "checkpoint.every"):
        check.whole(word, OmegaConf.select(config, word))
    check.number("fits", config.fits, most=1000)  # Each is a network, made before the first step.
    check.whole("seed", config.seed, least=0)
    check_optimizer(config)


def check_optimizer(config: DictConfig) -> None:
    """Refuse a number of a library's class that makes no sense: they look late, or never.

    Raises:
        ValueError: If there is one.
    """
    typed_here = typed_values(config)
    for word, limits in LIMITS.items():
        value = value_of(config, word)
        if value is not None:  # An optimizer of the user's own may have other words.
            check.number(word, value, **limits)
    for word, least in COUNTS.items():
        if typed_here.get(word) is not None:
            check.whole(word, typed_here[word], least)
    for word, value in typed_here.items():
        if word.startswith(("optimizer.", "scheduler.")) and isinstance(value, float):
            check.number(word, value)
    check_lists(config)


def check_lists(config: DictConfig) -> None:
    """Refuse decay rates that are not two from 0 to below 1, and milestones that are no steps.

    Raises:
        ValueError: If there are such.
    """
    kind = "a list of two numbers, [0.9,0.999]"
    rates = listed(config, "optimizer.betas", kind)
    for rate in rates:
        check.number("optimizer.betas", rate, least=0, under=1)
    # An optimizer of the user's own may have three.
    is_ours = str(value_of(config, "optimizer._target_")).startswith(("torch.", "untrained."))
    if is_ours and len(rates) != 2 and value_of(config, "optimizer.betas") is not None:
        raise ValueError(f"optimizer.betas must be {kind}, got {rates}")
    for step in listed(config, "scheduler.milestones", "a list of steps"):
        check.whole("scheduler.milestones", step)


def listed(config: DictConfig, word: str, kind: str) -> list[Any]:
    """Return the values of a word that takes a list; none where there is no such word.

    Args:
        config: The config of the run.
        word: The word.
        kind: What the word takes, for the message.

    Raises:
        ValueError: If its value is no list.
    """
    value = value_of(config, word)
    if value is None:
        return []
    if not OmegaConf.is_list(value):
        raise ValueError(f"{word} must be {kind}, got {value!r}")
    return list(value)


def check_mask(config: DictConfig) -> None:
    """Refuse words on a random mask beside a mask file, which leaves them no meaning.

    They have no meaning beside k-space of the user's own either: what is 0 in it is not measured.

    Raises:
        ValueError: If one was typed.
    """
    idle = sorted(OF_DRAWN_MASK & set(typed_names()))
    if not idle or "mask" not in (value_of(config, "degradation") or {}):
        return
    mask = OmegaConf.select(config, "degradation.mask")
    if mask is not None:
        raise ValueError(
            f"{idle[0]} is for a random mask, and degradation.mask={mask} is a file; "
            "degradation.mask=null draws a random mask"
        )
    if has_own_kspace(config):
        raise ValueError(
            f"{idle[0]} is for a simulated mask; in your own k-space, values of 0 are not "
            "measured, and degradation.mask=mask.npy removes more of them"
        )


def has_own_kspace(config: DictConfig) -> bool:
    """Whether the target is k-space of the user's own, as the class of the degradation says."""
    if OmegaConf.select(config, "target.path") is None:
        return False
    return bool(attribute(str(value_of(config, "degradation._target_")), "is_kspace"))


def check_experiment(config: DictConfig) -> None:
    """Refuse a word that only the experiment file knows: Hydra adds it without a sound.

    Raises:
        ValueError: If there is one; the nearest known word is suggested.
    """
    experiment = chosen_experiment()
    if experiment is None:
        return
    added = [word for word in typed() if word.startswith("+")]
    known = names_of(composed([*groups_without_experiment(), *added]))
    written = names_of(config)
    unknown = [word for word in written if word not in known and not is_of_class(word, written)]
    for word in unknown:
        taken = words_taken_beside(config, word)
        if word not in taken and taken != ["*"]:
            near = suggestion(word, [*known, *taken])
            raise ValueError(f"{word} in experiment={experiment} is not a setting{near}")


def is_of_class(word: str, written: Collection[str]) -> bool:
    """Whether a word is of a class that has a name of its own in its group.

    A callback, a logger or a rule of the user's own is of this kind.

    Args:
        word: The word.
        written: All words of the config.

    Example:
        >>> written = ["callbacks.mine._target_", "callbacks.mine.every", "optimizer._target_"]
        >>> is_of_class("callbacks.mine.every", written), is_of_class("optimizer.betas", written)
        (True, False)
    """
    groups = accumulate(word.split("."), "{}.{}".format)
    next(groups)  # The class of a whole group has no name of its own.
    return any(f"{group}._target_" in written for group in groups)


def words_taken_beside(config: DictConfig, word: str) -> list[str]:
    """Return the words that the class of a word's group takes; `*` where it takes any.

    A class says itself which words it takes: `trainer.gradient_clip_val`.

    Example:
        >>> config = OmegaConf.create({"noise": {"_target_": "untrained.noise.gaussian.Gaussian"}})
        >>> sorted(words_taken_beside(config, "noise.sigam"))
        ['noise.clip', 'noise.each_channel', 'noise.seed', 'noise.sigma']
    """
    group = word.rpartition(".")[0]
    target = OmegaConf.select(config, f"{group}._target_") if group else None
    if target is None:
        return []
    taken = taken_words(target)
    return ["*"] if taken is None else [f"{group}.{each}" for each in taken]
