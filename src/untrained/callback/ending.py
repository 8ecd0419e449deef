"""How a run ended: the one answer that `summary.json`, `result.json` and the exit code read."""

from typing import Literal, NamedTuple

from pytorch_lightning import Trainer

from untrained.callback.stopping import halted

Status = Literal["finished", "stopped", "interrupted"]


class Ending(NamedTuple):
    """How a run ended.

    Args:
        status: 'finished' with all of its steps, 'stopped' by the rule in `stopping.halt`, or else
            'interrupted', whoever did it: a signal, `trainer.max_time`, a callback.
        done: Steps that are done.
        steps: Steps that were asked for.
        signal: The signal that arrived, or None.
    """

    status: Status
    done: int
    steps: int
    signal: int | None


def ending(trainer: Trainer) -> Ending:
    """Return how the run of a trainer ended, or would end now."""
    done, steps = trainer.global_step, trainer.datamodule.steps  # type: ignore[attr-defined]
    signals = [getattr(each, "signal", None) for each in trainer.callbacks]  # type: ignore[attr-defined]
    status: Status = "finished" if done >= steps else "interrupted"
    if halted(trainer):
        status = "stopped"
    return Ending(status, done, steps, next(filter(None, signals), None))
