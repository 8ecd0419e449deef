"""`Step`: the images and losses of one step, for everything that watches a fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from untrained.metric import deviation
from untrained.problem import Problem


@dataclass(frozen=True)
class Step:
    """One step of a fit with K members (networks).

    The images are those of the weights before the update. A step never contains the clean image.

    Args:
        number: The number of the step, from 0.
        images: The image G(z) of each member, `K c h w`.
        measurement: The measurement A(G(z)) of each member, `K *m`.
        target: The target y, `1 *m`.
        problem: The problem that the fit minimises.
        averages: The average of each member's images up to this step, `K c h w`. None means that
            the fit keeps no average.
        age: The mean age of the averaged images, in steps. It is 0 without an average.
        losses: The objective f of each member, `K`. It is empty if a step is made by hand.
        penalties: The weighted penalty of each member, `K`, by the name of the penalty.
        total: The loss that is minimised, 0-dim: the sum of all losses and penalties, with those
            of the second fits. Call its `backward` for the gradient.
        twin: The measurement of each member's second fit, `K *m`, or None.
        twin_images: The image of each member's second fit, `K c h w`, or None.
        codes: The code of each member, `K c' *n`, or that of all, `1 c' *n`, if it cannot be drawn
            anew from its seed; else None.
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
        """The mean of the members' images, `1 c h w`."""
        return mean_of(self.images)

    @cached_property
    def average(self) -> Tensor | None:
        """The mean of the members' averages, `1 c h w`, or None."""
        return None if self.averages is None else mean_of(self.averages)

    @property
    def results(self) -> Tensor:
        """The result of each member, `K c h w`: its average if there is one, else its image."""
        return self.images if self.averages is None else self.averages

    @cached_property
    def deviation(self) -> Tensor | None:
        """The standard deviation of each pixel over the results, `1 c h w`, or None."""
        if len(self.results) == 1:
            return None
        return deviation(self.problem.degradation.visible(self.results))

    def copy_of(self, name: str) -> Tensor:
        """Return a copy of an image of this step, `1 c h w`. All callers share the copy.

        Args:
            name: The attribute, such as 'average'.
        """
        if name not in self.copies:
            self.copies[name] = getattr(self, name).clone()
        return self.copies[name]

    @cached_property
    def residual(self) -> Tensor:
        """The mean of (A(x) - y)^2 over the known entries and the members, 0-dim."""
        return self.problem.residual(self.measurement, self.target)


def mean_of(images: Tensor) -> Tensor:
    """Return the mean of the images `K c h w`, or the image itself if there is one."""
    return images if len(images) == 1 else images.mean(0, keepdim=True)
