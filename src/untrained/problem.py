"""The problem that a fit minimises: f(A(x), y) + sum_i w_i R_i(x, z)."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from untrained.check import spoken_shape
from untrained.degradation.jpeg import Cell
from untrained.degradation.operator import Degradation
from untrained.holdout import Holdout
from untrained.noise.level import is_readable, noise_level
from untrained.objective import SSIM, BackProjection
from untrained.penalty import Penalty
from untrained.twin import Twin


class Problem(nn.Module):
    """The inverse problem min_x f(A(x), y) + sum_i w_i R_i(x, z).

    A problem holds A, f and R, but not the target y. The methods take y as an argument, because
    the data module serves y on the device of the fit.

    Args:
        degradation: A, which maps images `K c h w` to measurements `K *m`.
        objective: f, which maps a measurement and the target, both `1 *m`, to a 0-dim loss. The
            losses of PyTorch work.
        holdout: Keeps entries of the target out of f. None keeps none out.
        twin: Perturbs the target of a second fit. None means no second fit.
        noisy: Whether the target has noise. Without noise a fit cannot fit the target too well, and
            the known part of the image is known exactly.
        sigma: The standard deviation of white noise on the 0-255 scale, if somebody has said it. It
            counts only if the noise cannot be estimated from the target.
        penalties: The regularisers R_i by name, each with its weight w_i. None means no penalty.

    Raises:
        ValueError: If one of `penalties` is not a `Penalty`.
    """

    def __init__(
        self,
        degradation: Degradation,
        objective: Callable[[Tensor, Tensor], Tensor],
        holdout: Holdout | None = None,
        twin: Twin | None = None,
        noisy: bool = True,
        sigma: float | None = None,
        penalties: Mapping[str, Penalty] | None = None,
    ) -> None:
        super().__init__()
        self.degradation, self.objective = degradation, objective
        self.noisy, self.sigma = noisy, sigma
        if isinstance(objective, BackProjection | Cell):
            objective.settle(degradation)
        self.holdout, self.twin = holdout or Holdout(), twin or Twin()
        for name, penalty in (penalties or {}).items():
            if not isinstance(penalty, Penalty):
                raise ValueError(f"penalty.{name} must be a Penalty, got {penalty!r}")
        self.penalties = nn.ModuleDict(penalties)

    def amplifies(self, target: Tensor) -> bool:
        """Whether f undoes A, and so amplifies what noise the target has, be it of rounding.

        Args:
            target: y, `1 *m`.
        """
        return isinstance(self.objective, BackProjection) and self.objective.amplifies(target)

    def objective_at(self, number: int) -> Callable[[Tensor, Tensor], Tensor]:
        """Return the f of a step, from 0."""
        return self.objective.at(number) if isinstance(self.objective, SSIM) else self.objective

    def has_other_objective(self, number: int) -> bool:
        """Whether the f of a step is not that of the step before: their losses do not compare."""
        return number > 0 and self.objective_at(number) != self.objective_at(number - 1)

    def losses(self, measurement: Tensor, target: Tensor, number: int = 0) -> Tensor:
        """Return f of each measurement and the target, without the entries that are held out.

        Args:
            measurement: A(x).
            target: y.
            number: The step, from 0.

        Shape:
            `K *m` and `1 *m` to `K`.

        Raises:
            ValueError: If the measurements have another shape than the target: PyTorch would
                repeat the one to the shape of the other where it can.
        """
        if measurement.shape[1:] != target.shape[1:]:
            made, given = (" x ".join(map(str, each.shape[1:])) for each in (measurement, target))
            raise ValueError(
                f"model makes an image of which A makes {made}, and the target is {given}: a "
                "network returns `out_channels` and `size`"
            )
        objective = self.objective_at(number)
        each = [objective(self.holdout(one, target), target) for one in measurement[:, None]]
        return one_number_each("objective", each)

    def penalised(self, images: Tensor, codes: Tensor) -> dict[str, Tensor]:
        """Return the weighted penalties w_i R_i(x, z) of each image, by the name of the penalty.

        Args:
            images: The images x, `K c h w`.
            codes: The code z of each image, `K c' *code_size`, or that of all, `1 c' *code_size`.

        Returns:
            A tensor `K` for each penalty.
        """
        added = {}
        codes = codes.expand(len(images), *codes.shape[1:])
        for name, penalty in self.penalties.items():
            pairs = zip(images[:, None], codes[:, None], strict=True)
            each = one_number_each(f"penalty.{name}", [penalty(*pair) for pair in pairs])
            added[name] = cast(Penalty, penalty).weight * each
        return added

    def residual(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return the mean of (A(x) - y)^2 over the entries of y that are known, 0-dim."""
        known = self.known(target)
        if known is None:
            return mse_loss(measurement, target.expand_as(measurement))
        weight = known.expand_as(target).to(target)
        squares = weight * (measurement - target).square()
        return squares.sum() / (len(measurement) * weight.sum())

    def known(self, target: Tensor) -> Tensor | None:
        """Return a mask of the known entries of the target `1 *m`, or None if all are known."""
        return self.degradation.known(target)

    def shows_noise(self, target: Tensor) -> bool:
        """Whether the noise of the target `1 *m` can be estimated from its pixels."""
        return self.degradation.shows_noise and is_readable(target)

    def knows_level(self, target: Tensor) -> bool:
        """Whether `noise_level` knows the noise of the target `1 *m`."""
        is_said = self.sigma is not None and self.degradation.is_exact
        return self.shows_noise(target) or is_said

    def noise_level(self, target: Tensor) -> Tensor:
        """Return the noise level of the target `1 *m` on the 0-255 scale, 0-dim.

        It is estimated if the target shows its noise (`noise_level` of `noise/level.py`). Otherwise
        it is what somebody has said.

        Raises:
            ValueError: If nobody knows it (`knows_level`).
        """
        if self.shows_noise(target):
            return noise_level(target, self.known(target))
        if not self.knows_level(target):
            raise ValueError("the target does not show its noise, and no sigma says it")
        return target.new_tensor(self.sigma)

    def noise_variance(self, target: Tensor, sigma: float | None = None) -> Tensor:
        """Return the variance of the noise of the target `1 *m`, in its squared units, 0-dim.

        Args:
            target: y.
            sigma: The noise level on the 0-255 scale, if it is given; else it is `noise_level`.

        Raises:
            ValueError: If it is not given and nobody knows it.
        """
        level = self.noise_level(target) if sigma is None else target.new_tensor(sigma)
        return (level / 255) ** 2


def one_number_each(word: str, values: Sequence[object]) -> Tensor:
    """Return what f or R gives for each image as one tensor, `K`.

    Args:
        word: What gave the values, for the message.
        values: A tensor of one number for each image.

    Raises:
        ValueError: If one of them is anything else.
    """
    for value in values:
        if not isinstance(value, Tensor) or value.numel() != 1:
            found = spoken_shape(value.shape) if isinstance(value, Tensor) else repr(value)
            raise ValueError(f"{word} must return a tensor of one number, got {found}")
    return torch.stack([cast(Tensor, value).reshape(()) for value in values])
