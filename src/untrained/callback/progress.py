"""The one progress bar of a run."""

import sys
from typing import Any

from tqdm import tqdm

from untrained.callback.run import Run
from untrained.callback.watcher import Watcher
from untrained.record.curve import AVERAGE, LAST, LOSS, Row, column
from untrained.step import Step


class Progress(Watcher):
    """Show step, seconds a step, time left, loss, and PSNR where the clean image is known."""

    def __init__(self) -> None:
        self.bar: tqdm[Any] = tqdm(disable=True)  # until a run begins

    def begin(self, run: Run) -> None:
        """Open the bar; the time left is the most where a rule may end the run sooner."""
        steps = "step {n_fmt}/{total_fmt} |{bar}| {rate_inv_fmt}, "
        left = "at most {remaining} left{postfix}" if run.halt else "{remaining} left{postfix}"
        self.bar = tqdm(
            total=run.steps,
            initial=run.done,
            # In a file each state of the bar is a line of its own; in a notebook it is not.
            mininterval=0.2 if sys.stderr.isatty() or "ipykernel" in sys.modules else 10,
            dynamic_ncols=True,
            bar_format=steps + left,
            unit="step",
        )

    def see(self, step: Step) -> None:
        """Move the bar; the guard may have gone back."""
        self.bar.update(step.number + 1 - self.bar.n)

    def told(self, row: Row) -> None:
        """Show the loss and the PSNR."""
        psnr = row.get(column("psnr", AVERAGE), row.get(column("psnr", LAST)))
        seen = "" if psnr is None else f", PSNR {psnr:.2f} dB"
        self.bar.set_postfix_str(f"loss {row[LOSS]:.5f}{seen}", refresh=False)

    def close(self) -> None:
        """Leave the last state of the bar."""
        self.bar.close()
