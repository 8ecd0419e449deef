"""A config made ready for its run: all that can be said of its words before PyTorch is imported."""

from omegaconf import DictConfig

from untrained.command.early import check_values
from untrained.command.idle import check_idle
from untrained.command.pointed import settle_pictures
from untrained.command.refuse import check_groups, check_kinds, check_mask, check_numbers
from untrained.command.settle import drop_default_image, settle_activation, settle_classes
from untrained.command.typed import choices_typed, composed


def make_ready(config: DictConfig, folder: str, in_memory: bool = False) -> None:
    """Check the words of a config, and take away what they leave without a meaning.

    Args:
        config: The config, which is changed.
        folder: The folder in which the command was typed.
        in_memory: Whether the target is the user's own without a word that says so.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    given = composed(choices_typed())
    check_groups(config, given)
    check_kinds(config, given)
    check_mask(config)
    settle_pictures(config, folder)
    check_numbers(config)
    settle_classes(config)
    check_values(config)
    drop_default_image(config, in_memory)
    settle_activation(config)
    check_idle(config, in_memory)
