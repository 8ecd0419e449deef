"""Self-validation: pixels that the fit never sees tell when it begins to fit the noise."""

import torch
from torch import Tensor

from untrained.stopping.rule import Iterate, Patience, between, whole


class Holdout:
    """Keep a share of the pixels, all their channels together, out of the loss.

    Where a pixel is held out the target takes the measurement's place, so that its error is 0 and
    gives no gradient, whatever the objective is. A mean over all pixels shrinks by the share, which
    no step of Adam feels. In the result the network has filled those pixels.

    Args:
        share: Share of the pixels, from 0 (none) to less than 1; a few per cent are usual.
        seed: Seed of the private generator, drawn on the CPU whatever the device.

    Raises:
        ValueError: If a word is out of its range.
    """

    def __init__(self, share: float = 0.0, seed: int = 0) -> None:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
            raise ValueError(f"share must be a number from 0 to less than 1, got {share!r}")
        self.share, self.seed = share, whole("seed", seed, least=0)
        self.drawn: Tensor | None = None

    def mask(self, target: Tensor) -> Tensor:
        """Tell which pixels of a target are held out, `1 1 h w`."""
        if self.drawn is None or self.drawn.shape[2:] != target.shape[2:]:
            generator = torch.Generator().manual_seed(self.seed)
            draw = torch.rand(1, 1, *target.shape[2:], generator=generator)
            self.drawn = draw < self.share
        self.drawn = self.drawn.to(target.device)
        return self.drawn

    def __call__(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Give the measurement as the loss is to see it."""
        return torch.where(self.mask(target), target, measurement) if self.share else measurement


class SelfValidation(Patience):
    """Stop where the error of the held-out pixels is lowest.

    The statistic is mean((A(x) - y)^2) over the pixels that `holdout` keeps out of the loss. Their
    noise is not known to the network, so the error falls while signal is learnt and rises with the
    noise that is fitted around them. Yaman, Hosseini, Akcakaya, "Zero-shot self-supervised
    learning for MRI reconstruction", ICLR 2022, stop by such a split; here it is one of pixels.

    Args:
        holdout: The same as the fit's.
        patience: Steps to wait for a lower error.

    Raises:
        ValueError: If nothing is held out.
    """

    def __init__(self, holdout: Holdout, patience: int = 1000) -> None:
        super().__init__(patience)
        between("share", holdout.share, 0, 1)
        self.holdout = holdout

    def measure(self, iterate: Iterate) -> Tensor:
        """Give the mean squared error of the held-out pixels."""
        mask = self.holdout.mask(iterate.target)
        error = (iterate.measurement - iterate.target).square() * mask
        return error.sum() / (mask.sum() * error.shape[0] * error.shape[1])
