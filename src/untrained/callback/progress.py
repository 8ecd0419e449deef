"""The one progress bar of a run."""

import sys
from typing import Any

from pytorch_lightning import Callback, Trainer
from tqdm import tqdm

from untrained.callback.curves import curves_of


class Progress(Callback):
    """Show step, seconds a step, time left, loss, and PSNR where the clean image is known."""

    def __init__(self) -> None:
        self.bar: tqdm[Any] | None = None

    def on_train_start(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Open the bar."""
        self.bar = tqdm(
            total=trainer.datamodule.steps,  # type: ignore[attr-defined]
            initial=trainer.global_step,
            # In a file each state of the bar is a line of its own.
            mininterval=0.2 if sys.stderr.isatty() else 10,
            dynamic_ncols=True,
            bar_format="step {n_fmt}/{total_fmt} |{bar}| {rate_inv_fmt}, {remaining} left{postfix}",
            unit="step",
        )

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Move the bar."""
        assert self.bar is not None
        curves = curves_of(trainer)
        if curves and curves.rows:
            row = curves.rows[-1]
            psnr = row.get("psnr/average", row.get("psnr/last"))
            seen = "" if psnr is None else f", PSNR {psnr:.2f} dB"
            self.bar.set_postfix_str(f"loss {row['loss']:.5f}{seen}", refresh=False)
        self.bar.update(trainer.global_step - self.bar.n)  # The guard may have gone back.

    def on_train_end(self, *_: Any) -> None:  # noqa: ANN401
        """Leave the last state of the bar, before anything else is said."""
        self.teardown()

    def teardown(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Close the bar."""
        if self.bar:
            self.bar.close()

    def on_exception(self, *_: Any) -> None:  # noqa: ANN401
        """End as at any end; Lightning calls no teardown then."""
        self.teardown()
