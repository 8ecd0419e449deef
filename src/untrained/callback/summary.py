"""The figures of a run, for other tools and for the eye."""

import hashlib
import json
import logging
import math
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, Trainer
from torch import Tensor

from untrained.callback.curves import Row, curves_of
from untrained.callback.ending import ending
from untrained.callback.guard import Guard
from untrained.callback.logbook import log_results
from untrained.callback.pictures import observation_of
from untrained.callback.recommendation import picked, recommendation
from untrained.callback.stopping import halted, stopping_of
from untrained.data import Observation
from untrained.file import replacing
from untrained.kernel.memory import peak_memory_mb
from untrained.metric import quality
from untrained.prior import ImagePrior

log = logging.getLogger(__name__)

PACKAGES = ("untrained", "torch", "pytorch-lightning", "hydra-core", "torchmetrics", "numpy")


class Summary(Callback):
    """Write `summary.json` at the end of a run, and log its figures.

    Its keys are a contract: `status` ('finished', 'stopped' by a rule, 'interrupted'), `steps`,
    `seconds`, `seconds_per_step`, `peak_memory_mb`, `parameters`, `target_sha256`, `versions`, and
    of `psnr` (dB) and `ssim`: `target`, `last`, `average`, `best` and `best_step`, each against the
    clean image, null where there is none. `best` is the best of the last reconstructions
    over the steps of the curves: the oracle, which nobody without the clean image can pick.
    `best_average` is the same of the averages: `step`, `psnr`, `ssim`; null without an average.
    `reconstruction` is about `reconstruction.png`: its `kind` ('average' or 'last'), its `step`,
    the `rule` that chose the step or null, whether that rule had `detected` it, `psnr`, `ssim`.
    `stopping` has, by the rule's name, the `step` that it picked, whether it was `detected` (or is
    the best so far), `psnr` and `ssim` of its image, `gap_db`, by how much the best image of its
    kind is better (the average where there is one), and whether it `halted` the run; and as
    `noise` what noise the rule saw in the target, if it says so.
    `deviation` is how far several fits are apart at the last step of the curves, null of one.
    `restorations` is how often the guard restored an earlier step.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def on_train_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Start the clock."""
        self.started = time.perf_counter() - self.seconds

    def on_train_batch_end(self, *_: Any) -> None:  # noqa: ANN401
        """Read the clock."""
        self.seconds = time.perf_counter() - self.started

    def on_fit_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Sum the run up, if it has any step."""
        if not prior.images:
            return
        summary = summed_up(trainer, prior, self.seconds)
        with replacing(Path(trainer.default_root_dir) / "summary.json") as temporary:
            temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")
        log.info(
            "%s", json.dumps({key: summary[key] for key in ("status", "steps", "psnr", "ssim")})
        )
        log_results(trainer, prior.hparams.get("words", {}), results(summary))

    def state_dict(self) -> dict[str, float]:
        """Return the seconds, for a checkpoint."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        """Take the seconds from a checkpoint."""
        self.seconds = state_dict["seconds"]


def summed_up(trainer: Trainer, prior: ImagePrior, seconds: float) -> dict[str, Any]:
    """Return what `summary.json` holds."""
    observation, curves, steps = observation_of(trainer), curves_of(trainer), trainer.global_step
    rows = curves.rows if curves else []
    images = {
        "target": observation.target,
        "last": prior.images["reconstruction"],
        "average": prior.images["average"],
    }
    qualities = {name: known_quality(x, observation) for name, x in images.items()}
    return {
        "status": ending(trainer).status,
        "steps": steps,
        "seconds": round(seconds, 3),
        "seconds_per_step": round(seconds / steps, 6),
        "peak_memory_mb": peak_memory_mb(),
        "parameters": sum(p.numel() for p in prior.generator.parameters()),
        "target_sha256": sha256(observation.target),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "psnr": figures("psnr", qualities, rows),
        "ssim": figures("ssim", qualities, rows),
        "reconstruction": answer(trainer, prior),
        "best_average": best_average(rows),
        "stopping": verdicts(trainer, prior, rows),
        "deviation": finite(rows[-1].get("deviation") if rows else None),
        "restorations": restorations(trainer),
    }


def answer(trainer: Trainer, prior: ImagePrior) -> dict[str, Any]:
    """Return which image `reconstruction.png` is, and how good it is."""
    recommended = recommendation(trainer, prior)
    known = known_quality(recommended.image, observation_of(trainer))
    return {
        "kind": recommended.kind,
        "step": recommended.step,
        "rule": recommended.rule,
        "detected": recommended.detected,
        "psnr": finite(known.get("psnr")),
        "ssim": finite(known.get("ssim")),
    }


def best_average(rows: list[Row]) -> dict[str, Any] | None:
    """Return the step of the curves whose average has the highest PSNR, and its quality."""
    known = [row for row in rows if math.isfinite(row.get("psnr/average", math.nan))]
    if not known:
        return None
    best = max(known, key=lambda row: row["psnr/average"])
    return {
        "step": best["step"],
        "psnr": best["psnr/average"],
        "ssim": finite(best["ssim/average"]),
    }


def restorations(trainer: Trainer) -> int:
    """Give how often the guard restored an earlier step."""
    return next((c.restorations for c in trainer.callbacks if isinstance(c, Guard)), 0)  # type: ignore[attr-defined]


def known_quality(picture: Tensor | None, observation: Observation) -> dict[str, float]:
    """Give the quality of an image against the clean one, or nothing where either is missing."""
    clean = observation.clean
    if picture is None or clean is None or picture.shape != clean.shape:
        return {}
    return quality(picture.to(clean.device), clean)


def figures(
    metric: str, qualities: Mapping[str, Mapping[str, float]], rows: list[Row]
) -> dict[str, float | int | None]:
    """Give one metric of the target, the last reconstruction, the average, and the oracle's."""
    name = f"{metric}/last"
    best = max(rows, key=lambda row: row[name]) if rows and name in rows[0] else {}
    values = {key: quality.get(metric) for key, quality in qualities.items()} | {
        "best": best.get(name),
        "best_step": best.get("step"),
    }
    # An image that is equal has no PSNR that JSON could hold.
    return {key: finite(value) for key, value in values.items()}


def finite(value: float | None) -> float | None:
    """Give a number that JSON can hold, or None."""
    return value if value is not None and math.isfinite(value) else None


def verdicts(trainer: Trainer, prior: ImagePrior, rows: list[Row]) -> dict[str, dict[str, Any]]:
    """Return what each stopping rule picked, and how good it is where the clean image is known."""
    stopping = stopping_of(trainer)
    observation = observation_of(trainer)
    found: dict[str, dict[str, Any]] = {}
    for name, rule in stopping.rules.items() if stopping else ():
        image, kind = picked(trainer, prior, rule)
        known = known_quality(image, observation)
        best = max((row.get(f"psnr/{kind}", math.nan) for row in rows), default=math.nan)
        values = {"psnr": known.get("psnr", math.nan), "ssim": known.get("ssim", math.nan)}
        values["gap_db"] = best - values["psnr"]
        found[name] = {
            "step": int(rule.step),
            "detected": bool(rule.detected),
            **{key: finite(value) for key, value in values.items()},
            "halted": halted(trainer) == name,
        }
        if rule.seen:
            found[name]["noise"] = rule.seen
    return found


def sha256(target: Tensor) -> str:
    """Give the fingerprint of the target: of its shape and its float32 values."""
    shape = "x".join(map(str, target.shape))
    return hashlib.sha256(shape.encode() + target.cpu().contiguous().numpy().tobytes()).hexdigest()


def results(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the final figures, as a logger shows them."""
    found = {
        f"result/{metric}_{key}": value
        for metric in ("psnr", "ssim")
        for key, value in summary[metric].items()
        if value is not None
    }
    return found | {"result/seconds": summary["seconds"]}
