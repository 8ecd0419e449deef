"""The stopping rules of a run: all look, one may end it, one may be recommended."""

import logging
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor

from untrained import check
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
        named = (None, *sorted(rules))
        self.halt = check.choice("halt", halt, named)
        self.choose = check.choice("choose", choose, named)
        self.rules = rules
        self.halted: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the rule in `halt` has ended the run before."""
        return self.halted is not None and self.halted == self.halt

    def leave_out(self, problem: Problem, target: Tensor, asked_for: Collection[str]) -> list[str]:
        """Drop the rules that would be wrong for a problem, and return the lines that say so.

        The first other rule for noise takes the place of a rule that is dropped. If the objective
        amplifies the noise, this is a rule that watches the images alone, else one that watches how
        they fit the target: docs/evidence/stopping.md.

        Args:
            problem: What is minimised.
            target: y.
            asked_for: The rules that the user typed, which are refused instead.

        Raises:
            ValueError: If one of these does not suit.
        """
        left_out = defaultdict(list)
        for name, rule in list(self.rules.items()):
            reason = rule.suits(problem, target)
            if not reason:
                continue
            if name in asked_for:
                raise ValueError(complaint(name, reason))
            left_out[reason].append(name)
            del self.rules[name]
        lines = [
            f"stopping: {', '.join(names)} left out, because {reason}"
            for reason, names in left_out.items()
        ]
        spare = self.spare(problem.amplifies(target))
        dropped = [name for names in left_out.values() for name in names]
        if spare and (self.halt in dropped or self.choose in dropped):
            lines.append(f"stopping: {spare} takes the place of the rule that is left out")
        if self.halt in dropped:
            self.halt = spare
        if self.choose in dropped:
            self.choose = spare
        return lines

    def spare(self, of_images: bool) -> str | None:
        """Return the name of the first rule for noise; None without one.

        Args:
            of_images: Whether the rule watches the images alone, or how they fit the target.
        """
        rules = self.rules.items()
        fit = (n for n, rule in rules if rule.needs_noise and rule.watches_images == of_images)
        return next(fit, None)

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
        names, tensors = [], []
        for name, rule in self.rules.items():
            for part, value in rule.curves().items():
                names.append(rule_column(name, part))
                tensors.append(value.float())
        if self.halt:
            tensors.append(self.rules[self.halt].detected.float())
        values = torch.stack(tensors).tolist() if tensors else []
        detected = bool(values.pop()) if self.halt else False
        return dict(zip(names, values, strict=True)), detected

    def state_dict(self) -> dict[str, Any]:
        """Return the rules' states."""
        rules = {name: rule.state_dict() for name, rule in self.rules.items()}
        return {"halted": self.halted, "rules": rules}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the rules' states."""
        self.halted = state["halted"]
        for name, known in state["rules"].items():
            self.rules[name].load_state_dict(known)


def complaint(name: str, reason: str) -> str:
    """Return the line that refuses a rule; a reason about a word that the rule needs is one."""
    return reason if " must be " in reason else f"stopping.{name} cannot be used: {reason}"
