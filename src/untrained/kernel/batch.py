"""A batch of weights that SOAP computes together."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

SMALL = 32  # side of a matrix below which a product takes longer to call than to compute
TURNED = "exp_avg_turned"
BEHIND = 1e-3  # of the largest entry: far above rounding, far below a step's change


class Batch:
    """Weights of one shape, or of as many dimensions and padded with zeros to one: `n *d`.

    Args:
        weights: The n weights.
        state: The state of each weight in the library's form. It becomes a part of the batch.
    """

    def __init__(self, weights: Sequence[Tensor], state: Mapping[Tensor, dict[str, Any]]) -> None:
        self.weights = [*weights]
        states = [state[each] for each in weights]
        self.shape = padded_shape(weights)
        used = torch.zeros(self.shape, dtype=torch.bool, device=weights[0].device)
        for one, weight in zip(used, weights, strict=True):
            one[corner(weight.shape)] = True
        self.places = None if used.all() else used.flatten().nonzero()[:, 0]
        count = len(self.shape) - 1 if is_preconditioned(states[0]) else 0
        self.statistics = [self.square_matrices(states, "GG", mode) for mode in range(count)]
        self.bases = [self.square_matrices(states, "Q", mode) for mode in range(count)]
        self.runs = runs(self.shape[1:]) if count else []
        self.joint = self.joint_bases()
        self.average = self.shared(states, "exp_avg")
        self.square = self.shared(states, "exp_avg_sq")
        expected = self.turned(self.average)
        for each, weight, turned in zip(states, weights, expected, strict=True):
            each.setdefault(TURNED, turned[corner(weight.shape)])  # The library's state has none.
        self.turned_average = self.shared(states, TURNED)
        # Kept for its very bits, unless the library went on with the average and left it behind.
        if (self.turned_average - expected).abs().max() > BEHIND * expected.abs().max():
            self.turned_average.copy_(expected)

    def shared(self, states: Sequence[dict[str, Any]], name: str) -> Tensor:
        """Return a tensor of all weights as a batch, of which those of the states become parts."""
        found = self.joined([each[name] for each in states])
        for each, weight, whole in zip(states, self.weights, found, strict=True):
            each[name] = whole[corner(weight.shape)]
        return found

    def square_matrices(self, states: Sequence[dict[str, Any]], name: str, mode: int) -> Tensor:
        """Return the matrices of one dimension of all weights, `n d d`, of which they are parts."""
        side = self.shape[1 + mode]
        found = torch.stack([padded(each[name][mode], side) for each in states])
        for each, whole in zip(states, found, strict=True):
            each[name][mode] = whole[corner(each[name][mode].shape)]
        return found

    def joined(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return one tensor for each weight as a batch."""
        if self.places is None:
            return torch.stack([each.contiguous() for each in tensors])
        flat = torch.cat([each.reshape(-1) for each in tensors])
        found = torch.zeros(self.shape, dtype=flat.dtype, device=flat.device)
        found.view(-1)[self.places] = flat
        return found

    def parted(self, batch: Tensor) -> list[Tensor]:
        """Return the tensor of each weight."""
        if self.places is None:
            return [*batch]
        flat = batch.reshape(-1)[self.places]
        parts = torch.split(flat, [each.numel() for each in self.weights])
        return [part.view_as(each) for part, each in zip(parts, self.weights, strict=True)]

    def turned(self, batch: Tensor, back: bool = False) -> Tensor:
        """Return a batch in the bases, or what has these coordinates."""
        count = self.shape[0]
        for basis in self.joint:
            # The first run is multiplied, and becomes the last: after all of them the order is the
            # old one.
            rows = batch.reshape(count, basis.shape[1], -1).mT
            batch = rows @ (basis.mT if back else basis)
        return batch.reshape(self.shape)

    def joint_bases(self) -> list[Tensor]:
        """Return the basis of each run of dimensions, the Kronecker product of theirs."""
        found = []
        for run in self.runs:
            joint = self.bases[run[0]]
            for mode in run[1:]:
                joint = kronecker(joint, self.bases[mode])
            found.append(joint)
        return found

    def take_in(self, gradient: Tensor, weight: float) -> None:
        """Take the gradients into the statistics of each dimension."""
        for run in self.runs:
            sides = [self.shape[1 + mode] for mode in run]
            moved = gradient.flatten(1 + run[0], 1 + run[-1]).movedim(1 + run[0], 1)
            rows = moved.reshape(self.shape[0], math.prod(sides), -1)
            product = rows @ rows.mT
            for place, mode in enumerate(run):
                self.statistics[mode].lerp_(of_one(product, sides, place), weight)

    def turn_bases(self) -> None:
        """Turn the bases to the statistics, by one step of the power iteration."""
        for mode, (basis, statistics) in enumerate(zip(self.bases, self.statistics, strict=True)):
            if basis.shape[1] == 1:
                continue
            sides = torch.tensor([each.shape[mode] for each in self.weights], device=basis.device)
            is_used = torch.arange(basis.shape[1], device=basis.device) < sides[:, None]
            product = statistics @ basis
            eigenvalues = (basis * product).sum(1).masked_fill(~is_used, -torch.inf)
            order = eigenvalues.argsort(1, descending=True)
            along = [1] * len(self.shape)
            along[0], along[1 + mode] = order.shape
            self.square.copy_(self.square.gather(1 + mode, order.view(along).expand(self.shape)))
            sorted_product = product.gather(2, order[:, None].expand_as(product))
            # Ones beside a smaller matrix: they are columns of their own, and fall out again.
            full = sorted_product + torch.diag_embed((~is_used).to(basis))
            basis.copy_(orthogonal(full) * is_used[:, None] * is_used[:, :, None])
        self.joint = self.joint_bases()
        self.turned_average.copy_(self.turned(self.average))


def runs(sides: Sequence[int]) -> list[list[int]]:
    """Return the dimensions in runs of neighbours that share a basis, since they are small.

    Example:
        >>> runs([64, 32, 3, 3]), runs([64, 32, 1, 1])
        ([[0], [1], [2, 3]], [[0], [1, 2, 3]])
    """
    found: list[list[int]] = [[0]]
    for mode in range(1, len(sides)):
        run = [sides[each] for each in [*found[-1], mode]]
        if math.prod(run) <= max(SMALL, *run):
            found[-1].append(mode)
        else:
            found.append([mode])
    return found


def kronecker(first: Tensor, second: Tensor) -> Tensor:
    """Return the Kronecker products of n matrices, `n a a`, and n others, `n b b`: `n ab ab`."""
    side = first.shape[1] * second.shape[1]
    return torch.einsum("nab,ncd->nacbd", first, second).reshape(len(first), side, side)


def of_one(product: Tensor, sides: Sequence[int], place: int) -> Tensor:
    """Return the sums of products over all dimensions of a run but one.

    Args:
        product: G G^T of n gradients, `n s s`, where s is the product of the sides.
        sides: The sides of the dimensions.
        place: Which dimension is left.
    """
    found = product.reshape(len(product), *sides, *sides)
    for other in reversed(range(len(sides))):
        if other != place:
            found = found.diagonal(0, 1 + other, (1 + found.dim()) // 2 + other).sum(-1)
    return found


def orthogonal(matrices: Tensor) -> Tensor:
    """Return the orthogonal factors Q of the matrices QR, `n d d`.

    PyTorch computes the factor of one matrix after the other on a GPU. Here it is

        Q = H_1 ... H_d = I - V T V^T,    T^-1 = diag(1 / tau) + (V^T V, above the diagonal),

    for the Householder reflections H_i = I - tau_i v_i v_i^T that PyTorch finds for all at once.

    Reference: Puglisi, "Modification of the Householder method based on the compact WY
    representation", SIAM J. Sci. Stat. Comput. 13(3), 1992.

    Example:
        >>> torch.eye(2).equal(orthogonal(torch.eye(2)[None])[0].abs())
        True
    """
    below, factors = torch.geqrf(matrices)
    identity = torch.eye(matrices.shape[1]).to(matrices)
    # A factor of 0 is no reflection at all.
    vectors = (below.tril(-1) + identity) * (factors != 0)[:, None]
    scales = 1 / torch.where(factors == 0, 1, factors)
    inverse = torch.diag_embed(scales) + (vectors.mT @ vectors).triu(1)
    return identity - vectors @ torch.linalg.solve_triangular(inverse, vectors.mT, upper=True)


def is_preconditioned(state: Mapping[str, Any]) -> bool:
    """Whether a weight has bases."""
    return bool(state["GG"]) and len(state["GG"][0]) > 0


def padded_shape(weights: Sequence[Tensor]) -> tuple[int, ...]:
    """Return the shape of a batch of weights of as many dimensions."""
    return len(weights), *map(max, zip(*(each.shape for each in weights), strict=True))


def padded(matrix: Tensor, side: int) -> Tensor:
    """Return a square matrix with zeros at the right and below."""
    more = side - matrix.shape[0]
    return torch.nn.functional.pad(matrix, (0, more, 0, more))


def corner(shape: Sequence[int]) -> tuple[slice, ...]:
    """Return where a smaller tensor lies in a larger one."""
    return tuple(slice(side) for side in shape)
