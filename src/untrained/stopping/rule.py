"""What every stopping rule shares: it measures each step, picks one, and keeps its image."""

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from untrained import check
from untrained.noise.level import is_readable
from untrained.problem import Problem
from untrained.step import Step

NO_NOISE = "the target has no noise"
NOT_WHOLE = "parts of the target are unknown"
NO_SIGHT = "the noise of such a target cannot be estimated"
NO_PICTURE = "the target is not a picture of at least 16 x 16 pixels"


class Rule(ABC):
    """A stopping rule: a `statistic` of the steps, and from it the `step` that is picked.

    All that a rule knows is in 0-dim tensors and images on the device of the fit: an update asks
    the device for nothing. Once `detected`, the pick stands. Until then it is what the rule would
    answer if the fit ended now.

    The statistic describes the network at the step `at` which it says to stop. An average lags the
    network by `age` steps. So the rule takes the average of step `at + age`, and `step` is that
    later one. A rule whose statistic describes the average itself has no such `lag`.

    Each attribute that is a tensor belongs to the rule's state, and what it has `seen`.

    Args:
        every: Steps between two that are measured, and so the resolution of the pick.
    """

    needs_noise = False
    """Whether the rule waits for noise to be fitted, so that without noise it would be wrong."""

    needs_whole_target = False
    """Whether the rule would be wrong where parts of the target are unknown."""

    needs_picture = False
    """Whether the rule reads the noise off the target's pixels, of which there must be enough."""

    seen: str | None = None
    """What noise the rule saw in the target, in words ('impulses'), or None."""

    def __init__(self, every: int = 1) -> None:
        self.every = check.whole("every", every)
        self.statistic = torch.tensor(math.nan)
        self.at = torch.tensor(0)
        self.step = torch.tensor(0)
        self.detected = torch.tensor(False)
        self.reconstruction: Tensor | None = None
        self.average: Tensor | None = None
        self.deviation: Tensor | None = None

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule would be wrong for a problem, in words; None where it is right."""
        if self.needs_noise and not problem.noisy:
            return NO_NOISE
        if self.needs_whole_target and problem.known(target) is not None:
            return NOT_WHOLE
        if self.needs_picture and not problem.degradation.shows_noise:
            return NO_SIGHT
        if self.needs_picture and not is_readable(target):
            return NO_PICTURE
        return None

    @abstractmethod
    def measure(self, step: Step) -> Tensor:
        """Return the statistic of a step, 0-dim; nan where it has none yet."""

    @abstractmethod
    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Return whether the step is the one to stop at, as far as is known, and if it is final."""

    def see(self, step: Step) -> None:
        """Look at one step."""
        if step.number % self.every:
            return
        with torch.no_grad():
            self.place(step.reconstruction.device)
            self.statistic = self.measure(step)
            better, final = self.judge(step, self.statistic)
            undecided = ~self.detected
            self.at = torch.where(better & undecided, step.number, self.at)
            due = self.at + self.lag(step)
            late = step.number >= due
            near = step.number < due + self.every / 2
            self.pick(step, near & undecided)
            self.detected = self.detected | (final & late)

    def lag(self, step: Step) -> Tensor | float:
        """Return how many steps later the image of a step is taken."""
        return step.age

    def pick(self, step: Step, near: Tensor) -> None:
        """Take the images of a step if it is near enough to the one to pick."""
        self.step = torch.where(near, step.number, self.step)
        self.reconstruction = chosen(near, step, "reconstruction", self.reconstruction)
        self.average = chosen(near, step, "average", self.average)
        self.deviation = chosen(near, step, "deviation", self.deviation)

    @property
    def recommended(self) -> Tensor | None:
        """The image of the pick: the average where there is one, else the reconstruction."""
        return self.reconstruction if self.average is None else self.average

    def curves(self) -> dict[str, Tensor]:
        """Return what is drawn over the steps, by name: '' is the statistic."""
        return {"": self.statistic}

    def place(self, device: torch.device) -> None:
        """Bring the state to the device of the fit; a checkpoint gives it back on the CPU."""
        if self.step.device == device:
            return
        for name, value in self.state_dict().items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))

    def state_dict(self) -> dict[str, Any]:
        """Return the state, the live tensors themselves; later updates may write into them."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        return tensors if self.seen is None else tensors | {"seen": self.seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the state; what was not known then is not known now."""
        vars(self).update(dict.fromkeys(self.state_dict()) | state)


class Patience(Rule):
    """Stop at the lowest statistic; for good once no lower one came for long.

    Args:
        patience: Steps to wait for a lower one.
        warmup: Steps before the first that may be picked.
        every: Steps between two that are measured.
    """

    gain = 0.0
    """The share by which a statistic has to be below the lowest to count as lower.

    Below 0 a later step is taken whose statistic is above the lowest by no more than that share.
    """

    def __init__(self, patience: int, warmup: int = 0, every: int = 1) -> None:
        super().__init__(every)
        self.patience = check.whole("patience", patience)
        self.warmup = check.whole("warmup", warmup, least=0)
        self.lowest = torch.tensor(math.inf)

    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Take what is lower than ever."""
        bar = self.lowest * (1 - self.gain)
        lower = (statistic < bar) & (step.number >= self.warmup)
        waited = torch.where(lower, 0, step.number - self.at)
        lowest = torch.minimum(statistic, self.lowest)
        self.lowest = torch.where(lower & ~self.detected, lowest, self.lowest)
        return lower, (waited >= self.patience) & self.lowest.isfinite()


class Crossing(Rule):
    """Stop at the first step whose statistic is below a threshold; until then, at the latest."""

    threshold: float

    def __init__(self, every: int = 1) -> None:
        super().__init__(every)
        self.crossed = torch.tensor(False)

    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Follow the steps up to the crossing."""
        before = ~self.crossed
        self.crossed = self.crossed | (statistic < self.threshold)
        return before, self.crossed


def chosen(better: Tensor, step: Step, name: str, old: Tensor | None) -> Tensor | None:
    """Return the image of a step if it is better, else the old one, without asking a GPU which.

    Args:
        better: Whether the step is better, 0-dim, on the device of the fit.
        step: The step.
        name: Which image of the step: an attribute of `Step`.
        old: The image that was kept before, or None.
    """
    new = getattr(step, name)
    if new is None:
        return old
    if old is None or better.is_cpu:
        return step.copy_of(name) if old is None or better else old
    return torch.where(better, new, old)
