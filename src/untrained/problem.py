"""What a fit minimises: f(A(x), y)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from untrained.degradation.operator import Degradation
from untrained.holdout import Holdout
from untrained.twin import Twin


class Problem(nn.Module):
    """The inverse problem min_x f(A(x), y), with all that is done to its target y.

    The target itself is handed in, since the DataModule serves it on the device of the fit.

    Args:
        degradation: A, from images `K c h w` to their measurements `K *m`.
        objective: f, of a measurement and the target, both `1 *m`; a number. Torch's losses fit.
        holdout: Keeps entries of the target out of f; None for none.
        twin: Perturbs the target of a second fit; None for no such fit.
        noisy: Whether the target has noise. Without noise there is nothing that a fit could
            fit too well, and what is known of the image is known exactly.
    """

    def __init__(
        self,
        degradation: Degradation,
        objective: Callable[[Tensor, Tensor], Tensor],
        holdout: Holdout | None = None,
        twin: Twin | None = None,
        noisy: bool = True,
    ) -> None:
        super().__init__()
        self.degradation, self.objective, self.noisy = degradation, objective, noisy
        self.holdout, self.twin = holdout or Holdout(), twin or Twin()

    def losses(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return f of each measurement, without the entries that are held out.

        Shape:
            `K *m` and `1 *m` to `K`.
        """
        each = [self.objective(self.holdout(one, target), target) for one in measurement[:, None]]
        return torch.stack(each)

    def residual(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return the mean of (A(x) - y)^2 over the entries of y that are known, 0-dim."""
        known = self.known(target)
        if known is None:
            return mse_loss(measurement, target.expand_as(measurement))
        weight = known.expand_as(target).to(target)
        squares = weight * (measurement - target).square()
        return squares.sum() / (len(measurement) * weight.sum())

    def known(self, target: Tensor) -> Tensor | None:
        """Return which entries of the target are known, a mask of its shape; None for all."""
        return self.degradation.known(target)
