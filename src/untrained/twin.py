"""A second fit beside the first, of a target that is a little different."""

import torch
from torch import Tensor

from untrained import check
from untrained.seed import own_seed


class Twin:
    """A second fit beside the first, of the target y + epsilon/255 b with b ~ N(0, I).

    It starts from the same weights and is given the same input at each step. So the difference of
    the two, over epsilon, is the derivative along b of the whole map from y to the image of the
    step. (In most papers on SURE the network is given y as its input. An untrained prior is given
    noise, and y acts through the weights alone, so there is no cheaper way.)

    Args:
        epsilon: Size of the perturbation on the 0-255 scale; 0 for no second fit.
        seed: Seed of b, drawn on the CPU whatever the device.

    Raises:
        ValueError: If a word is out of its range.
    """

    idle_beside = (("epsilon", 0, ("seed",)),)
    """See `Degradation.idle_beside`."""

    def __init__(self, epsilon: float = 0.0, seed: int = 0) -> None:
        self.epsilon = check.number("epsilon", epsilon, least=0)
        self.seed = check.whole("seed", seed, least=0)
        self.drawn: Tensor | None = None

    def direction(self, target: Tensor) -> Tensor:
        """Return b, of the target's shape."""
        if self.drawn is None or self.drawn.shape != target.shape:
            generator = torch.Generator().manual_seed(own_seed("twin", self.seed))
            self.drawn = torch.randn(target.shape, generator=generator)
        self.drawn = self.drawn.to(target)
        return self.drawn

    def perturbed(self, target: Tensor) -> Tensor:
        """Return the target of the second fit."""
        return target + self.epsilon / 255 * self.direction(target)
