"""Checkpoints from which a run goes on as if it had never stopped."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor
from torch.func import functional_call

from untrained import check
from untrained.fit import Fit, joined_images
from untrained.record.file import replacing
from untrained.record.name import CHECKPOINT, NETWORKS
from untrained.record.weights import packed, write_saved
from untrained.step import Step
from untrained.trainer.prior import ImagePrior


class Checkpoint(Callback):
    """Save the checkpoint every `every` steps, and at the last one.

    It is the last of the callbacks, so that it holds what the others saw of the step. The last
    step is saved before anything is drawn. So a run that is killed while it is drawn
    loses no step, and is drawn anew when it is resumed.

    Args:
        every: Steps between two checkpoints.

    Raises:
        ValueError: If `every` is no whole number from 1 up.
    """

    def __init__(self, every: int) -> None:
        self.every = check.whole("every", every)
        self.saved = 0
        self.config: Mapping[str, Any] = {}
        """The words of the run, which a run that goes on from a checkpoint has to have."""

    def on_train_batch_end(self, trainer: Trainer, prior: ImagePrior, *_: Any) -> None:  # type: ignore[override]  # noqa: ANN401
        """Save, if it is time to."""
        done = trainer.global_step
        if trainer.should_stop or done == trainer.datamodule.steps:  # type: ignore[attr-defined]
            self.save_last(trainer, prior)
        elif done % self.every == 0:
            save(trainer)

    def on_train_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Save the last step, where a callback after this one ended the fit."""
        if prior.step is not None and self.saved != trainer.global_step:
            self.save_last(trainer, prior)

    def save_last(self, trainer: Trainer, prior: ImagePrior) -> None:
        """Save the networks, and then the checkpoint.

        A run that is killed in between does its last steps again, and saves its networks then.
        """
        save_networks(Path(trainer.default_root_dir), prior, self.config)
        save(trainer)
        self.saved = trainer.global_step

    def on_save_checkpoint(
        self, trainer: Trainer, prior: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the words of the run, and leave out Lightning's timer.

        `trainer.max_time` counts anew when the run is resumed.
        """
        checkpoint["config"] = dict(self.config)
        checkpoint["callbacks"].pop("Timer", None)


def save(trainer: Trainer) -> None:
    """Write the checkpoint, whole or not at all."""
    with replacing(Path(trainer.default_root_dir) / CHECKPOINT) as temporary:
        trainer.save_checkpoint(temporary)


def save_networks(folder: Path, prior: ImagePrior, config: Mapping[str, Any]) -> None:
    """Write the networks as they were at the last step, for `untrained.load`.

    The checkpoint has the weights after its update, of which no image was made.
    """
    step = prior.computed
    networks = {
        "weights": packed(seen_weights(prior, config)),
        "step": step.number,
        "shape": (1, *step.images.shape[1:]),
        "config": dict(config),
        "codes": step.codes,
        "attempt": prior.fit.latent.attempt,
    }
    write_saved(folder / NETWORKS, networks)


def seen_weights(prior: ImagePrior, config: Mapping[str, Any]) -> Sequence[Tensor]:
    """Return the weights of the last step, without the digits that its images do not depend on.

    In bfloat16 a convolution reads the first 16 bits of a weight. The other 16 bits are noise that
    no compression makes smaller: more than half of the file. They are set to 0 if the images are
    then the same, bit for bit. Some networks read all bits, as the Deep Decoder does.
    """
    accelerator = config.get("accelerator", {})
    # A compiled network would be compiled again, for a minute.
    if accelerator.get("precision") != "bf16-mixed" or accelerator.get("compiled"):
        return prior.weights
    short = [each.bfloat16().to(each) if each.dim() > 1 else each for each in prior.weights]
    images = images_of(prior.fit, short, prior.computed)
    return short if torch.equal(images, prior.computed.images) else prior.weights


@torch.no_grad()
def images_of(fit: Fit, weights: Sequence[Tensor], step: Step) -> Tensor:
    """Return the images of a step in bfloat16, `K c h w`, with other weights; change nothing.

    Args:
        fit: The fit.
        weights: The weights of all its networks, in their order.
        step: The step.
    """
    left = iter(weights)
    networks = []
    for network in fit.generators:
        state = {name: each.clone() for name, each in network.named_buffers()}
        state |= {name: next(left) for name, _ in network.named_parameters()}
        networks.append(partial(functional_call, network, state))
    codes = fit.latent(step.number) if step.codes is None else step.codes
    device = step.images.device
    # A network may draw numbers, and the run may go on later with those that follow.
    drawing = [device] if device.type == "cuda" else []
    seed = fit.latent.seed_of(step.number)
    with torch.random.fork_rng(drawing), torch.autocast(device.type, torch.bfloat16):
        torch.manual_seed(seed)
        images = joined_images(networks, codes, seed)
    images = fit.latent.upright(images, step.number)
    return images.to(step.images)
