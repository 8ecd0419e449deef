"""The objects of one run, each built once from its words and handed on to the next."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from untrained.command.callbacks import build_callbacks
from untrained.command.pointed import READER
from untrained.command.process import check_trainer
from untrained.command.word import with_words_of


class Experiment(NamedTuple):
    """What one run is made of.

    Args:
        data: Serves the target.
        prior: The LightningModule.
        trainer: Lightning's Trainer, with its callbacks.
        interruption: The callback that notes a signal, or None.
    """

    data: Any
    prior: Any
    trainer: Any
    interruption: Any


class Given(NamedTuple):
    """What is in memory already, and need not be read or built of words.

    Args:
        target: y, `1 *m`; None for that of the words.
        clean: x, `1 c h w`, where it is known beside such a target.
        degradation: A; None for that of the words.
        is_part: Whether the target is a part of one of the words, which A has measured.
    """

    target: Any = None
    clean: Any = None
    degradation: Any = None
    is_part: bool = False


def build(
    config: DictConfig, config_of_fit: Mapping[str, Any], given: Given | None = None
) -> Experiment:
    """Build a run: the fit, the LightningModule around it, and the Trainer with its callbacks.

    Args:
        config: The config.
        config_of_fit: The words that the fit depends on, which the checkpoint holds.
        given: What is in memory already.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    from untrained.trainer.interruption import Interruption
    from untrained.trainer.prior import check_learning_rate

    # Before the networks are made, which takes longer.
    check_learning_rate(instantiate(config.optimizer, _convert_="all"))
    data, fit = build_fit(config, given)
    prior = made(config.prior, fit=fit)
    callbacks = build_callbacks(config, data, fit.problem, config_of_fit)
    trainer = build_trainer(config.trainer, callbacks)
    interruption = next((each for each in callbacks if isinstance(each, Interruption)), None)
    return Experiment(data, prior, trainer, interruption)


def build_fit(config: DictConfig, given: Given | None = None) -> tuple[Any, Any]:
    """Build the data and the fit, in the order of the flow: image -> A, N -> target -> G(z).

    Args:
        config: The config.
        given: What is in memory already.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    # PyTorch and Lightning take seconds to import: help and a mistyped word do without.
    from untrained.command.foresight import check_memory

    data = build_data(config, given or Given())
    check_memory(config, data.shape, data)
    return data, fit_of(config, data)


def fit_of(config: DictConfig, data: Any) -> Any:  # noqa: ANN401
    """Build the fit of some data.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    from untrained.fit import start_at

    degradation, problem = data.degradation, problem_of(config, data)
    latent = instantiate(config.latent, _convert_="all")
    latent.settle(data.shape)
    generators = generators_of(config, data, latent.channels)
    if config.flat_start:
        colour = degradation.colour(data.observation.target)
        for network in generators:
            start_at(network, colour)
    fit = made(config.fit, problem=problem, generators=generators, latent=latent)
    kernel = instantiate(config.kernel)
    for network in fit.networks:
        kernel.prepare(network)
    return fit


def generators_of(config: DictConfig, data: Any, channels: int) -> list[Any]:  # noqa: ANN401
    """Make the networks of a fit.

    Args:
        config: The config.
        data: The data.
        channels: The channels of the latent code.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    from untrained.fit import seeded_generators

    make = instantiate(config.model, _convert_="all")
    if data.degradation.is_signed and config.model.get("activation") == "sigmoid":
        raise ValueError("model.activation must be none: the images of coils have values below 0")
    try:
        return seeded_generators(make, channels, data.shape, config.seed, config.fits)
    except TypeError as error:
        if "keyword argument" not in str(error):
            raise
        unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
        if unknown and unknown[1] in config.model:
            target = config.model._target_.rpartition(".")[2]
            raise ValueError(f"model.{unknown[1]} is not a setting of {target}") from None
        raise ValueError(f"model does not fit: {error}") from None


def problem_of(config: DictConfig, data: Any) -> Any:  # noqa: ANN401
    """Build the problem of some data.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    return made(
        config.problem,
        degradation=data.degradation,
        noisy=data.noisy,
        sigma=data.sigma,
        penalties=instantiate(config.penalty, _convert_="all"),
    )


def build_data(config: DictConfig, given: Given) -> Any:  # noqa: ANN401
    """Build A and the data.

    Raises:
        ValueError: If a word is bad; the message begins with it.
    """
    from untrained.command.foresight import SHARE
    from untrained.degradation.function import as_degradation
    from untrained.kernel.memory import available_memory

    chosen = given.degradation
    if chosen is None:
        chosen = instantiate(config.degradation, _convert_="all")
    degradation = as_degradation(chosen)
    free = available_memory()
    if free is not None and config.accelerator.name == "cpu":
        degradation.room = SHARE * free
    if given.target is None:
        return made(config.data, degradation=degradation, target=own_target(config, degradation))
    if not degradation.is_picture and not given.is_part:
        name = type(degradation).__name__
        raise ValueError(
            f"degradation: the measurement of {name} is not a picture, and an array in memory must "
            "be one; on the command line target.path reads it from a file"
        )
    return made(config.data, degradation=degradation, target=given.target, image=given.clean)


def made(words: DictConfig, **objects: Any) -> Any:  # noqa: ANN401
    """Build an object of its words and of objects that are built: Hydra itself would copy them."""
    return instantiate(words, _convert_="all", _partial_=True)(**objects)


def own_target(config: DictConfig, degradation: Any) -> Any:  # noqa: ANN401 - PyTorch is late
    """Read the target of the user's own; None where there is none.

    Args:
        config: The config.
        degradation: A, which says whether the target is a picture.

    Raises:
        ValueError: If it cannot be read.
    """
    if config.target.path is None:
        return None
    if not degradation.is_picture and config.target._target_ == READER:
        target = own_array(config, degradation)
    else:
        target = own_picture(config)
    check_content(f"target.path={config.target.path}", target, degradation.is_picture)
    return target


def own_picture(config: DictConfig) -> Any:  # noqa: ANN401 - PyTorch is late
    """Read a target of the user's own that is a picture.

    Raises:
        ValueError: If it cannot be read.
    """
    try:
        return instantiate(config.target)
    except InstantiationException as error:
        if not isinstance(error.__cause__, ValueError):
            raise
        # Not the path of the clean image, which may be typed too.
        raise ValueError(with_words_of("target", f"target.{error.__cause__}")) from None


def check_content(named: str, target: Any, is_picture: bool) -> None:  # noqa: ANN401
    """Refuse a target of the user's own that shows nothing: the file or the array is a mistake.

    A measurement that is not a picture may have one number throughout, unless this is 0.

    Args:
        named: What the message calls the target.
        target: y.
        is_picture: Whether y is a picture.

    Raises:
        ValueError: If all its numbers are the same.
    """
    low, high = target.min().item(), target.max().item()
    if low == high and (is_picture or not low):
        raise ValueError(f"{named} has the value {low:.6g} throughout: there is nothing to restore")


def own_array(config: DictConfig, degradation: Any) -> Any:  # noqa: ANN401 - PyTorch is late
    """Read a target of the user's own that is no picture.

    Raises:
        ValueError: If it cannot be read.
    """
    words = config.target
    for word in ("size", "white", "channel_axis"):
        if words[word] is not None:
            raise ValueError(
                f"target.{word}={words[word]} is for a picture, and this target is not a picture"
            )
    try:
        return degradation.read(str(words.path))
    except ValueError as error:
        raise ValueError(f"target.{error}") from None


def build_trainer(words: DictConfig, callbacks: list[Any]) -> Any:  # noqa: ANN401
    """Build the Trainer, of one process.

    Raises:
        ValueError: If it would start others.
    """
    numbers = {}
    if words.accelerator == "cpu" and words.devices in ([0], "0,"):
        numbers = {"devices": 1}  # The only CPU is number 0, but Lightning takes no list of it.
    trainer = instantiate(words, callbacks=callbacks, _convert_="all", **numbers)
    check_trainer(trainer)
    if words.get("profiler") and trainer.profiler.filename is None:
        # Lightning would tell its report to a log that is silenced.
        trainer.profiler.dirpath, trainer.profiler.filename = trainer.default_root_dir, "profile"
    return trainer
