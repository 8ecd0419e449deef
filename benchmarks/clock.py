"""A clock on the steps of a run: `train.py +callbacks.clock._target_=benchmarks.clock.Clock`."""

import json
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, Trainer

from benchmarks.speed import page_faults
from untrained.trainer.data import Observation
from untrained.trainer.prior import ImagePrior


class Clock(Callback):
    """Write `clock.json`: seconds and page faults a step, and seconds of a bare loop's step.

    Between two steps of the run stands one of a bare loop over a copy of the same fit, so that
    a machine that is busy is busy for both; of each the mean of the second half of the fit.
    A step of the run lasts until the next one begins, so that all is in it that is done between
    them, but for the bare one.
    """

    def __init__(self) -> None:
        self.steps: list[dict[str, float]] = []
        self.bare: list[float] = []
        self.began: tuple[float, int] | None = None
        self.bare_step: Callable[[], None] | None = None

    def on_train_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Copy the fit, and make the same optimizer for it."""
        fit, made = deepcopy(prior.fit), trainer.optimizers[0]
        optimizer = type(made)(fit.groups(), **made.defaults)
        target = trainer.datamodule.observation.target  # type: ignore[attr-defined]

        def step() -> None:
            with trainer.precision_plugin.forward_context():
                shown = fit(trainer.global_step, target)
            optimizer.zero_grad()
            shown.total.backward()
            optimizer.step()

        self.bare_step = step

    def on_train_batch_start(
        self, trainer: Trainer, prior: ImagePrior, batch: Observation, batch_idx: int
    ) -> None:
        """End the step before, do one of the bare loop, and begin the next."""
        now, faults = time.perf_counter(), page_faults()
        if self.began:
            start, before = self.began
            self.steps.append({"seconds": now - start, "faults": faults - before})
        assert self.bare_step
        self.bare_step()
        self.bare.append(time.perf_counter() - now)
        self.began = time.perf_counter(), page_faults()

    def on_train_end(self, trainer: Trainer, *_: Any) -> None:  # type: ignore[override]
        """Write the means."""
        half = self.steps[len(self.steps) // 2 :]
        means = {key: sum(each[key] for each in half) / len(half) for key in half[0]}
        bare = self.bare[-len(half) :]
        path = Path(trainer.default_root_dir) / "clock.json"
        path.write_text(json.dumps({**means, "bare": sum(bare) / len(bare)}))
