"""What every baseline answers: `Baseline`, the contract of what one would use instead."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained.degradation.operator import Degradation


class Baseline(ABC):
    """What one would use instead of a network: from the target alone to an image, without a fit.

    A baseline is never shown the clean image. It runs on the CPU, and the same target gives the
    same image. What of an image is shown (`Degradation.visible`) is clipped to [0, 1] by whoever
    asked for it.
    """

    name: str
    """What people call it."""

    operator: type[Degradation] = Degradation  # type: ignore[type-abstract]
    """The kind of A that it is for."""

    purpose = ""
    """What is to be done there, for the reason why it does not apply: ', where ...'."""

    @abstractmethod
    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return what it makes of a target.

        Args:
            target: y, `1 *m`, on the CPU.
            degradation: A, which made the target.

        Returns:
            The image, `1 c *n`.
        """

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why it does not apply to a target, in words; None where it does."""
        if isinstance(degradation, self.operator):
            return None
        word = self.operator.__module__.rpartition(".")[2]
        return f"it is for degradation={word}{self.purpose}"


class Outcome(NamedTuple):
    """What a baseline has made of the target of a run.

    Args:
        name: What people call the baseline.
        image: What is `visible` of its image, `1 c h w`, in [0, 1].
        seconds: Time that it took.
    """

    name: str
    image: Tensor
    seconds: float


def as_array(image: Tensor) -> NDArray[np.float32]:
    """Return an image `1 c h w` as an array `h w c`, which filters of other libraries take."""
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())


def as_image(array: NDArray[np.floating]) -> Tensor:
    """Return an array `h w c` as an image `1 c h w`."""
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None].float()
