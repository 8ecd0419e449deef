"""The stopping rules of a run: all look, one may end it, one may be recommended."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor

from untrained.callback.curves import curves_of
from untrained.callback.logbook import log_row
from untrained.data import Observation
from untrained.metric import deviation
from untrained.prior import ImagePrior
from untrained.stopping.rule import Iterate, Rule

logger = logging.getLogger(__name__)


class Stopping(Callback):
    """Show each step to every rule, and the rules' statistics in the rows of the curves.

    A rule's column of `metrics.csv` and TensorBoard is `stopping/<rule>`, nan where it has no
    statistic yet, and `stopping/<rule>/<n>` where it shows more. The device is asked in the
    steps of the curves alone, and so is the rule that may end the run: it ends up to `log.every`
    steps after it was detected, which costs nothing else, since the image is kept.

    It has to come after the curves.

    Args:
        halt: Name of the rule that ends the run, or None.
        choose: Name of the rule whose image is recommended; None for the last step. It need not be
            the rule in `halt`.
        rules: The rules by name.

    Raises:
        ValueError: If `halt` or `choose` is no rule's name.
    """

    def __init__(self, halt: str | None = None, choose: str | None = None, **rules: Rule) -> None:
        for word, name in (("halt", halt), ("choose", choose)):
            if name is not None and name not in rules:
                attached = ", ".join(sorted(rules)) or "none is attached"
                raise ValueError(f"{word} must be null or a rule ({attached}), got {name!r}")
        self.halt, self.choose, self.rules = halt, choose, rules
        self.halted: str | None = None

    def on_fit_start(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Leave a run ended that the rule in `halt` has ended; it may still have to be drawn."""
        if self.halted and self.halted == self.halt:
            trainer.should_stop = True

    def on_train_start(self, *_: Any) -> None:  # noqa: ANN401
        """Begin, or go on with a run that another rule had ended."""
        self.halted = None

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        outputs: Mapping[str, Tensor],
        batch: Observation,
        batch_idx: int,
    ) -> None:
        """Show the step to the rules; log them, and halt, if the step is one of the curves."""
        spread = None if outputs["results"] is None else deviation(outputs["results"])
        iterate = Iterate(
            step=trainer.global_step - 1,
            reconstruction=outputs["reconstruction"],
            average=outputs["average"],
            measurement=outputs["measurement"],
            target=batch.target,
            twin=outputs["twin"],
            deviation=spread,
            age=cast(float, prior.average.age),
            degradation=prior.degradation,
        )
        for rule in self.rules.values():
            rule.update(iterate)
        curves = curves_of(trainer)
        rows = curves.rows[-1:] if curves else []
        if not rows or rows[0]["step"] == iterate.step:
            found, detected = self.read()
            if rows:
                rows[0].update(found)
                log_row(trainer, {"step": iterate.step, **found})
            if detected:
                self.halted, trainer.should_stop = self.halt, True
                logger.info("stopping.halt=%s ends the run at step %d", self.halt, iterate.step)

    def read(self) -> tuple[dict[str, float], bool]:
        """Give what the rules show, and whether the run is to end, in one copy from the device."""
        shown = {
            "/".join(["stopping", name, key]).rstrip("/"): value
            for name, rule in self.rules.items()
            for key, value in rule.curves().items()
        }
        halt = [self.rules[self.halt].detected] if self.halt else []
        tensors = [value.float() for value in [*shown.values(), *halt]]
        values = torch.stack(tensors).tolist() if tensors else []
        return dict(zip(shown, values, strict=False)), bool(halt and values[-1])

    def state_dict(self) -> dict[str, Any]:
        """Give the rules to a checkpoint."""
        rules = {name: rule.state_dict() for name, rule in self.rules.items()}
        return {"halted": self.halted, "rules": rules}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the rules from a checkpoint."""
        self.halted = state_dict["halted"]
        for name, state in state_dict["rules"].items():
            self.rules[name].load_state_dict(state)


def stopping_of(trainer: Trainer) -> Stopping | None:
    """Give the callback that keeps the rules, for those that draw or sum them up."""
    return next((c for c in trainer.callbacks if isinstance(c, Stopping)), None)  # type: ignore[attr-defined]


def halted(trainer: Trainer) -> str | None:
    """Name the rule that has ended the run, if one has."""
    stopping = stopping_of(trainer)
    return stopping.halted if stopping else None
