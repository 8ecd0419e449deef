"""Any function of images as A."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from untrained.check import spoken_shape
from untrained.degradation.identity import Identity
from untrained.degradation.operator import Degradation


class Function(Degradation):
    """Use any function of images as A, for a class of your own that is not a `Degradation`.

    Args:
        function: It maps images, `K c *n`, to measurements, `K *m`. The shape of a measurement has
            to be the shape of its image.
    """

    needs_whole = ", as far as is known: a class with a method `windowed` goes with tiles"

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Tensor:
        """Return the measurements of the images, `K c *n` to `K *m`."""
        return self.function(images)

    def observe(self, image: Tensor) -> Tensor:
        """Return the measurement, `1 *m`, of a clean image, `1 c *n`.

        Raises:
            ValueError: If it has another shape than the image.
        """
        measured = self(image)
        if not isinstance(measured, Tensor):
            raise ValueError(f"degradation must return a tensor, got {type(measured).__name__}")
        if measured.shape != image.shape:
            made, given = spoken_shape(measured.shape), spoken_shape(image.shape)
            raise ValueError(
                f"degradation makes {made} of {given}: a function keeps the shape, and a subclass "
                "of untrained.Degradation need not"
            )
        return measured

    def given(self, target: Tensor) -> Tensor:
        """Return your own target, `1 *m`.

        Raises:
            ValueError: If the function does not keep its shape.
        """
        self.observe(torch.zeros_like(target))
        return super().given(target)

    def view(self, target: Tensor) -> tuple[Tensor, str] | None:
        """Return the target as it is if it has the shape of a picture, else None."""
        is_picture = target.dim() == 4 and target.shape[1] in (1, 3)
        return (target, "Target") if is_picture else None


def as_degradation(function: Callable[[Tensor], Tensor]) -> Degradation:
    """Return a degradation as it is, and any other function as a degradation.

    PyTorch's `nn.Identity` becomes `Identity`.
    """
    if isinstance(function, Degradation):
        return function
    return Identity() if isinstance(function, nn.Identity) else Function(function)
