"""The stopping rules of a run: all look, one may end it, one may be recommended."""

import logging
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor

from untrained.callback.watcher import Watcher
from untrained.problem import Problem
from untrained.record.curve import Row, rule_column
from untrained.step import Step
from untrained.stopping.rule import Rule

log = logging.getLogger(__name__)


class Stopping(Watcher):
    """Show each step to every rule, and the rules' statistics in the rows of the curves.

    A rule's column is `stopping/<rule>`, nan where it has no statistic yet, and
    `stopping/<rule>/<n>` where it shows more. The device is asked in the steps of the curves alone,
    and so is the rule that may end the run. The run ends up to `log.every` steps after the rule
    was sure, which costs nothing else, since the image is kept.

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

    @property
    def has_ended(self) -> bool:
        """Whether the rule in `halt` has ended the run before."""
        return self.halted is not None and self.halted == self.halt

    def leave_out(self, problem: Problem, target: Tensor, asked_for: Collection[str]) -> None:
        """Drop the rules that would be wrong for a problem, in a line.

        Args:
            problem: What is minimised.
            target: y.
            asked_for: The rules that the user typed, which are refused instead.

        Raises:
            ValueError: If one of these does not suit.
        """
        reasons: dict[str, list[str]] = {}
        for name, rule in list(self.rules.items()):
            reason = rule.suits(problem, target)
            if reason and name in asked_for:
                is_complaint = " must be " in reason  # About a word that the rule needs.
                raise ValueError(
                    reason if is_complaint else f"stopping.{name} is of no use: {reason}"
                )
            if reason:
                reasons.setdefault(reason, []).append(name)
                del self.rules[name]
        for reason, names in reasons.items():
            log.warning("stopping: %s left out, since %s", ", ".join(names), reason)
        self.halt = self.halt if self.halt in self.rules else None
        self.choose = self.choose if self.choose in self.rules else None

    def see(self, step: Step) -> None:
        """Show the step to the rules."""
        for rule in self.rules.values():
            rule.see(step)

    def columns(self, step: Step) -> Row:
        """Return what the rules show, and note whether one ends the run."""
        found, detected = self.read()
        if detected:
            self.halted = self.halt
            log.info("stopping.halt=%s ends the run at step %d", self.halt, step.number)
        return found

    def read(self) -> tuple[Row, bool]:
        """Return what the rules show, and whether one ends the run; the device is asked once."""
        shown: dict[str, Tensor] = {}
        for name, rule in self.rules.items():
            for part, value in rule.curves().items():
                shown[rule_column(name, part)] = value
        halt = [self.rules[self.halt].detected] if self.halt else []
        tensors = [value.float() for value in [*shown.values(), *halt]]
        values = torch.stack(tensors).tolist() if tensors else []
        return dict(zip(shown, values, strict=False)), bool(halt and values[-1])

    def state_dict(self) -> dict[str, Any]:
        """Return the rules' states."""
        rules = {name: rule.state_dict() for name, rule in self.rules.items()}
        return {"halted": self.halted, "rules": rules}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the rules' states."""
        self.halted = state["halted"]
        for name, known in state["rules"].items():
            self.rules[name].load_state_dict(known)
