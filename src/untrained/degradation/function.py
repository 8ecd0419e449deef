"""Any function of images as A."""

from collections.abc import Callable

from torch import Tensor, nn

from untrained.degradation.identity import Identity
from untrained.degradation.operator import Degradation


class Function(Degradation):
    """Any function of images as A, for a class of the user's own that is no `Degradation`.

    Args:
        function: From images, `K c *n`, to measurements, `K *m`.
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Tensor:
        """Return what the function makes of the images."""
        return self.function(images)

    def view(self, target: Tensor) -> tuple[Tensor, str] | None:
        """Return the target as it is, where it has the shape of a picture."""
        is_picture = target.dim() == 4 and target.shape[1] in (1, 3)
        return (target, "Target") if is_picture else None


def as_degradation(function: Callable[[Tensor], Tensor]) -> Degradation:
    """Return a degradation as it is, and any other function as one.

    PyTorch's `nn.Identity` is the identity, too.
    """
    if isinstance(function, Degradation):
        return function
    return Identity() if isinstance(function, nn.Identity) else Function(function)
