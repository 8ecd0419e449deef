"""The words that were typed: which they are, and what is wrong with them as a whole."""

from itertools import chain
from typing import Any, cast

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained import check
from untrained.command.own import drop_words_of_another, taken_words
from untrained.command.word import names_of, skimage, suggestion


def typed(hydra: DictConfig | None = None) -> list[str]:
    """Return the words that were typed, as they were: `seed=${noise.seed}` stays so.

    Args:
        hydra: Hydra's own config; that of the run if None.
    """
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
        if value is None or OmegaConf.is_config(value) or name.startswith("callbacks."):
            continue
        known = names_of(composed([]) if "." in name else main_file())
        words = [word for word in known if word.startswith(f"{name}.") and "_target_" not in word]
        if words:
            raise ValueError(f"{name}={value}: it has words of its own, {', '.join(words)}")


def main_file() -> DictConfig:
    """Return `train.yaml` as it is written, which takes no time beside composing all of `conf/`."""
    name = str(HydraConfig.get().job.config_name)
    sources = GlobalHydra.instance().config_loader().get_sources()
    source = next(each for each in sources if each.is_config(name))
    return cast(DictConfig, source.load_config(name).config)


def check_kinds(config: DictConfig) -> None:
    """Refuse a text or a truth value in the place of a number, and the other way round.

    What a word takes is known from what `conf/` gives it. So this is said before PyTorch is
    imported, which takes seconds, and of the words of libraries too, which hardly look. Words of
    the Trainer may be of several kinds (`trainer.devices=auto`), and it looks itself.

    Raises:
        ValueError: If a word that was typed has a value of another kind.
    """
    given = composed(choices_typed())
    for name in set(typed_names()) - set(HydraConfig.get().runtime.choices):
        if name.startswith("trainer."):
            continue
        default = OmegaConf.select(given, name, throw_on_resolution_failure=False)
        value = OmegaConf.select(config, name, throw_on_resolution_failure=False)
        check.kind(name, value, like=default)


def check_numbers(config: DictConfig) -> None:
    """Refuse a number of the fit's own that cannot be, before PyTorch is imported to say so.

    Raises:
        ValueError: If there is one.
    """
    for word in ("steps", "fits", "log.every", "checkpoint.every"):
        check.whole(word, OmegaConf.select(config, word))
    check.number("fits", config.fits, most=1000)  # Each is a network, made before the first step.
    check.whole("seed", config.seed, least=0)
    rate = OmegaConf.select(config, "optimizer.lr")
    if rate is not None:
        check.number("optimizer.lr", rate, over=0)


def settle_classes(config: DictConfig) -> None:
    """Drop the words of an option whose class is replaced, where they mean nothing to the other."""
    names = typed_names()
    is_replaced = any(name.endswith("_target_") for name in names)
    if is_replaced or HydraConfig.get().runtime.choices.get("experiment") is not None:
        drop_words_of_another(config, composed(groups_without_experiment()), set(names))


def choices_typed() -> list[str]:
    """Return the words that were typed which choose an option of a group."""
    groups = HydraConfig.get().runtime.choices
    return [word for word in typed() if name_of(word) in groups and not word.startswith("~")]


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


def drop_default_image(config: DictConfig, in_memory: bool = False) -> None:
    """Take the default image away where a target of the user's own is all that was typed.

    So is the default noise: none is drawn on that target.

    Args:
        config: The config, which is changed.
        in_memory: Whether the target is the user's own without a word that says so.

    Raises:
        ValueError: If a word is about an image that is not there.
    """
    names = set(typed_names())
    size_and_white = ("size", "white")
    if OmegaConf.select(config, "target.path") is None and not in_memory:
        for word in size_and_white:
            if f"target.{word}" in names:
                value = OmegaConf.select(config, f"target.{word}")
                raise ValueError(
                    f"target.{word}={value} is of target.path; image.{word}={value} is of the image"
                )
        return
    changes: dict[str, Any] = {}
    if names.isdisjoint({"image", "image.path"}):
        changes["image"] = None
        for word in size_and_white:
            if f"image.{word}" in names:
                value = OmegaConf.select(config, f"image.{word}")
                raise ValueError(
                    f"image.{word}={value} is of the clean image; "
                    f"target.{word}={value} is of the target"
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
    known = names_of(composed([*groups_without_experiment(), *added]))
    for word in names_of(config):
        if word not in known and not is_taken(config, word):
            where = f"{word} in experiment={experiment}"
            others = [*known, *words_taken_beside(config, word)]
            raise ValueError(f"{where} is not a known word{suggestion(word, others)}")


def is_taken(config: DictConfig, word: str) -> bool:
    """Whether a word that `conf/` does not have is one of a class, or names one in its group.

    A class says itself which words it takes: `trainer.gradient_clip_val`. A callback, a logger or a
    rule of the user's own has a name of its own, and a `_target_` below it.
    """
    groups = word.split(".")[:-1]
    for depth in range(2, len(groups) + 2):
        node = OmegaConf.select(config, ".".join(word.split(".")[:depth]))
        if OmegaConf.is_dict(node) and "_target_" in node:
            return True
    taken = words_taken_beside(config, word)
    return word in taken or (word.count(".") > 0 and taken == ["*"])


def words_taken_beside(config: DictConfig, word: str) -> list[str]:
    """Return the words that the class of a word's group takes; `*` where it takes any."""
    group = word.rpartition(".")[0]
    target = OmegaConf.select(config, f"{group}._target_") if group else None
    if target is None:
        return []
    taken = taken_words(target)
    return ["*"] if taken is None else [f"{group}.{each}" for each in taken]


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
