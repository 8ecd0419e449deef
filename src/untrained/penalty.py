"""Penalties R, also called regularisers: terms that are added to the objective."""

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn.functional import pad

from untrained import check

KINDS = ("isotropic", "anisotropic")


class Penalty(nn.Module, ABC):
    """The base class of a penalty R(x, z) of an image x = G(z) and its code z.

    The fit adds `weight` R(x, z) to the objective.

    Args:
        weight: Factor of the penalty. With 0 it has no effect.

    Raises:
        ValueError: If `weight` is not a number from 0 up.
    """

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = check.number("weight", weight, least=0)

    @abstractmethod
    def forward(self, image: Tensor, code: Tensor) -> Tensor:
        """Return R(x, z), 0-dim, of an image `1 c h w` and its code `1 c' *code_size`."""


class TotalVariation(Penalty):
    """The total variation: how much neighbouring pixels differ, R(x) = mean |grad x|_e.

    The mean is over the pixels and the channels. The gradient of a pixel is the difference to the
    next pixel along each axis, and 0 at the border. |v|_e = sqrt(v^2 + e^2) - e, which is 0 for a
    flat image and has a derivative everywhere. There are two kinds:

    - 'isotropic': |v|_e of both differences together, v^2 = dx^2 + dy^2.
    - 'anisotropic': |dx|_e + |dy|_e, which prefers edges along the axes.

    The DIP code uses the sum over pixels and channels instead of the mean, with the same mean
    squared error and a weight of 1e-7. The same penalty has here the weight 1e-7 c h w, which is
    0.068 for its zebra of 3 x 388 x 584. Our weight does not depend on the size of the image.

    Reference: Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal
    algorithms", Physica D 1992.

    Args:
        weight: Factor of the penalty.
        kind: 'isotropic' or 'anisotropic'.
        epsilon: The number e, above 0, for an image in [0, 1]. Differences far below e count as
            their squares.

    Raises:
        ValueError: If a setting has a bad value.

    Example:
        >>> import torch
        >>> ramp = torch.linspace(0, 1, 11).expand(1, 1, 11, 11)
        >>> round(TotalVariation(epsilon=1e-6)(ramp, None).item(), 3)  # 10 of 11 differ by 0.1
        0.091
    """

    def __init__(
        self, weight: float = 0.1, kind: str = "isotropic", epsilon: float = 0.001
    ) -> None:
        super().__init__(weight)
        self.kind = check.choice("kind", kind, KINDS)
        self.epsilon = check.number("epsilon", epsilon, over=0)

    def forward(self, image: Tensor, code: Tensor | None) -> Tensor:
        """Return the total variation, 0-dim. The code is not used."""
        # Beyond the last pixel the difference is 0.
        down = pad(image.diff(dim=-2), (0, 0, 0, 1)).square()
        along = pad(image.diff(dim=-1), (0, 1)).square()
        if self.kind == "isotropic":
            return self.smooth_root(down + along).mean()
        return (self.smooth_root(down) + self.smooth_root(along)).mean()

    def smooth_root(self, square: Tensor) -> Tensor:
        """Return sqrt(v^2 + e^2) - e of v^2."""
        return (square + self.epsilon**2).sqrt() - self.epsilon


class Autoencoder(Penalty):
    """The mean squared difference of the image and its code, R(x, z) = mean (x - z)^2.

    With this penalty the network maps its code to itself. The penalty is for a code that follows
    the image or is learned, as in aSeqDIP and self-guided DIP.

    Reference: Alkhouri et al., "Image reconstruction via autoencoding sequential deep image
    prior", NeurIPS 2024 (aSeqDIP).

    Args:
        weight: Factor of the penalty, from 0 up.

    Raises:
        ValueError: If `weight` is not a number from 0 up. In a call, if the code has another shape
            than the image.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__(weight)

    def forward(self, image: Tensor, code: Tensor) -> Tensor:
        """Return the mean squared difference, 0-dim, of an image and a code of its shape.

        Raises:
            ValueError: If the code has another shape than the image.
        """
        if image.shape != code.shape:
            here = check.spoken_shape(code.shape[1:])
            there = check.spoken_shape(image.shape[1:])
            raise ValueError(
                f"penalty=autoencoder needs a code of the image's shape, {there}, and it is "
                f"{here}; latent=following has one"
            )
        return (image - code).square().mean()
