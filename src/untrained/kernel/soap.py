"""SOAP, with few operations a step: the weights of several layers in one batch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytorch_optimizer
import torch
from torch import Tensor

from untrained.kernel.batch import Batch, is_preconditioned, padded_shape

LARGEST = 2**25  # entries of a batch: 128 MiB in single precision
FEW = 12_000  # entries of a weight below which an operation takes longer to call than to compute
# What this file does not compute. The library does.
OTHERS = ("merge_dims", "normalize_gradient")


class SOAP(pytorch_optimizer.SOAP):
    """SOAP, with one operation for several weights.

    The updates are those of `pytorch_optimizer.SOAP`, but for rounding. A network has about a
    hundred weights, nearly all of them small, and the library computes them one after the other, in
    thousands of operations a step. Here:

    - Weights are computed together: on a CPU those of one shape, and the small ones; on a GPU,
      where each operation takes longer to launch than to compute, all of as many dimensions. What
      has not one shape is padded with zeros, which stay zeros and change no other number.
    - Small neighbouring dimensions, as the 3 x 3 of a kernel, have one basis: the Kronecker product
      of theirs.
    - The mean of the gradients is kept in the basis too, and is not turned in each step.

    docs/evidence/speed.md has what this brings.

    The state of a weight is that of the library, so each can go on with the other's checkpoint.
    What a batch would be too large for, and settings that are not known here, are the library's.

    Reference: Vyas et al., "SOAP: improving and stabilizing Shampoo using Adam", ICLR 2025.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2, 3))
        >>> optimizer = SOAP([weight], lr=0.1)
        >>> for _ in range(3):
        ...     (weight**2).sum().backward()
        ...     optimizer.step()
        >>> bool((weight < 1).all())
        True
    """

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a state, as when it is loaded. Its tensors are no parts of a batch yet."""
        super().__setstate__(state)
        self.batches: dict[int, list[Batch]] = {}

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401 - the library's
        """Update all weights."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if self.maximize or not all(is_known(group) for group in self.param_groups):
            super().step()
            return loss
        for index, group in enumerate(self.param_groups):
            self.init_group(group)
            group["step"] += 1
            if group["step"] > 1:  # The first step is for the preconditioner alone.
                for batch in self.batches_of(index, group):
                    self.update(batch, group)
        return loss

    def batches_of(self, index: int, group: dict[str, Any]) -> list[Batch]:
        """Return the batches of a group, made anew where other weights have a gradient."""
        weights = [each for each in group["params"] if each.grad is not None]
        batches = self.__dict__.setdefault("batches", {}).get(index, [])
        if {id(each) for batch in batches for each in batch.weights} != {*map(id, weights)}:
            batches = [Batch(each, self.state) for each in of_one_shape(weights, self.state)]
            self.batches[index] = batches
        return batches

    def update(self, batch: Batch, group: Mapping[str, Any]) -> None:
        """Update the weights of a batch."""
        beta1, beta2 = group["betas"]
        step = group["step"] - 1
        step_size = group["lr"]
        if group["correct_bias"]:
            step_size *= self.debias(beta2, step) ** 0.5 / self.debias(beta1, step)
        gradient = batch.joined([cast(Tensor, each.grad) for each in batch.weights])
        turned = batch.turned(gradient)
        batch.average.lerp_(gradient, 1 - beta1)
        batch.turned_average.lerp_(turned, 1 - beta1)
        batch.square.lerp_(turned.square(), 1 - beta2)
        update = batch.turned_average / batch.square.sqrt().add_(group["eps"])
        change = batch.parted(batch.turned(update, back=True))
        torch._foreach_add_(batch.weights, change, alpha=-step_size)
        if group["weight_decay"]:
            torch._foreach_mul_(batch.weights, 1 - group["weight_decay"] * group["lr"])
        beta = beta2 if group["shampoo_beta"] is None else group["shampoo_beta"]
        batch.take_in(gradient, 1 - beta)
        if step % group["precondition_frequency"] == 0:
            batch.turn_bases()


def is_known(group: Mapping[str, Any]) -> bool:
    """Whether the weights of a group can be computed in batches."""
    weights = [each for each in group["params"] if each.grad is not None]
    if any(group[each] for each in OTHERS):
        return False
    by_shape: dict[tuple[int | str, ...], list[Tensor]] = {}
    for each in weights:
        by_shape.setdefault(shape_of(each), []).append(each)
    sizes = [torch.Size(padded_shape(each)).numel() for each in by_shape.values()]
    sides = [side for each in weights for side in each.shape]
    return (
        max(sizes, default=0) <= LARGEST and max(sides, default=0) <= group["max_precondition_dim"]
    )


def of_one_shape(
    weights: Sequence[Tensor], state: Mapping[Tensor, Mapping[str, Any]]
) -> list[list[Tensor]]:
    """Return the weights that are computed together: of one kind, and of one shape or padded."""
    found: dict[tuple[Any, ...], list[Tensor]] = {}
    for each in weights:
        kind = shape_of(each), is_preconditioned(state[each]), each.dtype, each.device
        found.setdefault(kind, []).append(each)
    return [*found.values()]


def shape_of(weight: Tensor) -> tuple[int | str, ...]:
    """Return what the weights of a batch have in common: their whole shape, or some of it.

    What differs is padded, which spares operations for arithmetic. A kernel's own sides, as 3 x 3,
    are padded on a GPU alone.
    """
    if weight.is_cuda:
        return "padded", weight.dim()
    if weight.dim() < 2 or weight.numel() <= FEW:
        return "padded", weight.dim(), *weight.shape[2:]
    return tuple(weight.shape)
