"""Checkpoints from which a run goes on as if it had never stopped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from untrained import check
from untrained.record.file import replacing
from untrained.record.name import CHECKPOINT, NETWORKS
from untrained.record.weights import packed
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
        "weights": packed(prior.weights),
        "step": step.number,
        "shape": (1, *step.images.shape[1:]),
        "config": dict(config),
        "codes": step.codes,
    }
    with replacing(folder / NETWORKS) as temporary:
        torch.save(networks, temporary)
