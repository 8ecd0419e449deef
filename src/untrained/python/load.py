"""`untrained.load`: the networks of a run, from its folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor, nn

import untrained.command.word  # noqa: F401 - the resolvers of conf/
from untrained.command.error import first_cause, in_one_line
from untrained.fit import joined_images, seeded_generators
from untrained.latent import Latent
from untrained.python.usual import usual_pytorch
from untrained.record.name import NETWORKS, TILES_WORDS, WORDS
from untrained.record.weights import read_saved, unpacked
from untrained.seed import DRAWS
from untrained.step import mean_of


@dataclass(frozen=True, repr=False)
class Loaded:
    """The networks of a run at its last step.

    The last image is G(z), which is `generators[0](code[:1])`. With `latent=masked` it is mirrored
    as the code is, and a network with dropout draws other numbers at each call; `image` is as the
    run had it. The run may have computed it in
    bfloat16. `image` does the same, and has the same bits.

    Args:
        generators: The networks G, one for each of `fits`, with the weights of the last images.
        latent: Makes the code z of any step.
        code: The code z of the last step, `1 c' *code_size`. If the code was learned or followed
            the image, each network has its own, `K c' *code_size`.
        config: The settings of the run, as nested dicts.
        step: The last step, from 0.
    """

    generators: list[nn.Module]
    latent: Latent
    code: Tensor
    config: Mapping[str, Any]
    step: int

    def __repr__(self) -> str:
        """Return what a notebook shows: the weights would fill the screen."""
        kind, count = type(self.generators[0]).__name__, len(self.generators)
        return f"<Loaded: {count} x {kind} of step {self.step}>"

    @property
    def image(self) -> Tensor:
        """G(z), `1 c h w`: with several fits the mean of their images."""
        precision = str(self.config["trainer"]["precision"])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled="bf16" in precision):
            seed = self.latent.seed_of(self.step)
            images = joined_images(self.generators, self.code, seed)
        images = self.latent.upright(images, self.step)
        images = images.to(torch.promote_types(images.dtype, torch.float32))
        return mean_of(images)


def load(folder: str | Path) -> Loaded:
    """Load the networks of a run from its folder.

    The run must have ended, by itself or by Ctrl-C. A run that was killed must be resumed first.

    Args:
        folder: The folder of the run, such as `outputs/2026-11-26_10-00-00`.

    Raises:
        ValueError: If the folder holds no run that has ended, a photo in tiles, a run of an older
            version or in double precision, or files that are damaged.
    """
    place = Path(folder).expanduser()
    named = f"folder {str(folder)!r}"
    if (place / TILES_WORDS).is_file():
        raise ValueError(f"{named} holds a photo in tiles, which keeps no networks")
    if not (place / NETWORKS).is_file():
        raise ValueError(f"{named} has no networks: the run must have ended")
    with usual_pytorch():
        try:
            saved = read_saved(place / NETWORKS)
        except ValueError as error:
            raise ValueError(f"{named} has networks that are cut short or damaged") from error
        if saved["config"].get("draws") != DRAWS:
            raise ValueError(f"{named} was made by an older version, which drew other numbers")
        if is_double(saved["config"]):
            raise ValueError(
                f"{named} was fitted with precision=64-true, whose z is drawn in double precision; "
                "networks of other precisions can be loaded"
            )
        try:
            return rebuilt(saved, OmegaConf.load(place / WORDS))
        except Exception as error:  # A class of the user's own may have changed, or be gone.
            line = in_one_line(first_cause(error))
            raise ValueError(f"{named} has networks that cannot be made anew: {line}") from error


def is_double(config: Mapping[str, Any]) -> bool:
    """Whether a run was in double precision: its z cannot be drawn anew in single precision."""
    places = (config.get("trainer", {}), config.get("accelerator", {}))
    return any(str(place.get("precision")).startswith("64") for place in places)


def rebuilt(saved: Mapping[str, Any], words: Any) -> Loaded:  # noqa: ANN401
    """Return the networks of a run, made anew of its settings and given its weights.

    Args:
        saved: What the run has saved of its networks.
        words: All settings of the run.
    """
    config = OmegaConf.create(saved["config"])
    latent = instantiate(config.latent, _convert_="all")
    latent.settle(saved["shape"])
    make = instantiate(config.model, _convert_="all")
    generators = seeded_generators(make, latent.channels, saved["shape"], config.seed, config.fits)
    put_back(generators, saved["weights"])
    kernel = instantiate(words.kernel)
    for network in generators:
        kernel.prepare(network)
    latent.place(generators[0].code_size)
    latent.attempt = saved.get("attempt", 0)  # after a rollback of the guard the jitter is another
    step, code = saved["step"], saved.get("codes")
    code = latent(step) if code is None else code
    return Loaded(generators, latent, code, saved["config"], step)


def put_back(generators: list[nn.Module], saved: Tensor | list[Tensor]) -> None:
    """Copy saved weights into the parameters of the networks, in their order.

    Args:
        generators: The networks.
        saved: What `packed` returned; a run of an older version has a list of the weights.
    """
    parameters = [each for network in generators for each in network.parameters()]
    weights = saved if isinstance(saved, list) else unpacked(saved, like=parameters)
    with torch.no_grad():
        for parameter, weight in zip(parameters, weights, strict=True):
            parameter.copy_(weight)
