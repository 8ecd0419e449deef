"""The figures of a run, for other tools and for the eye."""

import hashlib
import json
import logging
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from torch import Tensor

from untrained.baseline.baseline import Outcome
from untrained.callback.logbook import log_results
from untrained.callback.recommendation import picked, recommendation
from untrained.callback.run import Last, Run
from untrained.callback.watcher import Watcher
from untrained.degradation.identity import Identity
from untrained.record.curve import AVERAGE, DEVIATION, LAST, STEP, best_row, column, finite
from untrained.record.summary import write_summary

log = logging.getLogger(__name__)

AT_WHITE = 0.99
PACKAGES = ("untrained", "torch", "pytorch-lightning", "hydra-core", "torchmetrics", "numpy")


class Summary(Watcher):
    """Write `summary.json` at the end of a run, and log its figures.

    Its keys are a contract. A number that is not known, or not finite, is null.

    - `status`: 'finished', 'stopped' by a rule, or 'interrupted'.
    - `steps`, `seconds`, `seconds_per_step`, `peak_memory_mb`, `parameters`, `versions`.
    - `target_sha256`: the fingerprint of the target.
    - `channels`: of the image that is compared and shown. Drawings show three of 2, or of over 3.
    - `view`: what the target is called: 'Noisy', 'Masked', 'Low resolution'; null for no image.
    - `psnr` (dB) and `ssim`, each against the clean image: `target` (as it is drawn, a small one
      enlarged), `last` and `average` of the last step, `best` and its `best_step`. `best` is the
      oracle: the best reconstruction over the steps of the curves. Nobody can pick it without the
      clean image.
    - `best_average`: `step`, `psnr` and `ssim` of the best average over the steps of the curves;
      null without an average.
    - `reconstruction`: what `reconstruction.png` is. Its `kind` is 'average' or 'last'. `rule` is
      the rule that chose its `step`, or null, and `detected` whether that choice stands. `merged`
      is whether known pixels are put in place, and `refined` whether it is refined. `at_white` is
      the share of its pixels at `degradation.white`, if that bounds it. `removed` is the root mean
      square of what was taken from the target, on the 0-255 scale, if nothing but noise was done to
      it. `psnr` and `ssim` are its quality.
    - `stopping`: by the rule's name, the `step` that it picked, whether the pick is `detected` or
      the best so far, `psnr` and `ssim` of its image, and whether the rule `halted` the run.
      `gap_db` is by how much the best image of the same kind is better. `noise` is what noise the
      rule saw in the target, if it says so.
    - `baselines`: by the baseline's name, what people call it (`name`), the `seconds` that it took
      and, where the clean image is known, `psnr` and `ssim` of its image.
    - `deviation`: how far several fits are apart at the last step of the curves; null for one fit.
    - `restorations`: how often the guard went back.
    """

    def save(self, run: Run) -> None:
        """Sum the run up."""
        summary = summed_up(run)
        write_summary(run.folder, summary)
        told = {key: summary[key] for key in ("status", "steps", "psnr", "ssim")}
        log.info("%s", json.dumps(told))
        log_results(run.trainer, run.words, results(summary))


def summed_up(run: Run) -> dict[str, Any]:
    """Return what `summary.json` holds."""
    last = cast(Last, run.last)
    pictures = {
        "last": run.visible(last.reconstruction),
        "average": None if last.average is None else run.visible(last.average),
    }
    qualities = {name: run.quality(picture) for name, picture in pictures.items()}
    qualities = {"target": run.quality_of_view()} | qualities
    return {
        "status": run.status,
        "steps": run.done,
        "seconds": round(run.seconds, 3),
        "seconds_per_step": round(run.seconds / run.done, 6),
        "peak_memory_mb": run.memory_mb,
        "parameters": run.parameters,
        "target_sha256": sha256(run.target),
        "versions": {"python": platform.python_version()} | {p: installed(p) for p in PACKAGES},
        "channels": run.visible(last.reconstruction).shape[1],
        "view": run.view_name,
        "psnr": figures("psnr", qualities, run),
        "ssim": figures("ssim", qualities, run),
        "reconstruction": answer(run),
        "best_average": best_average(run),
        "stopping": verdicts(run),
        "baselines": {name: compared(run, each) for name, each in run.baselines.items()},
        "deviation": finite(run.rows[-1].get(DEVIATION) if run.rows else None),
        "restorations": run.restorations,
    }


def installed(package: str) -> str | None:
    """Return the version of a package; None for a source tree that is run without `pip install`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def answer(run: Run) -> dict[str, Any]:
    """Return which image `reconstruction.png` is, and how good it is."""
    recommended = recommendation(run)
    known = run.quality(run.visible(recommended.image))
    own = recommended.image if recommended.network is None else recommended.network
    return {
        "kind": recommended.kind,
        "step": recommended.step,
        "rule": recommended.rule,
        "detected": recommended.detected,
        "merged": recommended.merged,
        "refined": recommended.refined,
        "at_white": at_white(run, own),
        "removed": removed(run, recommended.image),
        "psnr": finite(known.get("psnr")),
        "ssim": finite(known.get("ssim")),
    }


def at_white(run: Run, image: Tensor) -> float | None:
    """Return the share of the network's image at white, if a setting says what white is.

    A network with a sigmoid has nothing above white, so the clean image may be brighter there.
    """
    says_white = "white" in run.problem.degradation.of_own_target
    is_bounded = bool(image.max() <= 1)
    if not says_white or not is_bounded or run.clean is not None:
        return None
    return finite((run.visible(image) > AT_WHITE).float().mean().item())


def removed(run: Run, image: Tensor) -> float | None:
    """Return the root mean square of y - x, on the 0-255 scale, if y is x and noise; else None."""
    if not isinstance(run.problem.degradation, Identity):
        return None
    difference = run.target.to(image) - image
    return finite(255 * difference.square().mean().sqrt().item())


def best_average(run: Run) -> dict[str, Any] | None:
    """Return the step of the curves whose average has the highest PSNR, and its quality."""
    best = best_row(run.rows, column("psnr", AVERAGE))
    if best is None:
        return None
    return {
        "step": best[STEP],
        "psnr": best[column("psnr", AVERAGE)],
        "ssim": finite(best[column("ssim", AVERAGE)]),
    }


def figures(
    metric: str, qualities: Mapping[str, Mapping[str, float]], run: Run
) -> dict[str, float | int | None]:
    """Return one metric of the target, the last reconstruction, the average, and the oracle's.

    Args:
        metric: 'psnr' or 'ssim'.
        qualities: The metrics of each picture, by its name.
        run: The run, for the rows of its curves.
    """
    name = column(metric, LAST)
    best = best_row(run.rows, name) or {}
    values = {key: quality.get(metric) for key, quality in qualities.items()}
    values |= {"best": best.get(name), "best_step": best.get(STEP)}
    # An image that is equal has no PSNR that JSON could hold.
    return {key: finite(value) for key, value in values.items()}


def verdicts(run: Run) -> dict[str, dict[str, Any]]:
    """Return what each stopping rule picked, and how good it is where the clean image is known."""
    found: dict[str, dict[str, Any]] = {}
    for name, rule in run.rules.items():
        if rule.reconstruction is None:
            continue
        image, kind = picked(run, rule)
        quality = run.quality(run.visible(image))
        found[name] = {
            "step": int(rule.step),
            "detected": bool(rule.detected),
            "psnr": finite(quality.get("psnr")),
            "ssim": finite(quality.get("ssim")),
            "gap_db": finite(gap(run, kind, quality)),
            "halted": run.halted == name,
        }
        if rule.seen:
            found[name]["noise"] = rule.seen
    return found


def compared(run: Run, outcome: Outcome) -> dict[str, Any]:
    """Return what a baseline took, and how good its image is where the clean one is known."""
    found: dict[str, Any] = {"name": outcome.name, "seconds": round(outcome.seconds, 3)}
    quality = run.quality(outcome.image)
    return found | {key: finite(quality[key]) for key in ("psnr", "ssim") if key in quality}


def gap(run: Run, kind: str, quality: Mapping[str, float]) -> float | None:
    """Return by how many dB the best image of a kind is better; None where that is not known.

    Args:
        run: The run, for the rows of its curves.
        kind: 'average' or 'last'.
        quality: The metrics of the image that was picked.
    """
    name = column("psnr", kind)
    best = best_row(run.rows, name)
    if best is None or "psnr" not in quality:
        return None
    return best[name] - quality["psnr"]


def sha256(target: Tensor) -> str:
    """Return the SHA-256 of a target: of its shape and its float32 values."""
    shape = "x".join(map(str, target.shape))
    return hashlib.sha256(shape.encode() + target.cpu().contiguous().numpy().tobytes()).hexdigest()


def results(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the final figures, as a logger shows them."""
    found = {}
    for metric in ("psnr", "ssim"):
        for key, value in summary[metric].items():
            if value is not None:
                found[f"result/{metric}_{key}"] = value
    return found | {"result/seconds": summary["seconds"]}
