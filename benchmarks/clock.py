"""A clock on the steps of a run: `train.py +callbacks.clock._target_=benchmarks.clock.Clock`."""

import json
import resource
import time
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, Trainer


class Clock(Callback):
    """Write `clock.json`: seconds and page faults a step, in the mean of a fit's second half.

    A step lasts until the next one begins, so that all is in it that is done between them.
    """

    def __init__(self) -> None:
        self.ticks: list[tuple[float, int]] = []

    def on_train_batch_start(self, *_: Any) -> None:
        """Note when a step begins, and the page faults so far."""
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        self.ticks.append((time.perf_counter(), faults))

    def on_train_end(self, trainer: Trainer, *_: Any) -> None:  # type: ignore[override]
        """Write the means."""
        half = self.ticks[len(self.ticks) // 2 :]
        seconds, faults = (
            (last - first) / (len(half) - 1) for first, last in zip(half[0], half[-1], strict=True)
        )
        path = Path(trainer.default_root_dir) / "clock.json"
        path.write_text(json.dumps({"seconds": seconds, "faults": faults}))
