"""`Baseline`: the base class of the classical methods that a run compares itself with."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained.degradation.operator import Degradation


class Baseline(ABC):
    """The base class of a classical method, which maps a target to an image.

    A baseline sees the target and A, and never the clean image. It runs on the CPU, and the same
    target gives the same image. The caller clips the visible part of the image
    (`Degradation.visible`) to [0, 1].
    """

    name: str
    """The usual name of the method, as tables and figures show it."""

    operator: type[Degradation] = Degradation  # type: ignore[type-abstract]
    """The class of A that the method is for."""

    known_level: float | None = None
    """The noise level that the run knows, on the 0-255 scale, 0 without noise; None if it knows
    none. The run sets it before it calls the method."""

    purpose = ""
    """The end of the sentence that says why the method does not apply: ', where ...'."""

    @abstractmethod
    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the image that the method computes from a target.

        Args:
            target: The target y, `1 *m`, on the CPU.
            degradation: The A that made the target.

        Returns:
            The image, `1 c *n`.
        """

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why the method does not apply to a target, in words; None if it applies.

        Args:
            target: The target y, `1 *m`.
            degradation: The A that made the target.
        """
        if isinstance(degradation, self.operator):
            return None
        word = self.operator.__module__.rpartition(".")[2]
        return f"it is for degradation={word}{self.purpose}"


class Outcome(NamedTuple):
    """The result of a baseline in a run.

    Args:
        name: The usual name of the method.
        image: The visible part of its image, `1 c h w`, in [0, 1].
        seconds: The time of the method, in seconds.
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
