"""Many networks of one kind side by side, each with weights of its own."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from untrained.generator.layer import Generator, Size


class Ensemble(nn.Module):
    """K generators, all given the same code: G(z) = [G_1(z), ..., G_K(z)].

    They share no weight, so that under the sum of their losses and an optimizer that treats each
    parameter for itself (all of ours do) every one of them is trained as it would be alone.

    Args:
        generators: The generators, of one kind and size.

    Shape:
        `1 in_channels *code_size` to `K out_channels *size`.
    """

    def __init__(self, generators: Iterable[Generator]) -> None:
        super().__init__()
        self.generators = nn.ModuleList(generators)
        first = self.generators[0]
        assert isinstance(first, Generator)
        self.code_size: Size = first.code_size

    def forward(self, code: Tensor) -> Tensor:
        """Give an image a generator."""
        return torch.cat([generator(code) for generator in self.generators])
