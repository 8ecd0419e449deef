"""Values that only a class knows are bad, refused seconds sooner: before PyTorch or Lightning."""

from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from untrained import check
from untrained.command import source
from untrained.command.pointed import READER
from untrained.command.typed import typed_names, value_of
from untrained.tile import sides

# Groups whose classes need no Lightning, and read no picture.
GROUPS = (
    "degradation",
    "noise",
    "latent",
    "model",
    "objective",
    "penalty",
    "average",
    "optimizer",
    "scheduler",
    "refinement",
    "stopping",
    "baseline",
    "metric",
    "holdout",
    "twin",
)
# A class of the user's own may do more than look at its words, and is built once.
OURS = ("untrained.", "torch.", "pytorch_optimizer.")
WATCHERS = "untrained.callback."  # They need Lightning.
# For a network, which is made of the shape of its image. No picture is larger: what is too deep for
# a smaller one is refused once its size is known.
SHAPE = {"in_channels": 32, "out_channels": 3, "size": (2**16, 2**16)}


def check_values(config: DictConfig) -> None:
    """Refuse a value that the class of its word refuses, if its file says so in plain checks.

    Raises:
        ValueError: If one was typed; the message begins with its word.
    """
    for name in typed_names():
        group = name.rpartition(".")[0]
        words = value_of(config, group) if group else None
        if not isinstance(words, DictConfig):
            continue
        target = str(words.get("_target_"))
        if target.startswith(source.OURS):
            parameters = {word: value_of(config, f"{group}.{word}") for word in map(str, words)}
            source.check_value(target, name, parameters)
    check_rules(config)
    check_callbacks(config)
    check_sizes(config)


def check_rules(config: DictConfig) -> None:
    """Refuse the name of a stopping rule that does not watch.

    Raises:
        ValueError: If `stopping.halt` or `stopping.choose` is one.
    """
    known = value_of(config, "stopping") or {}
    rules = [str(name) for name, words in known.items() if OmegaConf.is_dict(words)]
    for word in ("stopping.halt", "stopping.choose"):
        check.choice(word, value_of(config, word), (None, *sorted(rules)))


def check_callbacks(config: DictConfig) -> None:
    """Refuse a value in the place of a callback.

    Raises:
        ValueError: If there is one.
    """
    for name, words in (value_of(config, "callbacks") or {}).items():
        if not OmegaConf.is_config(words):
            raise ValueError(
                f"callbacks.{name}={words} must be a callback; ~callbacks.{name} removes it"
            )


def check_classes(config: DictConfig) -> None:
    """Refuse a value that the class of its word refuses, whatever that takes to find out.

    What is built here is thrown away. What it has to say of anything but a word that was typed is
    said later, where it is built of the run's own image.

    Args:
        config: The config of the run.

    Raises:
        Exception: As the run would, if a class refuses a value that was typed.
    """
    import torch  # Late: a mistyped word does without.

    for group in groups_typed():
        words = value_of(config, group)
        target = str(words.get("_target_")) if isinstance(words, DictConfig) else ""
        if not target.startswith(OURS) or target.startswith(WATCHERS):
            continue
        try:
            with torch.random.fork_rng(devices=[]):
                build(group, words)
        except Exception as error:
            cause = error.__cause__ if isinstance(error, InstantiationException) else error
            if is_of_typed(cause, group):
                raise


def check_sizes(config: DictConfig) -> None:
    """Refuse the size of a picture or of a tile, before a picture is read.

    Raises:
        ValueError: If one is bad; the message begins with its word.
    """
    from untrained.image.picture import check_size

    for group in ("image", "target"):
        is_ours = value_of(config, f"{group}._target_") == READER
        if is_ours and f"{group}.size" in typed_names():
            try:
                check_size(value_of(config, f"{group}.size"))
            except ValueError as error:
                raise ValueError(f"{group}.{error}") from None
    if config.tile.size is not None:
        sides(config.tile.size, config.tile.overlap)
        if config.tile.workers is not None:
            check.whole("tile.workers", config.tile.workers)


def build(group: str, words: DictConfig) -> None:
    """Build an object of a group, and throw it away."""
    import torch

    made: Any = instantiate(words, _convert_="all")
    weights = [torch.nn.Parameter(torch.zeros(1))]
    if group == "model":
        with torch.device("meta"):  # A network of any width takes no memory there.
            made(**SHAPE)
    elif group == "optimizer":
        made(weights)
    elif group == "scheduler":
        made(torch.optim.SGD(weights))


def is_of_typed(cause: BaseException | None, group: str) -> bool:
    """Whether an error is about the value of a word that was typed.

    Our classes begin with the word. Those of PyTorch do not, but look at nothing else.
    """
    if not isinstance(cause, ValueError):
        return False
    word = str(cause).partition(" ")[0]
    return group in ("optimizer", "scheduler") or f"{group}.{word}" in typed_names()


def groups_typed() -> list[str]:
    """Return the innermost groups of the words that were typed: `stopping.blind`, `noise`."""
    groups = set()
    for name in typed_names():
        group = name.rpartition(".")[0]
        if group.partition(".")[0] in GROUPS:
            groups.add(group)
    return sorted(groups)
