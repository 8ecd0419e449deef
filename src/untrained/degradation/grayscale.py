"""Grayscale: the measurement is the luma. Colourising is the inverse."""

import logging

import torch
from torch import Tensor

from untrained.degradation.mosaic import check_colour, colour_shape
from untrained.degradation.operator import Degradation
from untrained.tile import Window

log = logging.getLogger(__name__)

# Of ITU-R BT.601, from 0 to 1.
LUMA = (0.299, 0.587, 0.114)


class Grayscale(Degradation):
    """Measure the luma of ITU-R BT.601, A(x) = 0.299 R + 0.587 G + 0.114 B.

    The measurement says nothing of the colours, so the network chooses them.

    Shape:
        `K 3 h w` to `K 1 h w`.

    Raises:
        ValueError: In a call, if the image does not have three channels.

    Example:
        >>> import torch
        >>> Grayscale()(torch.ones(1, 3, 16, 16)).shape
        torch.Size([1, 1, 16, 16])
    """

    def forward(self, images: Tensor) -> Tensor:
        """Return K grey images, `K 1 h w`, of K images `K 3 h w`.

        Raises:
            ValueError: If the images do not have three channels.
        """
        weights = check_colour("grayscale", images).new_tensor(LUMA)[:, None, None]
        return (weights * images).sum(1, keepdim=True)

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape `K 3 h w` of the images of a measurement `K 1 h w`."""
        return colour_shape(measurement)

    def cropped(self, image: Tensor) -> Tensor:
        """Return a colour image as it is, `1 3 h w`.

        Raises:
            ValueError: If the image does not have three channels.
        """
        return check_colour("grayscale", image)

    def given(self, target: Tensor) -> Tensor:
        """Return your own grey picture, `1 1 h w`, or the luma of a picture of three channels.

        Many scans of grey pictures have three equal channels. If the channels differ, a line in the
        log says that the colours are dropped.
        """
        if target.shape[1] == 1:
            return target
        if not torch.equal(target, target[:, :1].expand_as(target)):
            log.warning(
                "the colours of the target are dropped, as degradation=grayscale has it: those of "
                "the result are the network's"
            )
        return self(target)

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return A itself, and the part of the target."""
        return self, window.of(target)

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the grey picture in three equal channels, `1 3 h w`."""
        return target.expand(-1, len(LUMA), -1, -1), "Grey"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image with the luma of the target: each channel gets the same change."""
        return image + (target - self(image))
