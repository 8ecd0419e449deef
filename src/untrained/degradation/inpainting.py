"""Inpainting: some pixels are lost."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from untrained.check import flag, number, whole
from untrained.degradation.operator import Degradation
from untrained.degradation.residual import spread
from untrained.image.decode import Decoded, decoded
from untrained.image.kind import UnusableError
from untrained.image.npy import UnknownAxisError
from untrained.image.origin import origin
from untrained.image.scale import scaled
from untrained.seed import own_seed
from untrained.tile import Window

LUMA = (0.299, 0.587, 0.114)
# The share of pixels that are neither black nor white, above which a picture is no mask.
MOST_GREY = 1 / 3


class Inpainting(Degradation):
    """Keep some pixels and lose the others, A(x) = m x, where the mask m is 1 or 0.

    The mask is a picture, or it is drawn: each pixel is kept with the probability `keep`. The draw
    depends only on `seed` and on the size of the image, not on the device or the global seed.

    In a mask file white is known and black is lost. A pixel is known if its luma
    0.299 R + 0.587 G + 0.114 B is at least half of white. An alpha channel is ignored. The channels
    of an array (`.npy`) or of a TIFF of bands are no colours: each is the mask of one channel.

    Args:
        keep: Share of the pixels that are known, between 0 and 1. With a `mask` it has no effect.
        mask: Path of a picture of the size of the image, or an array that is true in the known
            pixels, `h w` or `1 c h w`. None draws the mask. Three axes are a mask for each channel,
            `c h w` or `h w c`, whichever has the image's sides; `c h w` if both have.
        seed: Seed of the drawn mask.
        each_channel: Whether each channel has its own drawn mask. If false, a pixel is known or
            lost in all its channels.

    Shape:
        `K c h w` to `K c h w`.

    Raises:
        ValueError: If a setting is out of its range. If the mask cannot be read, or is all white
            or all black. In a call, if the mask has another size than the image.

    Example:
        >>> measurement = Inpainting(keep=0.25)(torch.ones(1, 3, 256, 256))
        >>> round(measurement.mean().item(), 2)
        0.25
    """

    def __init__(
        self,
        keep: float = 0.5,
        mask: str | Path | ArrayLike | None = None,
        seed: int = 0,
        each_channel: bool = False,
    ) -> None:
        super().__init__()
        self.keep = number("keep", keep, over=0, under=1)
        self.seed = whole("seed", seed, least=0)
        self.each_channel = flag("each_channel", each_channel)
        self.is_drawn = mask is None
        # The mask that the last call used; a drawn one is empty until the size is known.
        self.mask = torch.empty(0, dtype=torch.bool)
        self.name = "of an array"
        if isinstance(mask, str | Path):
            self.name = repr(str(mask))
            self.mask = read_mask(mask)
        elif mask is not None:
            self.mask = as_mask(mask)

    def forward(self, images: Tensor) -> Tensor:
        """Return K images, `K c h w`, with 0 in the lost pixels."""
        return self.masked(images)

    def known(self, target: Tensor) -> Tensor:
        """Return the mask, bool, on the device of the target.

        Returns:
            `1 1 h w`; with a mask for each channel `1 c h w`.

        Raises:
            ValueError: If the mask has another size than the target, or other channels.
        """
        if self.is_drawn:
            self.draw(target)
        _, channels, height, width = target.shape
        is_last = self.mask.shape[1:] == (height, width, channels)
        if is_last and self.mask.shape != target.shape:  # A file whose last axis is the channels'.
            self.mask = self.mask.movedim(3, 1)
        if self.mask.shape[2:] != target.shape[2:]:
            sizes = f"is {spoken(self.mask)} pixels and the image {spoken(target)}"
            raise ValueError(f"mask {self.name} {sizes}; both must be equal")
        if self.mask.shape[1] not in (1, channels):
            counts = f"has {self.mask.shape[1]} channels and the image {channels}"
            raise ValueError(f"mask {self.name} {counts}; one plane is for all channels")
        self.mask = self.mask.to(target.device)  # brought there once, not at each step
        return self.mask

    def draw(self, images: Tensor) -> None:
        """Draw the mask for images of this shape, unless the last draw was for the same shape.

        Raises:
            ValueError: If the draw keeps all pixels or none.
        """
        _, channels, height, width = images.shape
        shape = (1, channels if self.each_channel else 1, height, width)
        if self.mask.shape == shape:
            return
        generator = torch.Generator().manual_seed(own_seed("mask", self.seed))
        mask = torch.rand(shape, generator=generator) < self.keep
        if mask.all() or not mask.any():
            outcome = "loses none" if mask.all() else "keeps none"
            raise ValueError(f"keep {outcome} of {spoken(images)} pixels, got {self.keep!r}")
        self.mask = mask

    def given(self, target: Tensor) -> Tensor:
        """Return your own target with 0 in the lost pixels, `1 c h w`.

        Raises:
            ValueError: If there is no mask, because then nobody knows which pixels are lost.
        """
        if self.is_drawn:
            raise ValueError(
                "mask is needed with a target of your own: a picture or an array of the same "
                "size, white where the target is known and black where it is to be filled"
            )
        return self.masked(target)

    def windowed(self, target: Tensor, window: Window) -> tuple[Degradation, Tensor]:
        """Return the A with the mask of a part, and this part of the target.

        Raises:
            ValueError: If no pixel of the part is known, in all channels or in one.
        """
        part = window.of(self.known(target))
        if not part.flatten(2).any(2).all():
            size = f"{window.height} x {window.width}"
            raise ValueError(f"tile.size is too small: a tile of {size} pixels lies in a hole")
        return Inpainting(mask=part), window.of(target)

    def pixels(self, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the target and the mask."""
        return target, self.known(target)

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the target, black in the lost pixels."""
        return self.masked(target), "Masked"

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return m y + (1 - m) (x + u): the target where it is known, and elsewhere the image.

        u is the residual y - x of the known pixels, `spread` to the others. A fit that has not
        ended, or a network that is too small, lacks fine detail, and u has some of it.
        """
        known = self.known(target)
        return torch.where(known, target, image + spread(target - image, known))


def as_mask(array: ArrayLike) -> Tensor:
    """Return an array as a mask, `1 1 h w` or `1 c h w`, true in the known pixels.

    Args:
        array: `h w`, `c h w` or `1 c h w`, of at most two values: 0 is lost, the other is known.
            An array `h w c` stays so until the image tells that its last axis is the channels'.

    Raises:
        ValueError: If the array has other axes or more values, or if no pixel is known.
    """
    values = np.asarray(array.detach().cpu() if isinstance(array, Tensor) else array)
    if not np.isin(values, (0, values.max(initial=0))).all():
        raise ValueError("mask has more than two values: mask > 0.5 has only known and lost")
    mask = torch.as_tensor(values) != 0
    if mask.dim() in (2, 3):
        mask = mask[(None,) * (4 - mask.dim())]
    if mask.dim() != 4 or len(mask) > 1:
        found = tuple(mask.shape) or repr(array)
        raise ValueError(f"mask must be a file, or an array `h w` or `c h w`, got {found}")
    if not mask.any():
        raise ValueError("mask has no pixel that is known")
    return mask


def read_mask(path: str | Path) -> Tensor:
    """Read a picture as a mask, true in the known pixels.

    Returns:
        `1 1 h w`; or `1 c h w` of an array or a TIFF with a mask for each channel. If nothing says
        which axis of an array is that of the channels, it is `1 a b c` in the order of the file.

    Raises:
        ValueError: If the picture cannot be read, if it is a photo, or if all of it is known or
            lost. The message is one line, begins with `mask` and names the file.
    """
    picture = read_levels(path)
    luma = picture
    # Three channels of an array, or three pages, are a mask each; else they are colours.
    is_array = Path(path).suffix.lower() == ".npy"
    if picture.shape[1] == 3 and not is_array and origin(path).pages == "one":
        weights = picture.new_tensor(LUMA).reshape(1, 3, 1, 1)
        luma = (weights * picture).sum(1, keepdim=True)
    if ((luma > 0.2) & (luma < 0.8)).float().mean() > MOST_GREY:
        raise ValueError(
            f"mask {str(path)!r} is mostly grey: a mask is black and white, and white is known"
        )
    known = luma >= 0.5
    if known.all() or not known.any():
        absent = "black" if known.all() else "white"
        raise ValueError(f"mask {str(path)!r} has no {absent} pixel: white is known, black is lost")
    is_grey = known.shape[1] == 3 and bool((known == known[:, :1]).all())
    return known[:, :1] if is_grey else known


def read_levels(path: str | Path) -> Tensor:
    """Read a picture, `1 c h w`, white as 1; in a file of 0 and one other value that one is white.

    Raises:
        ValueError: If there is none. The line begins with the word `mask`.
    """
    try:
        array, said = decoded_levels(path)
        greatest = array.max()
        is_of_two = greatest > 0 and np.isin(array, (0, greatest)).all()
        numbers = scaled(array, greatest.item() if is_of_two else said)
    except UnusableError as error:
        # A mask has no word that says what is white.
        line, advice, _ = str(error).partition(": type white=")
        line += "; a mask is black and white" if advice else ""
        raise ValueError(f"mask {str(path)!r} {line}") from None
    return torch.from_numpy(np.array(numbers.transpose(2, 0, 1), order="C"))[None]


def decoded_levels(path: str | Path) -> Decoded:
    """Read the numbers of a mask, `h w c`.

    If nothing says which axis of an array is that of the channels, the first is taken for it.
    `Inpainting.known` sees by the target whether it is the last.

    Raises:
        UnusableError: If there is no picture.
    """
    try:
        return decoded(path, None, is_typed=False)
    except UnknownAxisError:
        return decoded(path, None, is_typed=False, channel_axis=0)


def spoken(image: Tensor) -> str:
    """Return height and width of an image in words.

    Example:
        >>> spoken(torch.zeros(1, 3, 16, 20))
        '16 x 20'
    """
    height, width = image.shape[2:]
    return f"{height} x {width}"
