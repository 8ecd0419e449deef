"""Many networks of one kind side by side, each with weights of its own."""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn

from untrained.generator.layer import Size


class Ensemble(nn.Module):
    """K generators, all given the same code: G(z) = [G_1(z), ..., G_K(z)].

    They share no weight. The loss is the sum of their losses, and our optimizers treat each
    parameter for itself. So each generator is trained as it would be alone.

    Args:
        generators: The generators, of one kind and size.

    Shape:
        `1 in_channels *code_size` to `K out_channels *size`.
    """

    def __init__(self, generators: Iterable[nn.Module]) -> None:
        super().__init__()
        self.generators = nn.ModuleList(generators)
        self.code_size = cast(Size, self.generators[0].code_size)

    def forward(self, code: Tensor) -> Tensor:
        """Return one image a generator."""
        return torch.cat([generator(code) for generator in self.generators])
