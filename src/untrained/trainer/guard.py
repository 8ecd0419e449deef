"""The guard: a fit whose loss jumps goes on from where it was well."""

import logging
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor

from untrained import check
from untrained.record.frame import is_log_spaced
from untrained.trainer.prior import ImagePrior

log = logging.getLogger(__name__)

PATIENCE = 10  # checks that a loss may stay high after a spike that was let be

Snapshot = dict[str, Any]


class Guard(Callback):
    """Restore the fit where its loss spikes or is no longer a number, and go on from there.

    The loss of step t is a spike where it is not finite, or where

        f_t > factor * median(f_{s-every+1}, ..., f_s),

    s being the last step that was checked before. The losses stay on the device. A check
    reads all losses since the last check. There is a check each `every` steps, at the log-spaced
    steps before the first of these, and where the run ends. A check that finds no spike takes a
    snapshot, and the last two are kept. A spike restores the older one, since the newer may hold
    the weights from which the loss rose.

    A snapshot is the whole state: weights, averages, the optimizer's moments, the schedule of the
    learning rate, the count of steps, and what each other callback puts into a checkpoint. So
    the fit goes on as if the steps since had not been, but for their jitter, which is
    drawn anew from the number of restorations. All of this is in a checkpoint, so a run that is
    killed and resumed gives the same bits. Each callback with a method `take_back` is told.
    The guard has to be the last callback but the checkpoint, so that none sees a step after it was
    taken back.

    With several fits, each loss is compared with its own median, and all go back together.

    Without jitter the same steps come again. A finite spike that is still there the second time
    belongs to such a fit, and is let be.

    With jitter a spike may come again at the same place, whatever the jitter is. This is so if
    Adam fits a target without noise almost exactly. Such a fit recovers by itself. So after
    `limit` restorations a finite spike is let be too, and the fit is given up only if its loss
    stays high for `PATIENCE` checks.

    We differ from DIP's code. That code falls back where the PSNR against the target is 5 dB below
    the last look, which is a factor of 3.2 in the mean squared error. It restores the weights
    alone, and on the CPU not even these.

    Args:
        factor: How far above its median a loss is a spike.
        every: Steps between two checks, and losses in the median.
        limit: Restorations in a row, none of which gets past the steps of the spike.

    Raises:
        ValueError: If a number is out of its range. In a fit, if after so many restorations the
            loss is no number, or does not fall again.
    """

    def __init__(self, factor: float = 5.0, every: int = 50, limit: int = 5) -> None:
        self.factor = check.number("factor", factor, over=1)
        self.every = check.whole("every", every)
        self.limit = check.whole("limit", limit, least=0)
        self.restorations = self.in_a_row = 0
        self.spiked = -1  # The furthest step that was part of a spike.
        self.recent: list[list[float]] = []
        self.unchecked: list[Tensor] = []
        self.snapshots: list[Snapshot] = []

    def on_train_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Take the first snapshot, or the one that the checkpoint is itself."""
        prior.fit.latent.attempt = self.restorations
        if not self.unchecked:
            self.take(trainer, prior)

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        *_: Any,  # noqa: ANN401
    ) -> None:
        """Note the loss and, if it is time to, look at all that are noted."""
        if prior.computed.problem.has_other_objective(prior.computed.number):
            self.recent, self.unchecked = [], []  # No measure of the losses that come now
        self.unchecked.append(prior.computed.losses)
        done = trainer.global_step
        due = done % self.every == 0 or (done < self.every and is_log_spaced(done))
        ends = trainer.should_stop or done == trainer.datamodule.steps  # type: ignore[attr-defined]
        if not due and not ends:
            return
        losses = [each.tolist() for each in self.unchecked]
        # Without jitter what was done anew is what it was: only what comes after it is news.
        known = -1 if prior.fit.latent.varies else self.spiked
        spikes = self.spikes(losses, done - len(losses), known)
        if spikes and self.in_a_row < self.limit:
            self.restore(trainer, prior, spikes)
        elif spikes and not self.is_over(spikes, done):
            self.let_be(spikes, done, trainer)
        elif due:
            self.spiked = max(self.spiked, *spikes, -1)
            if done > self.spiked:
                self.in_a_row = 0
            self.recent = [*self.recent, *losses][-self.every :]
            self.unchecked = []
            self.take(trainer, prior)

    def spikes(self, losses: list[list[float]], first: int, known: int) -> dict[int, float]:
        """Return the largest loss of each step that is part of a spike, by the step.

        Args:
            losses: The losses of each step, one of each fit.
            first: The first of the steps.
            known: The last step whose loss may be high, but must still be finite.
        """
        found = {}
        for step, each in enumerate(losses, first):
            is_finite = np.isfinite(each).all()
            if not is_finite or (step > known and self.is_high(each)):
                found[step] = max(each)
        return found

    def is_high(self, losses: list[float]) -> bool:
        """Whether a fit's loss is far over its median; a median of 0 or less has no multiple."""
        if not self.recent:
            return False
        levels = np.median(self.recent, axis=0)
        is_over = np.asarray(losses) > self.factor * levels
        return bool(np.any(is_over & (levels > 0)))

    def is_over(self, spikes: Mapping[int, float], done: int) -> bool:
        """Whether a spike that was let be has fallen again, for as many steps as a check has."""
        return max(spikes) < done - self.every

    def let_be(self, spikes: Mapping[int, float], done: int, trainer: Trainer) -> None:
        """Wait until a finite spike falls again by itself. Its losses stay unchecked till then.

        Raises:
            ValueError: If it is not finite, or does not fall.
        """
        no_numbers = [step for step, loss in spikes.items() if not np.isfinite(loss)]
        step = min(no_numbers or spikes)
        lr = trainer.optimizers[0].defaults["lr"]
        count = f"{self.limit} rollback{'s' if self.limit != 1 else ''}"
        spike = f"the loss is {spikes[step]:g} at step {step} after {count}"
        if no_numbers:
            raise ValueError(f"lr must be lower: {spike}, got {lr}")
        stays_high = len(spikes) > (done - step) / 2  # And does not just spike again.
        if done - step > PATIENCE * self.every and stays_high:
            raise ValueError(f"lr must be lower: {spike}, and does not fall again, got {lr}")
        if done - step <= self.every:  # The first look at it
            log.info("%s: the fit goes on, and may recover by itself", spike)

    def take(self, trainer: Trainer, prior: ImagePrior) -> None:
        """Take a snapshot, and forget all but the one before it."""
        snapshot = {
            "prior": prior.state_dict(),
            "optimizers": [each.state_dict() for each in trainer.optimizers],
            "schedules": [each.scheduler.state_dict() for each in trainer.lr_scheduler_configs],
            "progress": progress_of(trainer).state_dict(),
            "callbacks": {each.state_key: each.state_dict() for each in others(self, trainer)},
            "recent": self.recent,
        }
        # On the CPU a state dict is the live weights, not a copy of them.
        self.snapshots = [*self.snapshots[-1:], deepcopy(snapshot)]

    def restore(self, trainer: Trainer, prior: ImagePrior, spikes: Mapping[int, float]) -> None:
        """Go back to the older snapshot."""
        step = min(spikes)
        loss = spikes[step]
        self.spiked = max(self.spiked, *spikes)
        self.in_a_row += 1
        self.restorations += 1
        self.snapshots = self.snapshots[:1]
        # Loading takes some tensors and lists as they are, and the fit would write into them.
        self.put_back(trainer, prior, deepcopy(self.snapshots[0]))
        self.unchecked = []
        prior.fit.latent.attempt = self.restorations
        # A rule may have halted on the spike; a signal is remembered, and ends the next step.
        trainer.should_stop = False
        for callback in others(self, trainer):
            if hasattr(callback, "take_back"):
                callback.take_back(trainer)
        log.info(
            "the loss is %g at step %d: rolled back to step %d (rollback %d)",
            loss,
            step,
            trainer.global_step,
            self.restorations,
        )

    def put_back(self, trainer: Trainer, prior: ImagePrior, snapshot: Snapshot) -> None:
        """Load a snapshot into the fit and the callbacks; one without a state in it stays."""
        prior.load_state_dict(snapshot["prior"])
        for optimizer, state in zip(trainer.optimizers, snapshot["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        for config, state in zip(trainer.lr_scheduler_configs, snapshot["schedules"], strict=True):
            config.scheduler.load_state_dict(state)
        progress_of(trainer).load_state_dict(snapshot["progress"])
        for callback in others(self, trainer):
            if callback.state_key in snapshot["callbacks"]:
                callback.load_state_dict(snapshot["callbacks"][callback.state_key])
        self.recent = snapshot["recent"]

    def state_dict(self) -> dict[str, Any]:
        """Return the state, but for a snapshot which the checkpoint is itself."""
        return {
            "restorations": self.restorations,
            "in_a_row": self.in_a_row,
            "spiked": self.spiked,
            "recent": self.recent,
            "unchecked": [each.tolist() for each in self.unchecked],
            "snapshots": self.snapshots if self.unchecked else self.snapshots[:-1],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the guard from a checkpoint."""
        vars(self).update(state_dict)
        self.unchecked = [torch.tensor(each) for each in state_dict["unchecked"]]


def others(guard: Guard, trainer: Trainer) -> list[Callback]:
    """Return the callbacks that are not the guard."""
    return [each for each in trainer.callbacks if each is not guard]  # type: ignore[attr-defined]


def progress_of(trainer: Trainer) -> Any:  # noqa: ANN401 - of a private class
    """Return the count of optimizer steps, which is `trainer.global_step`."""
    return trainer.fit_loop.epoch_loop.automatic_optimization.optim_progress
