"""Codes of which nothing is drawn: the coordinates of the pixels, and none at all."""

import torch
from torch import Tensor

from untrained.latent.latent import Latent


class Grid(Latent):
    """The coordinates of each pixel: two channels, x and y, each from 0 to `scale`.

    DIP's inpainting of large holes uses this code.
    """

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the coordinates, `1 2 *size`. Nothing is drawn.

        Raises:
            ValueError: If `channels` is not 2.
        """
        if self.channels != 2:
            raise ValueError(f"channels must be 2 for a coordinate grid, got {self.channels}")
        rows, columns = (torch.linspace(0, self.scale, side) for side in size)
        return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]


class NoCode(Latent):
    """One 0 in the place of a code, for a model that needs none."""

    def __init__(self) -> None:
        super().__init__(channels=1)

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return one 0, `1 1 1 1`.

        Raises:
            ValueError: If the model needs a code.
        """
        if size != (1, 1):
            raise ValueError("latent=none is for model=pixels; any other model needs a latent code")
        return torch.zeros(1, self.channels, *size)
