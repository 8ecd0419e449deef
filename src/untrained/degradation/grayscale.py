"""Grey of colours: colourising is its inversion."""

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
    """Measure the luma alone, A(x) = 0.299 R + 0.587 G + 0.114 B.

    A measurement has one channel, `1 1 h w`. What colours a picture had nobody knows: those of the
    result are the network's.

    Raises:
        ValueError: In a call, if the image has not three channels.

    Example:
        >>> import torch
        >>> Grayscale()(torch.ones(1, 3, 16, 16)).shape
        torch.Size([1, 1, 16, 16])
    """

    def forward(self, images: Tensor) -> Tensor:
        """Return K grey images, `K 1 h w`, of K images `K 3 h w`.

        Raises:
            ValueError: If the images have not three channels.
        """
        weights = check_colour("grayscale", images).new_tensor(LUMA)[:, None, None]
        return (weights * images).sum(1, keepdim=True)

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the image: three channels."""
        return colour_shape(measurement)

    def cropped(self, image: Tensor) -> Tensor:
        """Return a colour image as it is.

        Raises:
            ValueError: If it has not three channels.
        """
        return check_colour("grayscale", image)

    def given(self, target: Tensor) -> Tensor:
        """Return a user's own grey picture; of a file of three channels, as scans are, the luma."""
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
        """Return the grey picture, in three channels alike."""
        return target.expand(-1, len(LUMA), -1, -1), "Grey"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image with the target's luma: all its colours get lighter by the same."""
        return image + (target - self(image))
