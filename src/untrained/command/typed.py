"""The words that were typed: which they are, and what is wrong with them as a whole."""

from itertools import chain
from typing import Any, cast

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained.command.word import names_of, skimage, suggestion


def typed(hydra: DictConfig | None = None) -> list[str]:
    """Return the words that were typed, as they were: `seed=${noise.seed}` stays so.

    Args:
        hydra: Hydra's own config; that of the run if None.
    """
    words = (hydra or HydraConfig.get()).overrides.task
    return list(OmegaConf.to_container(words, resolve=False))  # type: ignore[arg-type]


def typed_names() -> list[str]:
    """Return the names of the words that were typed, without their values."""
    return [name_of(word) for word in typed()]


def typed_groups() -> set[str]:
    """Return the groups of the words that were typed."""
    return {name.partition(".")[0] for name in typed_names()}


def name_of(word: str) -> str:
    """Return the name in a word as it is typed.

    Example:
        >>> name_of("+trainer.max_time=00:01:00:00"), name_of("~callbacks.video")
        ('trainer.max_time', 'callbacks.video')
    """
    return word.lstrip("+~").partition("=")[0]


def asked_for_rules(stopping: Any) -> set[str]:  # noqa: ANN401 - the rules are imported late
    """Return the stopping rules that the user typed, alone or as a group."""
    asked = {
        "stopping": stopping.rules,
        "stopping.halt": [stopping.halt],
        "stopping.choose": [stopping.choose],
    }
    rules = set(chain.from_iterable(asked.get(name, ()) for name in typed_names()))
    return rules - {None}


def check_groups(config: DictConfig) -> None:
    """Refuse a value in the place of a group of words: `target=photo.jpg`.

    Raises:
        ValueError: If there is one; the words of the group are named.
    """
    for name in set(typed_names()) - set(HydraConfig.get().runtime.choices):
        value = OmegaConf.select(config, name, throw_on_resolution_failure=False)
        if "." in name or value is None or OmegaConf.is_config(value):
            continue
        known = names_of(main_file())
        words = [word for word in known if word.startswith(f"{name}.") and "_target_" not in word]
        if words:
            raise ValueError(f"{name}={value}: it has words of its own, {', '.join(words)}")


def main_file() -> DictConfig:
    """Return `train.yaml` as it is written, which takes no time beside composing all of `conf/`."""
    name = str(HydraConfig.get().job.config_name)
    sources = GlobalHydra.instance().config_loader().get_sources()
    source = next(each for each in sources if each.is_config(name))
    return cast(DictConfig, source.load_config(name).config)


def check_mask(config: DictConfig) -> None:
    """Refuse words on a random mask beside a mask file, which leaves them no meaning.

    Raises:
        ValueError: If one was typed.
    """
    mask = OmegaConf.select(config, "degradation.mask")
    words = {"degradation.keep", "degradation.each_channel", "degradation.seed"}
    idle = sorted(words & set(typed_names()))
    if mask is not None and idle:
        raise ValueError(
            f"{idle[0]} is of a random mask, and degradation.mask={mask} is a file; "
            "degradation.mask=null draws one"
        )


def drop_default_image(config: DictConfig) -> None:
    """Take the default image away where a target of the user's own is all that was typed.

    So is the default noise: none is drawn on that target.

    Raises:
        ValueError: If a word is about an image that is not there.
    """
    names = set(typed_names())
    if OmegaConf.select(config, "target.path") is None:
        if "target.size" in names:
            size = OmegaConf.select(config, "target.size")
            raise ValueError(
                f"target.size={size} is of target.path; image.size={size} is of the image"
            )
        return
    changes: dict[str, Any] = {}
    if names.isdisjoint({"image", "image.path"}):
        changes["image"] = None
        if "image.size" in names:
            size = OmegaConf.select(config, "image.size")
            raise ValueError(
                f"image.size={size} is of the clean image; target.size={size} is of the target"
            )
    if typed_groups().isdisjoint({"noise", "experiment"}):
        changes["noise"] = {"_target_": "torch.nn.Identity"}
    with open_dict(config), read_write(config):
        config.update(changes)


def check_experiment(config: DictConfig) -> None:
    """Refuse a word that only the experiment file knows: Hydra adds it without a sound.

    Raises:
        ValueError: If there is one; the nearest known word is suggested.
    """
    experiment = HydraConfig.get().runtime.choices.get("experiment")
    if experiment is None:
        return
    added = [word for word in typed() if word.startswith("+")]
    known = names_of(compose("train", [*groups_without_experiment(), *added]))
    for word in names_of(config):
        if word not in known:
            where = f"{word} in experiment={experiment}"
            raise ValueError(f"{where} is not a known word{suggestion(word, known)}")


def groups_without_experiment() -> list[str]:
    """Return the words that choose the option of each group as this run has it, but for experiment.

    A group that takes a list has no choice of its own. All of its options are chosen, so that
    whatever it could bring is known.
    """
    choices = dict(HydraConfig.get().runtime.choices)
    loader = GlobalHydra.instance().config_loader()
    for group in sorted(set(loader.list_groups("")) - choices.keys()):
        choices[group] = f"[{','.join(loader.get_group_options(group))}]"
    return [
        f"{group}={choice}"
        for group, choice in choices.items()
        if choice is not None and not group.startswith(("experiment", "hydra"))
    ]


def spoken(config: DictConfig) -> dict[str, Any]:
    """Return what a person would call the run by: the main choices, and the words typed."""
    names = typed_names()
    groups = {"image", "noise", "model", *names}
    if OmegaConf.select(config, "target.path") is not None:
        groups -= {"image", "noise"} - set(names)  # There the defaults say nothing.
    choices = HydraConfig.get().runtime.choices
    chosen = {group: choice for group, choice in choices.items() if group in groups}
    words = ["noise.sigma", "model.width", "model.depth", "optimizer.lr", "steps", "seed", *names]
    values = {word: OmegaConf.select(config, word) for word in words}
    plain = {word: value for word, value in values.items() if isinstance(value, str | int | float)}
    return chosen | plain


def added_noise(config: DictConfig) -> str | None:
    """Return a line about the noise that is added to a photo, where no word on noise was typed."""
    if "image.path" not in typed_names() or "noise" in typed_groups():
        return None
    path = str(OmegaConf.select(config, "image.path"))
    sigma = OmegaConf.select(config, "noise.sigma")
    if path.startswith(skimage("")) or sigma == 0:
        return None
    noise = f"noise.sigma={sigma}"
    if sigma is None:
        noise = f"noise={HydraConfig.get().runtime.choices['noise']}"
    return (
        f"{noise} was added to {path}, as to a clean image; "
        "for a photo that is noisy already: noise=none"
    )
