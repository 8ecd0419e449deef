"""Checkpoints from which a run goes on as if it had never stopped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from untrained import check
from untrained.record.file import replacing
from untrained.record.name import CHECKPOINT


class Checkpoint(Callback):
    """Save `checkpoints/last.ckpt` every `every` steps, and at the last one.

    It is the last of the callbacks, so that it holds what the others saw of the step. The last
    step is saved before anything is drawn. A run that is killed while it is drawn has all of its
    steps, and is drawn anew when it is resumed.

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

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Save, if it is time to."""
        done = trainer.global_step
        is_last = trainer.should_stop or done == trainer.datamodule.steps  # type: ignore[attr-defined]
        if done % self.every == 0 or is_last:
            save(trainer)
            self.saved = done

    def on_train_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Save the last step, where a callback after this one ended the fit."""
        if self.saved != trainer.global_step:
            save(trainer)

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
