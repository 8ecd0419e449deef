"""The end of a run: its `result.json`."""

import hashlib
import json
import platform
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf

from untrained.command.pointed import digests
from untrained.command.typed import typed
from untrained.kernel.thread import count_of_cores
from untrained.record.result import read_result, write_result
from untrained.seed import DRAWS

Status = Literal["finished", "failed", "interrupted"]

# Groups that are built of the others, or only look.
WATCHING = (
    "callbacks",
    "baseline",
    "logger",
    "trainer",
    "data",
    "prior",
    "problem",
    "fit",
    "kernel",
    "metric",
    "score",
)
# And what of them changes the fit after all.
TILE = ("size", "overlap")
TRAINER = ("precision", "gradient_clip_val", "gradient_clip_algorithm", "accumulate_grad_batches")
LOOKING = ("untrained.callback.", "untrained.trainer.", "pytorch_lightning.callbacks.")
CHANGING = (
    "untrained.trainer.guard.Guard",
    "pytorch_lightning.callbacks.GradientAccumulationScheduler",
    "pytorch_lightning.callbacks.LearningRateFinder",
    "pytorch_lightning.callbacks.StochasticWeightAveraging",
    "pytorch_lightning.callbacks.WeightAveraging",
    "pytorch_lightning.callbacks.EMAWeightAveraging",
)
# What a run may change when it is resumed, besides `steps`: how it is watched, where it is put.
FREE_WORDS = ("resume", "log", "checkpoint")


def resolved(config: DictConfig) -> dict[str, Any]:
    """Return the words of a run with their values, and under `files` what they point at now."""
    words: Any = OmegaConf.to_container(config, resolve=True)
    return words | {"files": digests(fitted(words)), "draws": DRAWS}


def fitted(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a config that the fit depends on, and how often it is looked at."""
    kept = {group: value for group, value in words.items() if group not in WATCHING}
    if "tile" in words:
        kept["tile"] = part_of(words["tile"], TILE)
    kept["trainer"] = part_of(words.get("trainer") or {}, TRAINER)
    callbacks = words.get("callbacks") or {}
    kept["callbacks"] = {name: each for name, each in callbacks.items() if changes_fit(each)}
    return kept


def part_of(settings: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the settings of some names, as far as they are there."""
    return {name: settings[name] for name in names if name in settings}


def changes_fit(callback: object) -> bool:
    """Whether a callback may change the fit: the guard does, and one of the user's own may."""
    target = str(callback.get("_target_")) if isinstance(callback, Mapping) else ""
    return target in CHANGING or bool(target and not target.startswith(LOOKING))


def fingerprint(words: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what the fit depends on, its length among it."""
    kept = {group: value for group, value in fitted(words).items() if group not in FREE_WORDS}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


def is_finished(folder: Path, words: Mapping[str, Any]) -> bool:
    """Whether the folder holds a finished run of just these words."""
    found = read_result(folder)
    return found.get("status") == "finished" and found.get("fingerprint") == fingerprint(words)


def record(
    folder: Path,
    words: Mapping[str, Any],
    started: float,
    status: Status,
    error: str | None = None,
    **end: Any,  # noqa: ANN401
) -> None:
    """Write `result.json`, a contract like `summary.json`.

    - `status`: 'finished', 'failed' or 'interrupted'. A run that was killed has no `result.json`.
    - `error`: one line, or null.
    - `refused`: why a run of other words was not let into this folder, or null.
    - `words`: the words as they were typed.
    - `seconds`: what this process took for its part of the run, with the drawing.
    - `config`: what the fit depends on, and the metric of the figures; `fingerprint` is its hash.
    - `machine`: where the run was.
    - `steps`: how many are done; `halted`: the rule that ended the fit, or null.

    Args:
        folder: The folder of the run.
        words: Its words with their values.
        started: When this process began, in seconds.
        status: What became of it.
        error: Why it failed.
        end: `steps` and `halted`; where they are left out, those that are known stay.
    """
    kept = read_result(folder) | end
    result = {
        "status": status,
        "error": error,
        "refused": None,
        "words": [word for word in typed() if not word.startswith("resume=")],
        "seconds": round(time.time() - started, 3),
        "fingerprint": fingerprint(words),
        "config": shown(words),
        "machine": machine(),
    }
    write_result(folder, result | {"steps": kept.get("steps"), "halted": kept.get("halted")})


def shown(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `config` of `result.json` shows: what the fit depends on, and the metric."""
    kept = fitted(words)
    if "metric" in words:
        kept["metric"] = words["metric"]
    return kept


def refuse(folder: Path, line: str | None) -> None:
    """Note beside a finished result why another run was refused its folder; None takes it back."""
    found = read_result(folder)
    if line or found.get("refused"):
        write_result(folder, found | {"refused": line})


def machine() -> dict[str, Any]:
    """Return what the run ran on, so that its seconds mean something."""
    import torch  # Late: it takes seconds.

    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": count_of_cores(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def processor() -> str:
    """Return the name of the processor; Linux keeps its model's name apart."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*:(.*)$", text, re.MULTILINE)
    return model[1].strip() if model else platform.processor() or platform.machine()
