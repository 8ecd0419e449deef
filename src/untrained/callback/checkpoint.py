"""Checkpoints from which a run goes on as if it had never stopped."""

from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, Trainer

from untrained.callback.curves import checked_every
from untrained.callback.stopping import is_over
from untrained.file import replacing


class Checkpoint(Callback):
    """Save `checkpoints/last.ckpt` every `every` steps, when the fit is cut short, and at its end.

    It is the last of the callbacks, so that it holds what the others saw of the step. The
    last step, be it of a rule that halts, is saved only once the pictures are drawn: a run killed
    while they are, repeats its last steps and draws them.

    Args:
        every: Steps between two checkpoints.

    Raises:
        ValueError: If `every` is not a whole number from 1 up.
    """

    def __init__(self, every: int) -> None:
        self.every = checked_every(every)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Save, if it is time to."""
        done = trainer.global_step
        if (done % self.every == 0 or trainer.should_stop) and not is_over(trainer):
            save(trainer)

    def on_train_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Save the whole fit."""
        if is_over(trainer):
            save(trainer)


def save(trainer: Trainer) -> None:
    """Write the checkpoint, whole or not at all."""
    with replacing(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt") as temporary:
        trainer.save_checkpoint(temporary)
