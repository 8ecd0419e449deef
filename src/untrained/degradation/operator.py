"""What every degradation answers: `Degradation`, the contract of A."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from untrained.degradation.array import read_array
from untrained.tile import Window


class Degradation(nn.Module, ABC):
    """A, from images to a measurement.

    A subclass writes `forward`. The other methods have an answer that is right for an operator
    whose measurement has the shape of the image and is observed everywhere.

    Shape:
        `forward` takes K images, `K c *n`, to `K *m`. An operator is real: complex numbers have a
        last axis of 2.
    """

    is_picture = True
    """Whether a measurement is a picture in [0, 1], that is read, clipped and written as one."""

    shows_noise = True
    """Whether the noise of a measurement can be read off its neighbouring pixels."""

    keeps_detail = True
    """Whether the finest details of the image are left in a measurement."""

    view_is_image = True
    """Whether a measurement as it is drawn can be compared with the image."""

    is_signed = False
    """Whether the images have values below 0, which a network that ends in a sigmoid has not."""

    shift = 0
    """How many pixels the images may be off their place, each way, where A leaves that open."""

    is_kspace = False
    """Whether a target of the user's own is k-space: what is 0 in it is not measured, and the image
    has the real and imaginary parts of coils, with values below 0."""

    of_simulation: tuple[str, ...] = ()
    """The words that only make a target of a clean image, and say nothing of A itself."""

    of_own_target: tuple[str, ...] = ()
    """The words that only say how a target of the user's own is read."""

    unused: tuple[str, ...] = ()
    """The words that say nothing beside the value of another one."""

    room: float | None = None
    """Bytes that it may take for what it makes of its own; None where nobody knows."""

    lr: float | None = None
    """Learning rate of the parameters that A has of its own; None for that of the networks."""

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Return A(x) of each of K images."""

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape of the images that have a measurement of this shape: `K c *n`."""
        return tuple(measurement.shape)

    def adjoint(self, measurement: Tensor) -> Tensor:
        """Return A^T w, for which <A x, w> = <x, A^T w> for every x.

        It is the gradient of <A x, w> at x = 0. For a linear A the place does not matter.

        Args:
            measurement: w, `K *m`.

        Returns:
            K images, `K c *n`.
        """
        with torch.enable_grad():
            images = measurement.new_zeros(self.shape(measurement), requires_grad=True)
            (gradient,) = torch.autograd.grad(self(images), images, measurement)
        return gradient

    def cropped(self, image: Tensor) -> Tensor:
        """Return the part of a clean image, `1 c *n`, that A can take: all of it."""
        return image

    def observe(self, image: Tensor) -> Tensor:
        """Return the measurement of a clean image where it is simulated: A(x)."""
        return self(image)

    def read(self, path: str) -> Tensor:
        """Read a user's own target that is no picture: an array of numpy.

        Raises:
            ValueError: If it cannot be read. In one line that begins with the word `path`.
        """
        return read_array(path)

    def given(self, target: Tensor) -> Tensor:
        """Return a user's own target as A could have made it: `masked`.

        Raises:
            ValueError: If A cannot be known from its words and the target alone.
        """
        return self.masked(target)

    def known(self, target: Tensor) -> Tensor | None:
        """Return which entries of the target are observed, or None where all are.

        Returns:
            A mask of bool that broadcasts to the target, on its device.
        """
        return None

    def masked(self, target: Tensor) -> Tensor:
        """Return the target with 0 in each entry that is not `known`."""
        known = self.known(target)
        return target if known is None else torch.where(known, target, 0.0)

    def visible(self, images: Tensor) -> Tensor:
        """Return what of the images is compared and shown: all of them.

        Shape:
            `K c *n` to `K c' h w`.
        """
        return images

    def windowed(self, target: Tensor, window: Window) -> "tuple[Degradation, Tensor]":
        """Return A and y of a part of the image alone, for a fit of this part.

        An A that is local can do so: each entry of y depends on the pixels near its place.

        Args:
            target: y, `1 *m`.
            window: The part, in pixels of the target.

        Raises:
            ValueError: If A sees the whole image at once, which is the answer here.
        """
        name = type(self).__module__.rpartition(".")[2]
        raise ValueError(f"tile.size cannot be used: degradation={name} needs the whole image")

    def found_kernel(self) -> Tensor | None:
        """Return the kernel that is fitted with the image, `h w`; None where there is none."""
        return None

    def view(self, target: Tensor) -> tuple[Tensor, str] | None:
        """Return the target as a picture, `1 c h w`, and its name, or None where there is none."""
        return None

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image with the pixels that the target knows put in their place: none here."""
        return image


def in_multiples(word: str, image: Tensor, multiple: int) -> Tensor:
    """Return the centre of an image, `1 c h w`, whose sides are multiples of a number of pixels.

    Args:
        word: What the number is called.
        image: The image.
        multiple: The number.

    Raises:
        ValueError: If a side is shorter than that.
    """
    height, width = image.shape[2:]
    shorter = min(height, width)
    if shorter < multiple:
        raise ValueError(
            f"{word} must be at most {shorter}, the shorter side of {height} x {width} pixels, "
            f"got {multiple}"
        )
    top, left = height % multiple // 2, width % multiple // 2
    tall, wide = height - height % multiple, width - width % multiple
    return image[..., top : top + tall, left : left + wide]
