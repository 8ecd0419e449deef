"""The score of a run, for a sweep that searches."""

import math
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from untrained.record.curve import AGAINST_TARGET, STEP, column
from untrained.record.run import Record, numbers, record

ERROR = column("mse", AGAINST_TARGET)


def score(config: DictConfig, folder: Path) -> float | None:
    """Return the number of a run that the word `score` names; None where it is null.

    The run may be an earlier one, that a sweep finds finished: all is read from its folder. The
    number is one of `summary.json` (`psnr.last`), one of the last row of `metrics.csv`
    (`psnr/against_target`), or `discrepancy`, which needs no clean image:

        |255 sqrt(mean((A(x) - y)^2)) - sigma|

    of the last reconstruction x, the target y and `noise.sigma` (0-255 scale): how far the residual
    is from the noise (Morozov 1966). A run that fits too little has a larger residual, a run
    that overfits a smaller residual. The number says nothing between two runs whose residuals are
    alike. The clipping of the noisy image makes both a little smaller than sigma.

    Returns:
        The number; nan for a run that failed or has no such number.
    """
    if config.score is None:
        return None
    run = record(folder)
    has_curve = bool(run.curve[STEP])
    if not run.summary or not (has_curve or run.summary.get("tiles")):
        return math.nan
    sigma = OmegaConf.select(config, "noise.sigma")
    return scores(run, sigma).get(str(config.score), math.nan)


def scores(run: Record, sigma: float | None) -> dict[str, float]:
    """Return every number of a run by its name, and `discrepancy` where sigma is known."""
    # A photo in tiles has no curve.
    last_row = {name: values[-1] for name, values in run.curve.items() if values}
    found = numbers(run) | last_row
    if sigma is not None and ERROR in last_row:
        found["discrepancy"] = abs(255 * math.sqrt(last_row[ERROR]) - sigma)
    return found
