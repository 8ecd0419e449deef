"""What every stopping rule shares: it measures each step, picks one, and keeps its image."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss


class Iterate(NamedTuple):
    """What one step of a fit shows to a rule; nothing of the clean image.

    Args:
        step: The step, from 0.
        reconstruction: x, the image of the step, `1 c h w`.
        average: The average of the images up to this step, alike, or None.
        measurement: A(x), which is x where nothing degrades the image.
        target: y, what is fitted, of the measurement's shape.
        twin: The measurement of the second fit, where there is one; see `risk.Twin`.
        deviation: The standard deviation of what is recommended over several fits, or None.
        age: Mean age of what the average is made of, in steps; 0 without one.
        degradation: A.

    Of K fits the reconstruction and the average are their mean, and the measurement and the twin
    have each of them, `K c h w`.
    """

    step: int
    reconstruction: Tensor
    average: Tensor | None
    measurement: Tensor
    target: Tensor
    twin: Tensor | None = None
    deviation: Tensor | None = None
    age: float = 0.0
    degradation: Callable[[Tensor], Tensor] = nn.Identity()

    @property
    def residual(self) -> Tensor:
        """The mean of (A(x) - y)^2 over pixels, channels and fits, 0-dim."""
        return mse_loss(self.measurement, self.target.expand_as(self.measurement))


class Rule(ABC):
    """A stopping rule: a `statistic` of the steps, and from it the `step` that is picked.

    All that a rule knows is in 0-dim tensors and images on the device of the fit: an update asks
    the device for nothing. Once `detected`, the pick stands. Until then it is what the rule would
    answer if the fit ended now.

    A statistic is of the network, and an average shows the network as it was `age` steps ago. So
    where there is one the image that is picked is the average of the step that lies as far behind
    the one `at` which the statistic says to stop as it is old itself; `step` is that later one.
    A rule whose statistic is of the average has no such `lag`.

    Each attribute that is a tensor belongs to the rule's state, and what it has `seen`.

    Args:
        every: Steps between two that are measured, and so the resolution of the pick.
    """

    seen: str | None = None
    """What noise the rule saw in the target, in words ('impulses'), or None."""

    def __init__(self, every: int = 1) -> None:
        self.every = whole("every", every)
        self.statistic = torch.tensor(math.nan)
        self.at = torch.tensor(0)
        self.step = torch.tensor(0)
        self.detected = torch.tensor(False)
        self.reconstruction: Tensor | None = None
        self.average: Tensor | None = None
        self.deviation: Tensor | None = None

    @abstractmethod
    def measure(self, iterate: Iterate) -> Tensor:
        """Give the statistic of a step, 0-dim; nan where it has none yet."""

    @abstractmethod
    def judge(self, iterate: Iterate, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Return whether the step is the one to stop at, as far as is known, and if it is final."""

    def update(self, iterate: Iterate) -> None:
        """Look at one step."""
        if iterate.step % self.every:
            return
        with torch.no_grad():
            self.place(iterate.reconstruction.device)
            self.statistic = self.measure(iterate)
            better, final = self.judge(iterate, self.statistic)
            undecided = ~self.detected
            self.at = torch.where(better & undecided, iterate.step, self.at)
            due = self.at + self.lag(iterate)
            late = iterate.step >= due
            near = iterate.step < due + self.every / 2
            self.pick(iterate, near & undecided)
            self.detected = self.detected | (final & late)

    def lag(self, iterate: Iterate) -> Tensor | float:
        """Give how many steps later the image of a step is taken."""
        return iterate.age

    def pick(self, iterate: Iterate, near: Tensor) -> None:
        """Take the images of a step if it is near enough to the one to pick."""
        self.step = torch.where(near, iterate.step, self.step)
        self.reconstruction = chosen(near, iterate.reconstruction, self.reconstruction)
        self.average = chosen(near, iterate.average, self.average)
        self.deviation = chosen(near, iterate.deviation, self.deviation)

    @property
    def recommended(self) -> Tensor | None:
        """The image of the pick: the average where there is one, else the reconstruction."""
        return self.reconstruction if self.average is None else self.average

    def curves(self) -> dict[str, Tensor]:
        """Give what is drawn over the steps, by name: '' is the statistic."""
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
        self.patience = whole("patience", patience)
        self.warmup = whole("warmup", warmup, least=0)
        self.lowest = torch.tensor(math.inf)

    def judge(self, iterate: Iterate, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Take what is lower than ever."""
        bar = self.lowest * (1 - self.gain)
        lower = (statistic < bar) & (iterate.step >= self.warmup)
        waited = torch.where(lower, 0, iterate.step - self.at)
        lowest = torch.minimum(statistic, self.lowest)
        self.lowest = torch.where(lower & ~self.detected, lowest, self.lowest)
        return lower, (waited >= self.patience) & self.lowest.isfinite()


class Crossing(Rule):
    """Stop at the first step whose statistic is below a threshold; until then, at the latest."""

    threshold: float

    def __init__(self, every: int = 1) -> None:
        super().__init__(every)
        self.crossed = torch.tensor(False)

    def judge(self, iterate: Iterate, statistic: Tensor) -> tuple[Tensor, Tensor]:
        """Follow the steps up to the crossing."""
        before = ~self.crossed
        self.crossed = self.crossed | (statistic < self.threshold)
        return before, self.crossed


def chosen(better: Tensor, new: Tensor | None, old: Tensor | None) -> Tensor | None:
    """Give the new image if it is better, else the old one, without asking a GPU which."""
    if new is None:
        return old
    if old is None or better.is_cpu:
        return new.clone() if old is None or better else old
    return torch.where(better, new, old)


def whole(word: str, value: int, least: int = 1) -> int:
    """Give a whole number back, or refuse it.

    Raises:
        ValueError: If `value` is not a whole number from `least` up.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{word} must be a whole number from {least} up, got {value!r}")
    return value


def between(word: str, value: float, low: float, high: float) -> float:
    """Give a number back, or refuse it.

    Raises:
        ValueError: If `value` is not a number over `low` and under `high`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        limits = f"over {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
        raise ValueError(f"{word} must be a number {limits}, got {value!r}")
    return value
