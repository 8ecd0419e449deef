"""The words that were typed: which they are, and what is wrong with them as a whole."""

from collections.abc import Collection
from itertools import accumulate, chain
from typing import Any

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained import check
from untrained.command.own import attribute, drop_words_of_another, taken_words
from untrained.command.word import is_shipped, names_of, suggestion

# Beside the choices, the words that a run is called by.
MAIN_WORDS = ("noise.sigma", "model.width", "model.depth", "optimizer.lr", "steps", "seed")


def typed(hydra: DictConfig | None = None) -> list[str]:
    """Return the words that were typed, as they were: `seed=${noise.seed}` stays so.

    Args:
        hydra: Hydra's own config; that of the run if None.

    Returns:
        The words with their values; none before Hydra has read them.
    """
    if hydra is None and not HydraConfig.initialized():
        return []
    words = (hydra or HydraConfig.get()).overrides.task
    return list(OmegaConf.to_container(words, resolve=False))  # type: ignore[arg-type]


def composed(words: list[str]) -> DictConfig:
    """Return the config of other words, from the folders that this run's is from."""
    hydra = HydraConfig.get().overrides.hydra
    places = [word for word in hydra if word.startswith("hydra.searchpath=")]
    return compose("train", [*places, *words])


def typed_names() -> list[str]:
    """Return the names of the words that were typed, without their values."""
    return [name_of(word) for word in typed()]


def typed_groups() -> set[str]:
    """Return the groups of the words that were typed: `noise` where `noise.sigma=5` was."""
    return {name.partition(".")[0] for name in typed_names()}


def name_of(word: str) -> str:
    """Return the name in a word as it is typed.

    Example:
        >>> name_of("+trainer.max_time=00:01:00:00"), name_of("~callbacks.video")
        ('trainer.max_time', 'callbacks.video')
    """
    return word.lstrip("+~").partition("=")[0]


def asked_for_rules(stopping: Any) -> set[str]:  # noqa: ANN401 - the rules are imported late
    """Return the stopping rules that the user typed, by their settings, alone or as a group.

    Args:
        stopping: The callback of the rules, with the words that it was built of.
    """
    names = typed_names()
    asked = {
        "stopping": stopping.rules,
        "stopping.halt": [stopping.halt],
        "stopping.choose": [stopping.choose],
    }
    rules = set(chain.from_iterable(asked.get(name, ()) for name in names))
    of_rule = [name for name in names if name.startswith("stopping.")]
    return (rules | {name.split(".")[1] for name in of_rule}) & set(stopping.rules)


def asked_for_baselines(baselines: Collection[str]) -> list[str]:
    """Return which of some baselines the user typed: by their words, or all of them as a group.

    Args:
        baselines: The names of the baselines.
    """
    names = typed_names()
    if "baseline" in names:
        return list(baselines)
    parts = [name.split(".")[1] for name in names if name.startswith("baseline.")]
    return [name for name in baselines if name in parts]


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


def typed_values(config: DictConfig) -> dict[str, Any]:
    """Return the words that were typed, with their values, but for those that choose an option."""
    names = set(typed_names()) - set(HydraConfig.get().runtime.choices)
    return {name: value_of(config, name) for name in names}


def value_of(config: DictConfig, name: str) -> Any:  # noqa: ANN401 - whatever was typed
    """Return the value of a word; None where there is none, or where it cannot be resolved.

    Example:
        >>> value_of(OmegaConf.create({"noise": {"sigma": 25}}), "noise.sigma")
        25
    """
    return OmegaConf.select(config, name, throw_on_resolution_failure=False)


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


# What the optimizers and the schedulers of libraries take, which look late or never.
LIMITS: dict[str, dict[str, Any]] = {
    "optimizer.lr": {"over": 0},
    "optimizer.eps": {"over": 0},
    "optimizer.weight_decay": {"least": 0},
    "optimizer.momentum": {"least": 0},
    "scheduler.gamma": {"over": 0},
    "scheduler.factor": {"over": 0, "most": 1},
    "scheduler.eta_min": {"least": 0},
}
COUNTS = {
    "optimizer.max_iter": 1,
    "optimizer.history_size": 1,
    "optimizer.precondition_frequency": 1,
    "scheduler.T_max": 1,
    "scheduler.total_iters": 0,
}


def check_optimizer(config: DictConfig) -> None:
    """Refuse a number of an optimizer or a scheduler that makes no sense: they hardly look.

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
    """Refuse decay rates that are not from 0 to below 1, and milestones that are no steps.

    Raises:
        ValueError: If there are such.
    """
    betas = value_of(config, "optimizer.betas")
    if betas is not None and not OmegaConf.is_list(betas):
        raise ValueError(f"optimizer.betas must be a list of numbers, [0.9,0.999], got {betas!r}")
    for rate in betas or ():
        check.number("optimizer.betas", rate, least=0, under=1)
    milestones = value_of(config, "scheduler.milestones")
    if milestones is not None and not OmegaConf.is_list(milestones):
        raise ValueError(f"scheduler.milestones must be a list of steps, got {milestones!r}")
    for step in milestones or ():
        check.whole("scheduler.milestones", step)


def settle_classes(config: DictConfig) -> None:
    """Drop the words of an option whose class is replaced, where they mean nothing to the other."""
    names = set(typed_names())
    is_replaced = any(name.endswith("_target_") for name in names)
    if is_replaced or chosen_experiment() is not None:
        drop_words_of_another(config, composed(groups_without_experiment()), names)


def chosen_experiment() -> str | None:
    """Return the experiment that was chosen; None where none was."""
    experiment: str | None = HydraConfig.get().runtime.choices.get("experiment")
    return experiment


def choices_typed() -> list[str]:
    """Return the words that were typed which choose an option of a group."""
    groups = HydraConfig.get().runtime.choices
    return [word for word in typed() if name_of(word) in groups and not word.startswith("~")]


# The words of a mask that is drawn.
OF_DRAWN_MASK = {
    "degradation.keep",
    "degradation.each_channel",
    "degradation.acceleration",
    "degradation.center",
    "degradation.pattern",
    "degradation.seed",
}


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


def settle_activation(config: DictConfig) -> None:
    """Take the sigmoid off a network whose image has values below 0, unless it was typed.

    With k-space of the user's own, the image is the real and imaginary parts of the coils.

    Args:
        config: The config, which is changed.
    """
    has_sigmoid = OmegaConf.select(config, "model.activation") == "sigmoid"
    if has_sigmoid and "model.activation" not in typed_names() and has_own_kspace(config):
        with open_dict(config), read_write(config):
            config.model.activation = "none"


def drop_default_image(config: DictConfig, in_memory: bool = False) -> None:
    """Take the default image away where a target of the user's own is all that was typed.

    So is the default noise: none is drawn on that target. An image of the user's own in an
    experiment of theirs stays: the two are a pair.

    Args:
        config: The config, which is changed.
        in_memory: Whether the target is the user's own without a word that says so.

    Raises:
        ValueError: If a word is about an image that is not there.
    """
    has_target = in_memory or OmegaConf.select(config, "target.path") is not None
    if not has_target:
        refuse_words_of(config, "target", "target.path", beside="image")
        return
    changes: dict[str, Any] = {}
    path = OmegaConf.select(config, "image.path")
    is_own = path is not None and not is_shipped(path)
    if {"image", "image.path"}.isdisjoint(typed_names()) and not is_own:
        refuse_words_of(config, "image", "the clean image", beside="target")
        changes["image"] = None
    if {"noise", "experiment"}.isdisjoint(typed_groups()):
        changes["noise"] = {"_target_": "torch.nn.Identity"}
    with open_dict(config), read_write(config):
        config.update(changes)


def refuse_words_of(config: DictConfig, absent: str, owner: str, beside: str) -> None:
    """Refuse the size and the white of a picture that is not there, for the other picture has them.

    Args:
        config: The config.
        absent: The group of the picture that is not there, `image` or `target`.
        owner: What the words of that group are about, for the message.
        beside: The group of the picture that is there.

    Raises:
        ValueError: If one of the two words was typed.
    """
    names = typed_names()
    for word in ("size", "white"):
        if f"{absent}.{word}" in names:
            value = OmegaConf.select(config, f"{absent}.{word}")
            other = f"the {beside}"
            raise ValueError(
                f"{absent}.{word}={value} is for {owner}; {beside}.{word}={value} is for {other}"
            )


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


def groups_without_experiment() -> list[str]:
    """Return the words that choose the option of each group as this run has it, but for experiment.

    A group that takes a list has no choice of its own. All of its options are chosen, so that all
    of their words are known.
    """
    choices = dict(HydraConfig.get().runtime.choices)
    chosen = {group: choice for group, choice in choices.items() if choice is not None}
    loader = GlobalHydra.instance().config_loader()
    for group in sorted(set(loader.list_groups("")) - choices.keys()):
        chosen[group] = f"[{','.join(loader.get_group_options(group))}]"
    words = [f"{group}={choice}" for group, choice in chosen.items()]
    return [word for word in words if not word.startswith(("experiment", "hydra"))]


def spoken(config: DictConfig) -> dict[str, Any]:
    """Return what a person would call the run by: the main choices, and the words typed."""
    names = typed_names()
    groups = {"model", *names}
    if OmegaConf.select(config, "target.path") is None:
        groups |= {"image", "noise"}  # Of a target of the user's own the defaults say nothing.
    choices = HydraConfig.get().runtime.choices
    chosen = {group: choice for group, choice in choices.items() if group in groups}
    values = {word: OmegaConf.select(config, word) for word in (*MAIN_WORDS, *names)}
    plain = {word: value for word, value in values.items() if isinstance(value, str | int | float)}
    return chosen | plain


def added_noise(config: DictConfig) -> str | None:
    """Return a line about the noise that is added to a photo, where no word on noise was typed.

    Args:
        config: The config of the run.

    Returns:
        The line; None where the image is not the user's own, or no noise is added to it: beside a
        target of the user's own nothing is drawn.
    """
    if OmegaConf.select(config, "target.path") is not None:
        return None
    if "image.path" not in typed_names() or "noise" in typed_groups():
        return None
    path = str(OmegaConf.select(config, "image.path"))
    sigma = OmegaConf.select(config, "noise.sigma")
    if is_shipped(path) or sigma == 0:
        return None
    option = HydraConfig.get().runtime.choices["noise"]
    noise = f"noise={option}" if sigma is None else f"noise.sigma={sigma}"
    return (
        f"{noise} was added to {path}, as to a clean image; "
        "if the photo is noisy already, type noise=none"
    )
