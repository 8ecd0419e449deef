"""What a step of a fit shows to everything that watches it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from untrained.metric import deviation
from untrained.problem import Problem


@dataclass(frozen=True)
class Step:
    """One step of a fit of K members, of the weights before the update. Nothing here is clean.

    Args:
        number: The step, from 0.
        images: G(z) of each member, `K c h w`.
        measurement: A(G(z)) of each member, `K *m`.
        target: y, `1 *m`.
        problem: What is minimised.
        averages: The average of each member's images up to this step, `K c h w`, or None.
        age: Mean age in steps of what the average is made of; 0 without one.
        losses: The objective of each member, `K`; empty where a step is made up.
        penalties: What each penalty adds to the loss of each member, `K`, by its name.
        total: The sum of all that is minimised, 0-dim, with its gradient.
        twin: The measurement of each member's second fit, `K *m`, where there is one.
        twin_images: The image of each member's second fit, `K c h w`, where there is one.
        codes: The code that each member was given, `K c' *n`, where it moves with the fit.
    """

    number: int
    images: Tensor
    measurement: Tensor
    target: Tensor
    problem: Problem
    averages: Tensor | None = None
    age: float = 0.0
    losses: Tensor = field(default_factory=lambda: torch.empty(0))
    penalties: Mapping[str, Tensor] = field(default_factory=dict)
    total: Tensor = field(default_factory=lambda: torch.tensor(0.0))
    twin: Tensor | None = None
    twin_images: Tensor | None = None
    codes: Tensor | None = None
    copies: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)
    """See `copy_of`."""

    @cached_property
    def reconstruction(self) -> Tensor:
        """The mean image of the members, `1 c h w`."""
        return mean_of(self.images)

    @cached_property
    def average(self) -> Tensor | None:
        """The mean of the members' averages, `1 c h w`, or None."""
        return None if self.averages is None else mean_of(self.averages)

    @property
    def results(self) -> Tensor:
        """What each member recommends, `K c h w`: its average or, without, its image."""
        return self.images if self.averages is None else self.averages

    @cached_property
    def deviation(self) -> Tensor | None:
        """The standard deviation of each pixel over the members' results; None of one member."""
        if len(self.results) == 1:
            return None
        return deviation(self.problem.degradation.visible(self.results))

    def copy_of(self, name: str) -> Tensor:
        """Return a copy of one of the images, which all who keep it share: it is made once."""
        if name not in self.copies:
            self.copies[name] = getattr(self, name).clone()
        return self.copies[name]

    @cached_property
    def residual(self) -> Tensor:
        """The mean of (A(x) - y)^2 over the known entries and the members, 0-dim."""
        return self.problem.residual(self.measurement, self.target)


def mean_of(images: Tensor) -> Tensor:
    """Return the mean image of `K c h w`; of one image the image itself."""
    return images if len(images) == 1 else images.mean(0, keepdim=True)
