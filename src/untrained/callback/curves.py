"""Measure how good each step is: the metrics of the curves."""

from statistics import fmean

from torch import Tensor

from untrained import check
from untrained.callback.run import Run
from untrained.callback.watcher import Watcher
from untrained.record.curve import (
    AGAINST_TARGET,
    AVERAGE,
    DEVIATION,
    LAST,
    PSNR_OF_FITS,
    Row,
    column,
)
from untrained.step import Step, mean_of


class Curves(Watcher):
    """Measure the steps of the curves.

    mse, psnr (dB) and ssim have two columns where the clean image is known: `last` compares the
    reconstruction with it, `average` the average. mse and psnr have a third, `against_target`: it
    compares what A makes of the reconstruction with the target.

    With several fits, the columns are about their mean image, and there are two more. `deviation`
    is how far the fits are apart: the mean over the pixels of their standard deviation, on the
    0-255 scale. `psnr/fits` is the mean of each fit's own PSNR.

    Args:
        every: Steps between two points of the curves.

    Raises:
        ValueError: If `every` is no whole number from 1 up.
    """

    run: Run

    def __init__(self, every: int) -> None:
        self.every = check.whole("every", every)

    def begin(self, run: Run) -> None:
        """Remember the run, whose clean image nobody else reads while it is fitted."""
        self.run = run

    def columns(self, step: Step) -> Row:
        """Return the metrics of a step, for reporting alone."""
        row: dict[str, float] = {}
        if self.run.clean is not None:
            row |= self.beside_clean(LAST, step.reconstruction)
            if step.average is not None:
                row |= self.beside_clean(AVERAGE, step.average)
        error = target_error(step)
        row[column("mse", AGAINST_TARGET)] = error.item()
        row[column("psnr", AGAINST_TARGET)] = (-10 * error.log10()).item()
        if step.deviation is not None:
            row |= self.of_several_fits(step, step.deviation)
        return row

    def of_several_fits(self, step: Step, deviation: Tensor) -> Row:
        """Return how far several fits differ (0-255 scale), and the mean of their PSNR in dB."""
        row = {DEVIATION: 255 * deviation.mean().item()}
        if self.run.clean is not None:
            clean = self.run.clean.to(step.images)
            fits = self.run.visible(step.results)[:, None]
            row[PSNR_OF_FITS] = fmean(self.run.metric.psnr(fit, clean).item() for fit in fits)
        return row

    def beside_clean(self, kind: str, image: Tensor) -> Row:
        """Return the metrics of an image `1 c h w` against the clean image, by column."""
        clean = self.run.clean.to(image)  # type: ignore[union-attr]
        found = self.run.metric.quality(self.run.visible(image), clean)
        return {column(name, kind): value for name, value in found.items()}


def target_error(step: Step) -> Tensor:
    """Return the mean of (clip(A(x)) - y)^2 over the known entries, for the mean image x, 0-dim.

    What is no picture is not clipped.
    """
    measurement = mean_of(step.measurement)
    if step.problem.degradation.is_picture:
        measurement = measurement.clamp(0, 1)
    return step.problem.residual(measurement, step.target)
