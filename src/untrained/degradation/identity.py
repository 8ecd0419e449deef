"""No degradation: the measurement is the image itself."""

from torch import Tensor

from untrained.degradation.operator import Degradation
from untrained.tile import Window


class Identity(Degradation):
    """Measure the image itself, A(x) = x. Then only noise has to be removed.

    Shape:
        Any shape to the same.

    Example:
        >>> import torch
        >>> Identity()(torch.full((1, 1, 16, 16), 0.5)).mean().item()
        0.5
    """

    def forward(self, images: Tensor) -> Tensor:
        """Return the images as they are."""
        return images

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return A itself, and the part of the target."""
        return self, window.of(target)

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the target itself."""
        return target, "Noisy"
