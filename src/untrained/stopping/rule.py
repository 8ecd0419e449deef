"""The base classes of the stopping rules: `Rule`, `Patience` and `Crossing`."""

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from untrained import check
from untrained.problem import Problem
from untrained.step import Step

NO_NOISE = "the target has no noise"
AMPLIFIED = "the blurred image does not show the noise that objective=backprojection fits"
NOT_WHOLE = "parts of the target are unknown"
NO_SIGHT = "the noise of such a target cannot be estimated"
NO_LEVEL = f"{NO_SIGHT}, and no noise.sigma of white noise says it"
NO_ROUNDING = "the target has no rounded numbers, as a JPEG file has"
NO_PICTURE = "the target is not a picture of at least 16 x 16 pixels"


class Rule(ABC):
    """The base class of a stopping rule: it measures each step, picks one, and keeps its image.

    A rule computes a `statistic` at each step and picks a `step`. The pick is final once `detected`
    is true. Before, the pick is the answer of the rule if the fit ended now.

    The statistic describes the network at the step `at`, where it says to stop. An average lags the
    network by `age` steps. So the rule takes the average of step `at + age`, and `step` is this
    later step. A rule whose statistic describes the average itself has no `lag`.

    The state of a rule is `seen` and all attributes that are tensors. They are on the device of the
    fit, so an update never waits for the device.

    Args:
        every: The number of steps between two measurements, which is the resolution of the pick.
    """

    needs_noise = False
    """Whether the rule needs noise in the target: it waits until the fit fits noise."""

    watches_images = False
    """Whether the rule looks at the images alone, and not at how they fit the target."""

    needs_whole_target = False
    """Whether the rule is wrong if parts of the target are unknown."""

    needs_picture = False
    """Whether the rule looks for noise in the pixels of the target."""

    needs_level = False
    """Whether the rule needs the noise level, see `Problem.noise_level`."""

    needs_rounding = False
    """Whether the rule needs a target of rounded numbers, as those of a JPEG file."""

    seen: str | None = None
    """The kind of noise that the rule saw in the target, such as 'impulses', or None."""

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
        """Return why the rule is wrong for a problem, in words; None if it is right."""
        amplifies = problem.amplifies(target)
        needs_shown_noise = self.needs_noise and not self.watches_images
        needs = (
            (self.needs_noise, problem.noisy or amplifies, NO_NOISE),
            (needs_shown_noise, not amplifies, AMPLIFIED),
            (self.needs_whole_target, problem.known(target) is None, NOT_WHOLE),
            (self.needs_picture, problem.degradation.shows_noise, NO_SIGHT),
            (self.needs_picture, problem.shows_noise(target), NO_PICTURE),
            (self.needs_level, problem.knows_level(target), NO_LEVEL),
            (self.needs_rounding, not problem.degradation.is_exact, NO_ROUNDING),
        )
        for is_needed, is_given, reason in needs:
            if is_needed and not is_given:
                return reason
        return None

    @abstractmethod
    def measure(self, step: Step) -> Tensor:
        """Return the statistic of a step, 0-dim; nan if there is none yet."""

    @abstractmethod
    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Return whether the step is the best to stop at so far, and whether this is final."""

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
        """Return how many steps after `at` the rule takes its image."""
        return step.age

    def pick(self, step: Step, near: Tensor) -> None:
        """Keep the images of a step if it is near enough to the step to pick."""
        self.step = torch.where(near, step.number, self.step)
        self.reconstruction = chosen(near, step, "reconstruction", self.reconstruction)
        self.average = chosen(near, step, "average", self.average)
        self.deviation = chosen(near, step, "deviation", self.deviation)

    @property
    def recommended(self) -> Tensor | None:
        """The image of the pick: the average if there is one, else the reconstruction."""
        return self.reconstruction if self.average is None else self.average

    def curves(self) -> dict[str, Tensor]:
        """Return what is drawn over the steps, by name: '' is the statistic."""
        return {"": self.statistic}

    def place(self, device: torch.device) -> None:
        """Move the state to the device of the fit. The state of a checkpoint is on the CPU."""
        if self.step.device == device:
            return
        for name, value in self.state_dict().items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))

    def state_dict(self) -> dict[str, Any]:
        """Return the state. The tensors are not copied, so later updates may change them."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        return tensors if self.seen is None else tensors | {"seen": self.seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state. What the state does not have becomes None."""
        vars(self).update(dict.fromkeys(self.state_dict()) | state)


class Patience(Rule):
    """Stop at the lowest statistic. The pick is final after `patience` steps without a lower one.

    Before the first statistic that may be picked, the pick is the last step.

    Args:
        patience: The number of steps to wait for a lower statistic.
        warmup: The first step that may be picked.
        every: The number of steps between two measurements.
    """

    gain = 0.0
    """The share by which a statistic must be below the lowest to count as lower.

    With a share below 0, a statistic that is above the lowest by less than this share counts too.
    """

    def __init__(self, patience: int, warmup: int = 0, every: int = 1) -> None:
        super().__init__(every)
        self.patience = check.whole("patience", patience)
        self.warmup = check.whole("warmup", warmup, least=0)
        self.lowest = torch.tensor(math.inf)

    def judge(self, step: Step, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Pick the step if its statistic is lower than all before, or if there is none yet."""
        bar = self.lowest * (1 - self.gain)
        lower = (statistic < bar) & (step.number >= self.warmup)
        waited = torch.where(lower, 0, step.number - self.at)
        lowest = torch.minimum(statistic, self.lowest)
        self.lowest = torch.where(lower & ~self.detected, lowest, self.lowest)
        return lower | self.lowest.isposinf(), (waited >= self.patience) & self.lowest.isfinite()


class Crossing(Rule):
    """Stop at the first step whose statistic is below a threshold; before, pick the last step."""

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
    """Return the image of a step if the step is better, else the old one, without GPU waits.

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
