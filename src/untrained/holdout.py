"""Pixels that are kept out of the loss, so that they can tell how good the others are."""

import torch
from torch import Tensor

from untrained import check
from untrained.seed import own_seed


class Holdout:
    """Keep a share of the pixels, with all their channels, out of the loss.

    In a pixel that is held out, the target replaces the measurement. So the error is 0 and has no
    gradient, with any objective. A mean over all pixels becomes smaller by the share, which does
    not change the steps of Adam. In the result the network has filled these pixels.

    Args:
        share: Share of the pixels, from 0 (none) to less than 1. A few per cent are usual.
        seed: Seed of the draw, which is on the CPU for every device.

    Raises:
        ValueError: If a setting is out of its range.
    """

    idle_beside = (("share", 0, ("seed",)),)
    """See `Degradation.idle_beside`."""

    def __init__(self, share: float = 0.0, seed: int = 0) -> None:
        self.share = check.number("share", share, least=0, under=1)
        self.seed = check.whole("seed", seed, least=0)
        self.drawn: Tensor | None = None

    def mask(self, target: Tensor) -> Tensor:
        """Return which entries of a target `1 c *m` are held out, `1 1 *m`, bool."""
        if self.drawn is None or self.drawn.shape[2:] != target.shape[2:]:
            generator = torch.Generator().manual_seed(own_seed("holdout", self.seed))
            draw = torch.rand(1, 1, *target.shape[2:], generator=generator)
            self.drawn = draw < self.share
        self.drawn = self.drawn.to(target.device)
        return self.drawn

    def __call__(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return the measurement `1 *m` with the target in the entries that are held out."""
        return torch.where(self.mask(target), target, measurement) if self.share else measurement
