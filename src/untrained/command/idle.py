"""Settings that change nothing beside the others: refused, lest somebody waits for their effect."""

from collections.abc import Iterator, Mapping

from omegaconf import DictConfig

from untrained.command.own import attribute
from untrained.command.resume import in_sweep
from untrained.command.typed import typed_names, value_of

IDENTITY = "untrained.degradation.identity.Identity"
NO_NOISE = "torch.nn.Identity"
OF_SIMULATION = "is for a simulated target, and this one is your own"
OF_OWN_TARGET = "is for your own target, by target.path, and this target is simulated"
# What the classes of libraries do not say: a value of one setting that leaves others idle.
OF_LIBRARIES = {"torch.optim.lr_scheduler.ConstantLR": (("total_iters", 0, ("factor",)),)}
# What writes files, and what a photo in tiles has not.
OF_FILES = ("checkpoint.", "logger.", "callbacks.video.", "callbacks.pictures.")
OF_ONE_FIT = ("checkpoint.", "callbacks.video.")


def check_idle(config: DictConfig, in_memory: bool = False) -> None:
    """Refuse a setting that was typed and that the run never reads; null says nothing anyway.

    A run that is resumed brings its settings, and nobody can leave one out.

    Args:
        config: The config of the run, without an image that is not there.
        in_memory: Whether the target is an array; then `check_idle_in_memory` says the rest.

    Raises:
        ValueError: If there is one; what it is for is said.
    """
    if config.resume is None:
        is_own = in_memory or config.target.path is not None
        refuse(config, idle_by_value(config) | idle_words(config, is_own) | idle_groups(config))
        if is_own and not in_memory:
            refuse(config, idle_noise(config))
        if not in_memory and not has_clean(config, is_own):
            refuse(config, {"metric.": "is for a clean image, and there is none"})


def check_idle_in_memory(config: DictConfig, has_clean: bool, has_object: bool) -> None:
    """Refuse a setting that was typed, and that a fit of an array never reads.

    Args:
        config: The config of the run.
        has_clean: Whether the clean image is known.
        has_object: Whether the degradation is an object.

    Raises:
        ValueError: If there is one; what it is for is said.
    """
    found = dict.fromkeys(OF_FILES, "is for the command line, and this fit writes no file")
    found["target."] = "is for target.path, and the target is an array"
    if not has_clean:
        found["metric."] = "is for a clean image, and there is none"
    if has_object:
        found["degradation."] = "is for a degradation of a name, and this one is an object"
    else:
        found |= idle_noise(config)
    refuse(config, found)


def refuse(config: DictConfig, reasons: Mapping[str, str]) -> None:
    """Refuse a setting that was typed and that has a reason.

    Args:
        config: The config of the run.
        reasons: The reasons, by how the names of the settings begin.

    Raises:
        ValueError: If there is one.
    """
    for name in typed_names():
        for start, reason in reasons.items():
            if name.startswith(start) and value_of(config, name) is not None:
                raise ValueError(f"{name} {reason}: leave it out")


def has_clean(config: DictConfig, is_own: bool) -> bool:
    """Whether there is a clean image; a photo to which nothing is done is a target.

    Args:
        config: The config of the run.
        is_own: Whether the target is the user's own.
    """
    is_photo = config.degradation._target_ == IDENTITY and not adds_noise(config)
    return config.image is not None and (is_own or not is_photo)


def adds_noise(config: DictConfig) -> bool:
    """Whether N changes a picture."""
    is_none = config.noise._target_ == NO_NOISE
    return not is_none and value_of(config, "noise.sigma") != 0


def idle_by_value(config: DictConfig) -> dict[str, str]:
    """Return the settings that the value of another one leaves idle, with the reason.

    In a sweep this value may be one of several.
    """
    found: dict[str, str] = {}
    for group, target in () if in_sweep() else typed_classes(config):
        for word, value, others in attribute(target, "idle_beside") or OF_LIBRARIES.get(target, ()):
            if value_of(config, f"{group}.{word}") == value:
                reason = f"changes nothing beside {group}.{word}={value}"
                found |= {f"{group}.{other}": reason for other in others}
    return found


def typed_classes(config: DictConfig) -> Iterator[tuple[str, str]]:
    """Yield the group of each setting that was typed, and the class of the group."""
    groups = {name.rpartition(".")[0] for name in typed_names()}
    for group in sorted(groups - {""}):
        target = value_of(config, f"{group}._target_")
        if target is not None:
            yield group, str(target)


def idle_words(config: DictConfig, is_own: bool) -> dict[str, str]:
    """Return the settings of A and N that are for a target of the other kind, with the reason.

    Args:
        config: The config of the run.
        is_own: Whether the target is the user's own.
    """
    found = {}
    name, reason = ("of_simulation", OF_SIMULATION) if is_own else ("of_own_target", OF_OWN_TARGET)
    for group in ("degradation", "noise"):
        for word in attribute(config[group]._target_, name) or ():
            found[f"{group}.{word}"] = reason
    return found


def idle_noise(config: DictConfig) -> dict[str, str]:
    """Return N where it changes nothing: without A, a target of the user's own has noise anyway."""
    is_idle = config.degradation._target_ == IDENTITY and adds_noise(config)
    return {"noise": OF_SIMULATION} if is_idle else {}


def idle_groups(config: DictConfig) -> dict[str, str]:
    """Return how the settings begin that nothing reads, with the reason."""
    found = {} if in_sweep() else {"score": "is for a search, by hydra/sweeper=optuna"}
    for group in ("stopping", "baseline"):
        if group not in config.callbacks:
            found[f"{group}."] = f"is for callbacks.{group}, which was removed"
    if config.tile.size is None:
        found["tile."] = "is for a photo in tiles, by tile.size"
    else:
        found |= dict.fromkeys(OF_ONE_FIT, "is for a photo that is fitted at once, without tile")
    return found
