"""The callback that shows a run to every watcher."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from untrained import check
from untrained.callback.logbook import log_row, log_words, take_back_logs
from untrained.callback.run import Last, Run
from untrained.callback.stopping import Stopping
from untrained.callback.watcher import Watcher
from untrained.image import Origin
from untrained.kernel.memory import peak_memory_mb
from untrained.metric import Metric
from untrained.record.curve import LOSS, PENALTY, STEP, Row, column, write_rows
from untrained.record.name import ROWS
from untrained.refinement import NoRefinement, Refinement
from untrained.step import Step
from untrained.trainer.data import Observation
from untrained.trainer.prior import ImagePrior

log = logging.getLogger(__name__)


class Watch(Callback):
    """Show each step to the watchers, and join what they tell to the rows of the curves.

    A row at step t is of the weights before update t. It is made at each `every`-th step, at the
    log-spaced ones and at the last. `metrics.csv` has all rows, and each logger is told them. The
    columns `step` and `loss`, the mean of several fits, are ours, and `penalty/<name>`: what that
    penalty adds to the loss, its weight in it. The others come from the watchers, in their order.

    The watcher that holds the stopping rules may end the run, at a step of a row.

    Args:
        watchers: The watchers by name.
        every: Steps between two rows.
        metric: How good an image is beside the clean one.
        words: What a person would call the run by, for the loggers.
        config: All words of the run, for the loggers.
        origin: What the result is written like; by default an 8-bit PNG.
        refinement: What is made of the image that is recommended; by default nothing.

    Raises:
        ValueError: If `every` is no whole number from 1 up.
    """

    run: Run
    """The run as the watchers know it, from the start of the fit on."""

    def __init__(
        self,
        watchers: Mapping[str, Watcher],
        every: int = 10,
        metric: Metric | None = None,
        words: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        origin: Origin | None = None,
        refinement: Refinement | None = None,
    ) -> None:
        self.watchers = dict(watchers)
        self.every = check.whole("every", every)
        self.metric = metric or Metric()
        self.words = words or {}
        self.config = config or {}
        self.origin = origin or Origin()
        self.refinement = refinement or NoRefinement()
        rules = (each for each in self.watchers.values() if isinstance(each, Stopping))
        self.stopping = next(rules, Stopping())
        self.rows: list[Row] = []
        self.done = 0
        self.seconds = 0.0
        self.started = 0.0
        self.last: Last | None = None

    def on_fit_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Let the watchers begin, and tell the loggers again what was known before."""
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        self.run = Run(
            folder=Path(trainer.default_root_dir),
            clean=data.observation.clean,
            target=data.observation.target,
            problem=prior.fit.problem,
            metric=self.metric,
            steps=data.steps,
            parameters=prior.fit.count,
            trainer=trainer,
            words=self.words,
            rules=self.stopping.rules,
            origin=self.origin,
            refinement=self.refinement,
            choose=self.stopping.choose,
            halt=self.stopping.halt,
            halted=self.stopping.halted,
            rows=self.rows,
            done=self.done,
            seconds=self.seconds,
            last=self.last,
        )
        log_words(trainer, {"words": self.words, "config": self.config})
        for row in self.rows:
            log_row(trainer, row)
        for watcher in self.watchers.values():
            watcher.begin(self.run)
        if self.stopping.has_ended:
            # A rule has ended the run before. It may still have to be drawn.
            trainer.should_stop = True

    def on_train_start(self, *_: Any) -> None:  # noqa: ANN401
        """Start the clock; a run that a rule had ended goes on."""
        self.run.halted = self.stopping.halted = None
        self.started = time.perf_counter() - self.seconds

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        outputs: Any,  # noqa: ANN401 - Lightning's own
        batch: Observation,
        batch_idx: int,
    ) -> None:
        """Show the step, and end the run where the stopping rule says so."""
        step, run = prior.computed, self.run
        run.done = trainer.global_step
        run.restorations = prior.fit.latent.attempt
        results = step.results if len(step.images) > 1 else None
        run.last = self.last = Last(step.reconstruction, step.average, results, step.age)
        run.made = None  # An average is changed in its place.
        for watcher in self.watchers.values():
            watcher.see(step)
        if step.number % self.every == 0 or run.is_shown(step.number):
            self.add_row(trainer, step)
            run.halted = self.stopping.halted
            if run.halted:
                trainer.should_stop = True
        run.seconds = self.seconds = time.perf_counter() - self.started

    def add_row(self, trainer: Trainer, step: Step) -> None:
        """Join what the watchers tell of a step to a row, and tell it to the loggers."""
        row: Row = {STEP: step.number, LOSS: step.losses.mean().item()}
        for name, added in step.penalties.items():
            row[column(PENALTY, name)] = added.mean().item()
        for watcher in self.watchers.values():
            row |= watcher.columns(step)
        self.rows.append(row)
        log_row(trainer, row)
        for watcher in self.watchers.values():
            watcher.told(row)

    def take_back(self, trainer: Trainer) -> None:
        """Forget the steps that the guard has taken back; the state is restored already."""
        self.run.rows, self.run.halted = self.rows, self.stopping.halted
        self.run.made = None  # An average is restored in its place.
        number = trainer.global_step
        for watcher in self.watchers.values():
            watcher.take_back(self.run, number)
        take_back_logs(trainer)

    def on_save_checkpoint(
        self, trainer: Trainer, prior: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Put the images of the last step into a checkpoint, and write the rows up to it."""
        checkpoint["images"] = None if self.last is None else self.last._asdict()
        write_rows(Path(trainer.default_root_dir) / ROWS, self.rows)

    def on_load_checkpoint(
        self, trainer: Trainer, prior: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Take the images and the number of the last step from a checkpoint."""
        self.done = checkpoint["global_step"]  # Lightning knows it only when the training starts.
        images = checkpoint.get("images")
        self.last = Last(**images) if images else None

    def on_train_end(self, *_: Any) -> None:  # noqa: ANN401
        """Let the watchers close what is open, before anything else is said."""
        self.close()

    def on_fit_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Save all that is known."""
        write_rows(Path(trainer.default_root_dir) / ROWS, self.rows)
        if self.run.last:
            self.run.memory_mb = peak_memory_mb()  # Of the fit: what follows may take more.
            for watcher in self.watchers.values():
                watcher.save(self.run)

    def teardown(self, trainer: Trainer, prior: ImagePrior, stage: str) -> None:  # type: ignore[override]
        """Draw the run, now that all of it is saved."""
        self.close()
        if self.run.last:
            for watcher in self.watchers.values():
                watcher.draw(self.run)

    def on_exception(self, *_: Any) -> None:  # noqa: ANN401
        """Close as at any end; Lightning calls no teardown then."""
        self.close()

    def close(self) -> None:
        """Let the watchers close what is open."""
        for watcher in self.watchers.values():
            watcher.close()

    def state_dict(self) -> dict[str, Any]:
        """Return the rows, the seconds, and each watcher's state by its name."""
        watchers = {name: watcher.state_dict() for name, watcher in self.watchers.items()}
        return {"rows": self.rows, "seconds": self.seconds, "watchers": watchers}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state from a checkpoint; a watcher that is new there begins anew."""
        self.rows, self.seconds = state_dict["rows"], state_dict["seconds"]
        for name, state in state_dict["watchers"].items():
            if name in self.watchers:
                self.watchers[name].load_state_dict(state)
            elif state:
                log.warning("callbacks.%s is gone: what it recorded is lost", name)
