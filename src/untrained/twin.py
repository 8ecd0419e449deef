"""A second fit beside the first, of a target that is a little different."""

import torch
from torch import Tensor

from untrained import check
from untrained.seed import own_seed


class Twin:
    """A second fit beside the first, to the target y + epsilon/255 b with b ~ N(0, I).

    The second fit starts from the same weights and has the same input at each step. So the
    difference of the two images divided by epsilon is the derivative along b of the map from y to
    the image of the step. In most papers on SURE the input of the network is y. The input of an
    untrained network is noise, and y acts only through the weights, so there is no cheaper way.

    Args:
        epsilon: Size of the perturbation on the 0-255 scale; 0 for no second fit.
        seed: Seed of b, which is drawn on the CPU for every device.

    Raises:
        ValueError: If a setting is out of its range.
    """

    idle_beside = (("epsilon", 0, ("seed",)),)
    """See `Degradation.idle_beside`."""

    def __init__(self, epsilon: float = 0.0, seed: int = 0) -> None:
        self.epsilon = check.number("epsilon", epsilon, least=0)
        self.seed = check.whole("seed", seed, least=0)
        self.drawn: Tensor | None = None

    def direction(self, target: Tensor) -> Tensor:
        """Return b, `1 *m`, for a target `1 *m`."""
        if self.drawn is None or self.drawn.shape != target.shape:
            generator = torch.Generator().manual_seed(own_seed("twin", self.seed))
            self.drawn = torch.randn(target.shape, generator=generator)
        self.drawn = self.drawn.to(target)
        return self.drawn

    def perturbed(self, target: Tensor) -> Tensor:
        """Return the target of the second fit, `1 *m`."""
        return target + self.epsilon / 255 * self.direction(target)
