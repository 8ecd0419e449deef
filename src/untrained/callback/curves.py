"""The curves of a fit: metrics over steps."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from pytorch_lightning import Callback, Trainer
from torch import Tensor

from untrained.callback.logbook import log_row
from untrained.data import Observation
from untrained.file import replacing
from untrained.metric import deviation, mse, psnr, ssim
from untrained.prior import ImagePrior

Row = dict[str, float]
METRICS = (mse, psnr, ssim)


class Curves(Callback):
    """Measure each `every`-th step and the log-spaced ones, for the loggers and a csv file.

    A row at step t is of the weights before update t. `metrics.csv` has the columns `loss`, and
    of mse, psnr (dB) and ssim: `last`, the reconstruction against the clean image; `average`,
    the average against it; both only where the clean image is known; and of mse and psnr
    `against_target`, the reconstruction against the noisy target. Of several fits `loss` is the
    mean, and the others are of their mean image; `deviation` is then how far they are apart (the
    mean over the pixels of their standard deviation, on the 0-255 scale), and `psnr/fits` the mean
    of each one's own PSNR.

    Args:
        every: Steps between two points of the curves.

    Raises:
        ValueError: If `every` is not a whole number from 1 up.
    """

    def __init__(self, every: int) -> None:
        self.every = checked_every(every)
        self.rows: list[Row] = []

    def on_fit_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Log again what a run that was cut short had logged."""
        for row in self.rows:
            log_row(trainer, row)

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        outputs: Mapping[str, Tensor],
        batch: Observation,
        batch_idx: int,
    ) -> None:
        """Measure the step, if it is one to measure."""
        step = trainer.global_step - 1
        if step % self.every and not is_shown(step, trainer):
            return
        row = {"step": step, "loss": outputs["loss"].item()} | measured(outputs, batch)
        self.rows.append(row)
        log_row(trainer, row)

    def on_save_checkpoint(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Write the curves as far as the checkpoint knows them."""
        write(Path(trainer.default_root_dir) / "metrics.csv", self.rows)

    def on_fit_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Write the whole curves."""
        write(Path(trainer.default_root_dir) / "metrics.csv", self.rows)

    def state_dict(self) -> dict[str, list[Row]]:
        """Give the rows to a checkpoint."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, list[Row]]) -> None:
        """Take the rows from a checkpoint."""
        self.rows = state_dict["rows"]


def checked_every(every: int) -> int:
    """Give a number of steps back, or refuse it.

    Raises:
        ValueError: If `every` is not a whole number from 1 up.
    """
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ValueError(f"every must be a whole number from 1 up, got {every!r}")
    return every


def measured(outputs: Mapping[str, Tensor], observation: Observation) -> Row:
    """Give the metrics of one step; the only reader of the clean image, for reporting."""
    last, average = outputs["reconstruction"], outputs["average"]
    clean, target = observation
    measures = {
        "last": (METRICS, last, clean),
        "average": (METRICS, average, clean),
        # SSIM takes longer than a step's logging otherwise, and is asked of the clean image alone.
        "against_target": (METRICS[:2], last, target),
    }
    row = {
        f"{metric.__name__}/{name}": metric(image, reference).item()
        for name, (metrics, image, reference) in measures.items()
        for metric in metrics
        if image is not None and reference is not None and image.shape == reference.shape
    }
    return row | spread(outputs["results"], clean)


def spread(results: Tensor | None, clean: Tensor | None) -> Row:
    """Tell how far several fits are apart, and how good they are each for itself."""
    if results is None:
        return {}
    row = {"deviation": 255 * deviation(results).mean().item()}
    if clean is not None and clean.shape[1:] == results.shape[1:]:
        row["psnr/fits"] = fmean(psnr(one, clean).item() for one in results[:, None])
    return row


def is_shown(step: int, trainer: Trainer) -> bool:
    """Tell the steps whose image is kept: four an octave, the same for every run, and the last.

    They are 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, ..., the rounded powers of 2^(1/4).
    """
    steps = trainer.datamodule.steps  # type: ignore[attr-defined]
    return is_log_spaced(step) or step == steps - 1


def is_log_spaced(step: int) -> bool:
    """Tell whether `step` is 0 or a rounded power of 2^(1/4).

    Example:
        >>> [step for step in range(24) if is_log_spaced(step)]
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23]
    """
    return step == 0 or step == round(2 ** (round(4 * math.log2(step)) / 4))


def write(path: Path, rows: list[Row]) -> None:
    """Write rows as a csv file."""
    if not rows:
        return
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def columns(rows: list[Row]) -> dict[str, list[float]]:
    """Turn rows into columns."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def curves_of(trainer: Trainer) -> Curves | None:
    """Give the callback that keeps the curves, for the callbacks that draw or sum them up."""
    return next((c for c in trainer.callbacks if isinstance(c, Curves)), None)  # type: ignore[attr-defined]
