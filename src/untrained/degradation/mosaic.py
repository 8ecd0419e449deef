"""The mosaic of a camera's sensor. Demosaicing is the inverse."""

import torch
from torch import Tensor

from untrained.check import choice
from untrained.degradation.operator import Degradation
from untrained.degradation.residual import spread
from untrained.tile import Window

PATTERNS = ("rggb", "bggr", "grbg", "gbrg")
COLOURS = "rgb"


class Mosaic(Degradation):
    """Keep one colour of each pixel by Bayer's pattern, A(x) = sum_c m_c x_c.

    m_c is 1 in the pixels of colour c and 0 in the others. In each square of 2 x 2 pixels one is
    red, two are green and one is blue.

    Args:
        pattern: The colours of the square at the top left, row by row: `rggb`, `bggr`, `grbg` or
            `gbrg`.

    Shape:
        `K 3 h w` to `K 1 h w`.

    Raises:
        ValueError: If the pattern is another one. In a call, if the image does not have three
            channels.

    Example:
        >>> red = torch.tensor([1.0, 0.0, 0.0])[None, :, None, None].expand(1, 3, 2, 2)
        >>> Mosaic("grbg")(red)[0, 0].tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """

    # Neighbours have other colours, which looks like noise.
    shows_noise = False

    def __init__(self, pattern: str = "rggb") -> None:
        super().__init__()
        self.pattern = choice("pattern", pattern, PATTERNS)

    def colours(self, images: Tensor) -> Tensor:
        """Return the mask of each colour, `1 3 h w`, bool."""
        square = torch.tensor([COLOURS.index(each) for each in self.pattern]).reshape(2, 2)
        height, width = images.shape[2:]
        tiled = square.repeat((height + 1) // 2, (width + 1) // 2)[:height, :width]
        masks = tiled == torch.arange(len(COLOURS))[:, None, None]
        return masks[None].to(images.device)

    def forward(self, images: Tensor) -> Tensor:
        """Return K mosaics, `K 1 h w`, of K images `K 3 h w`.

        Raises:
            ValueError: If the images do not have three channels.
        """
        check_colour("mosaic", images)
        return torch.where(self.colours(images), images, 0.0).sum(1, keepdim=True)

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape `K 3 h w` of the images of a measurement `K 1 h w`."""
        return colour_shape(measurement)

    def cropped(self, image: Tensor) -> Tensor:
        """Return a colour image as it is, `1 3 h w`.

        Raises:
            ValueError: If the image does not have three channels.
        """
        return check_colour("mosaic", image)

    def given(self, target: Tensor) -> Tensor:
        """Return your own mosaic as it is, `1 1 h w`.

        Raises:
            ValueError: If the target does not have one channel.
        """
        if target.shape[1] != 1:
            raise ValueError(
                f"target has {target.shape[1]} channels: degradation=mosaic needs the grey picture "
                "of a sensor, in which each pixel has one colour"
            )
        return target

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return the mosaic whose pattern begins at the part, and the part of the target."""
        rows = [self.pattern[:2], self.pattern[2:]]
        top, left = window.top % 2, window.left % 2
        shifted = [rows[(top + i) % 2][(left + j) % 2] for i in range(2) for j in range(2)]
        return Mosaic("".join(shifted)), window.of(target)

    def pixels(self, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mosaic in its colours, `1 3 h w`, and the mask of each colour."""
        colours = self.colours(target)
        return torch.where(colours, target, 0.0), colours

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the mosaic in its colours, `1 3 h w`, with 0 in the two that a pixel lacks."""
        return self.pixels(target)[0], "Mosaic"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image with the known colour of each pixel put in place, `1 3 h w`.

        The two other colours get the residual of their neighbours, `spread`: first that of green,
        which half of the pixels have, then the differences of red and of blue to it, which vary
        less than the residuals themselves.

        Reference: Kiku, Monno, Tanaka and Okutomi, "Residual interpolation for color image
        demosaicking", ICIP 2013. Their first image is a guided filter's, ours is the network's.
        """
        known = self.colours(target)
        residual = target - image
        green = spread(residual[:, 1:2], known[:, 1:2])
        differences = spread(residual - green, known)
        return torch.where(known, target, image + green + differences)


def check_colour(option: str, images: Tensor) -> Tensor:
    """Return images of three channels as they are, `K 3 h w`.

    Args:
        option: The name of the degradation, for the message.
        images: `K c h w`.

    Raises:
        ValueError: If c is not 3.
    """
    if images.shape[1] != len(COLOURS):
        raise ValueError(
            f"image must have 3 colour channels for degradation={option}, got {images.shape[1]}"
        )
    return images


def colour_shape(measurement: Tensor) -> tuple[int, ...]:
    """Return the shape `K 3 h w` of the colour images of a measurement `K 1 h w`."""
    count, _, height, width = measurement.shape
    return count, len(COLOURS), height, width
