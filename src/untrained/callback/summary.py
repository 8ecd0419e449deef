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
from rich.console import Console
from rich.table import Table
from torch import Tensor

from untrained.callback.curves import Row, curves_of
from untrained.callback.guard import Guard
from untrained.callback.pictures import observation_of
from untrained.callback.stopping import halted, is_over, stopping_of
from untrained.data import Observation
from untrained.file import replacing
from untrained.memory import peak_memory_mb
from untrained.metric import quality
from untrained.prior import ImagePrior

log = logging.getLogger(__name__)

PACKAGES = ("untrained", "torch", "pytorch-lightning", "hydra-core", "torchmetrics", "numpy")


class Summary(Callback):
    """Write `summary.json` at the end of a run, fill TensorBoard's HParams tab, print a table.

    Its keys are a contract: `status` ('finished', 'stopped' by a rule, 'interrupted'), `steps`,
    `seconds`, `seconds_per_step`, `peak_memory_mb`, `parameters`, `target_sha256`, `versions`, and
    of `psnr` (dB) and `ssim`: `target`, `last`, `average`, `best` and `best_step`, each against the
    clean image, null where there is none. `best` is the best of the last reconstructions
    over the steps of the curves: the oracle, which nobody without the clean image can pick.
    `stopping` has, by the rule's name, the `step` that it picked, whether it was `detected` (or is
    the best so far), `psnr` and `ssim` of its image, `gap_db`, by how much the best image of its
    kind is better (the average where there is one), and whether it `halted` the run.
    `deviation` is how far several fits are apart at the last step of the curves, null of one.
    `restorations` is how often the guard restored an earlier step.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.outputs: Mapping[str, Tensor] = {}

    def on_train_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Start the clock."""
        self.started = time.perf_counter() - self.seconds

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        outputs: Mapping[str, Tensor],
        *_: Any,  # noqa: ANN401
    ) -> None:
        """Read the clock, and hold on to the images of the step."""
        self.seconds = time.perf_counter() - self.started
        self.outputs = outputs

    def on_train_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Sum the run up."""
        observation = observation_of(trainer)
        curves = curves_of(trainer)
        rows = curves.rows if curves else []
        steps = trainer.global_step
        images = {"target": observation.target} | {
            "last": self.outputs["reconstruction"],
            "average": self.outputs["average"],
        }
        qualities = {name: known_quality(x, observation) for name, x in images.items()}
        summary = {
            "status": status(trainer),
            "steps": steps,
            "seconds": round(self.seconds, 3),
            "seconds_per_step": round(self.seconds / steps, 6),
            "peak_memory_mb": peak_memory_mb(),
            "parameters": sum(p.numel() for p in prior.generator.parameters()),
            "target_sha256": sha256(observation.target),
            "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
            "psnr": figures("psnr", qualities, rows),
            "ssim": figures("ssim", qualities, rows),
            "stopping": verdicts(trainer, rows),
            "deviation": finite(rows[-1].get("deviation") if rows else None),
            "restorations": restorations(trainer),
        }
        with replacing(Path(trainer.default_root_dir) / "summary.json") as temporary:
            temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")
        log.info(
            "%s", json.dumps({key: summary[key] for key in ("status", "steps", "psnr", "ssim")})
        )
        log_hyperparameters(trainer, prior, summary)
        print_table(trainer, summary)

    def state_dict(self) -> dict[str, float]:
        """Give the seconds to a checkpoint."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        """Take the seconds from a checkpoint."""
        self.seconds = state_dict["seconds"]


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


def status(trainer: Trainer) -> str:
    """Say how the run ended."""
    if halted(trainer):
        return "stopped"
    return "finished" if is_over(trainer) else "interrupted"


def verdicts(trainer: Trainer, rows: list[Row]) -> dict[str, dict[str, Any]]:
    """Give what each stopping rule picked, and how good it is where the clean image is known."""
    stopping = stopping_of(trainer)
    observation, found = observation_of(trainer), {}
    for name, rule in stopping.rules.items() if stopping else ():
        known = known_quality(rule.recommended, observation)
        kind = "psnr/last" if rule.average is None else "psnr/average"
        best = max((row.get(kind, math.nan) for row in rows), default=math.nan)
        values = {"psnr": known.get("psnr", math.nan), "ssim": known.get("ssim", math.nan)}
        values["gap_db"] = best - values["psnr"]
        found[name] = {
            "step": int(rule.step),
            "detected": bool(rule.detected),
            **{key: finite(value) for key, value in values.items()},
            "halted": halted(trainer) == name,
        }
    return found


def sha256(target: Tensor) -> str:
    """Give the fingerprint of the target: of its shape and its float32 values."""
    shape = "x".join(map(str, target.shape))
    return hashlib.sha256(shape.encode() + target.cpu().contiguous().numpy().tobytes()).hexdigest()


def log_hyperparameters(trainer: Trainer, prior: ImagePrior, summary: Mapping[str, Any]) -> None:
    """Fill the HParams tab with the words of the run and its final figures."""
    if trainer.logger:
        results = {
            f"result/{metric}_{key}": value
            for metric in ("psnr", "ssim")
            for key, value in summary[metric].items()
            if value is not None
        }
        results["result/seconds"] = summary["seconds"]
        trainer.logger.log_hyperparams(prior.hparams.get("words", {}), results)
        trainer.logger.save()


def print_table(trainer: Trainer, summary: Mapping[str, Any]) -> None:
    """Print the results as a person reads them, and where they are."""
    table = Table(title=f"{summary['status']}: {summary['steps']} steps", title_justify="left")
    table.add_column("image")
    table.add_column("PSNR, dB", justify="right")
    table.add_column("SSIM", justify="right")
    labels = {"target": "noisy target", "average": "average", "last": "last reconstruction"}
    labels["best"] = f"best of the curve (oracle, step {summary['psnr']['best_step']})"
    for key, label in labels.items():
        if summary["psnr"][key] is not None:
            table.add_row(label, f"{summary['psnr'][key]:.2f}", f"{summary['ssim'][key]:.3f}")
    console = Console(soft_wrap=True)
    if table.row_count:
        console.print(table)
    else:
        console.print("No clean image is known, so nothing is measured against it.")
    if summary["stopping"]:
        console.print(table_of_rules(summary["stopping"]))
    console.print(
        f"{summary['status']} after {summary['steps']} steps, {summary['seconds']:.0f} s "
        f"({summary['seconds_per_step']:.3f} s/step)\n{trainer.default_root_dir}",
        highlight=False,
    )


def table_of_rules(verdicts: Mapping[str, Mapping[str, Any]]) -> Table:
    """List the stopping rules, and what is known of their picks."""
    table = Table(title="stopping rules", title_justify="left")
    for heading in ("rule", "step", "PSNR, dB", "gap, dB"):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    for name, verdict in verdicts.items():
        step = f"{verdict['step']}{'' if verdict['detected'] else ' so far'}"
        known = [verdict[key] for key in ("psnr", "gap_db")]
        figures = ["" if value is None else f"{value:.2f}" for value in known]
        table.add_row(f"{name}{' (halted)' if verdict['halted'] else ''}", step, *figures)
    return table
