"""The words that were typed: which they are, with their values, and the choices beside them."""

from collections.abc import Collection
from itertools import chain
from typing import Any

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

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


def chosen_experiment() -> str | None:
    """Return the experiment that was chosen; None where none was."""
    experiment: str | None = HydraConfig.get().runtime.choices.get("experiment")
    return experiment


def choices_typed() -> list[str]:
    """Return the words that were typed which choose an option of a group."""
    groups = HydraConfig.get().runtime.choices
    return [word for word in typed() if name_of(word) in groups and not word.startswith("~")]


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
