"""Take away what the typed words leave without a meaning, and say what they add."""

from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from untrained.command.own import drop_words_of_another
from untrained.command.refuse import has_own_kspace
from untrained.command.typed import (
    chosen_experiment,
    composed,
    groups_without_experiment,
    typed_groups,
    typed_names,
)
from untrained.command.word import is_shipped


def settle_classes(config: DictConfig) -> None:
    """Drop the words of an option whose class is replaced, where they mean nothing to the other."""
    names = set(typed_names())
    is_replaced = any(name.endswith("_target_") for name in names)
    if is_replaced or chosen_experiment() is not None:
        drop_words_of_another(config, composed(groups_without_experiment()), names)


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
    """Refuse the words of a picture that is not there, for the other picture has them.

    Args:
        config: The config.
        absent: The group of the picture that is not there, `image` or `target`.
        owner: What the words of that group are about, for the message.
        beside: The group of the picture that is there.

    Raises:
        ValueError: If one of the words was typed.
    """
    names = typed_names()
    for word in ("size", "white", "channel_axis"):
        if f"{absent}.{word}" in names:
            value = OmegaConf.select(config, f"{absent}.{word}")
            other = f"the {beside}"
            raise ValueError(
                f"{absent}.{word}={value} is for {owner}; {beside}.{word}={value} is for {other}"
            )


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
