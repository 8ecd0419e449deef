"""`Degradation`: the base class of every A."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from untrained.degradation.array import read_array
from untrained.tile import Window

ROUNDING = 1e-12  # The square of a single number's precision, 1e-7, with room for sums.


class Degradation(nn.Module, ABC):
    """The base class of A, which maps an image x to a measurement A(x).

    A subclass must define `forward`. The defaults of the other methods are right for an operator
    whose measurement has the shape of the image and is known everywhere.

    Shape:
        `forward` maps K images, `K c *n`, to K measurements, `K *m`. All tensors are real. Complex
        numbers have a last axis of 2.
    """

    is_picture = True
    """Whether a measurement is a picture in [0, 1]. A picture is read, clipped and written."""

    reads_array = True
    """Whether a target of your own that is not a picture is read from a NumPy array."""

    shows_noise = True
    """Whether the noise of a measurement can be estimated from neighbouring pixels."""

    is_exact = True
    """Whether A of the clean image is the target but for its noise. A JPEG file is rounded too."""

    keeps_detail = True
    """Whether a measurement still has the finest details of the image."""

    view_is_image = True
    """Whether the picture of a measurement (`view`) can be compared with the image."""

    is_signed = False
    """Whether images have values below 0. A network that ends in a sigmoid has none."""

    needs_whole = ""
    """Why A needs the whole image, as the end of a sentence, if it cannot have a part of it."""

    shift = 0
    """The pixels by which an image may be shifted each way, if A leaves its place open."""

    is_kspace = False
    """Whether your own target is k-space. Then 0 means not measured, and the image has the real and
    the imaginary parts of the coils, with values below 0."""

    of_simulation: tuple[str, ...] = ()
    """The settings that are only used to make a target from a clean image."""

    of_own_target: tuple[str, ...] = ()
    """The settings that only say how your own target is read."""

    idle_beside: tuple[tuple[str, object, tuple[str, ...]], ...] = ()
    """Each has a setting, a value of it, and the settings that change nothing beside this value."""

    room: float | None = None
    """The bytes that A may use for its own tensors, such as a matrix; None if unknown."""

    lr: float | None = None
    """The learning rate of the parameters of A. None is the rate of the networks."""

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Return the measurements A(x) of K images x, `K c *n` to `K *m`."""

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape `K c *n` of the images whose measurement has the shape `K *m`.

        The default is the shape of the measurement.
        """
        return tuple(measurement.shape)

    def adjoint(self, measurement: Tensor) -> Tensor:
        """Return A^T w, for which <A x, w> = <x, A^T w> for every x.

        The default computes the gradient of <A x, w> at x = 0 by autograd. For a linear A the
        gradient is the same at each x. It is 0 if A does not depend on x.

        Args:
            measurement: w, `K *m`.

        Returns:
            K images, `K c *n`.
        """
        with torch.enable_grad():
            images = measurement.new_zeros(self.shape(measurement), requires_grad=True)
            measured = self(images)
            if not measured.requires_grad:
                return images.detach()
            (gradient,) = torch.autograd.grad(measured, images, measurement, materialize_grads=True)
        return gradient

    def colour(self, target: Tensor) -> Tensor:
        """Return the colour that the target has in the mean, `c`.

        Each channel is sum(A^T y) / sum(A^T A 1). If y is the measurement of a flat image, this is
        the colour of that image, for any linear A that does not mix channels. For a mask it is the
        mean of the known pixels. Where A mixes channels it is about that. A channel whose mean is
        not measured, or only to rounding, has the middle of its values: 0.5, or 0 for coils.

        Args:
            target: y, `1 *m`.
        """
        seen = self.adjoint(target).flatten(2).sum((0, 2))
        with torch.no_grad():
            white = self(torch.ones(self.shape(target)).to(seen))
        each = self.adjoint(white).flatten(2)
        whole = each.sum((0, 2))
        is_measured = (whole > ROUNDING * each.shape[2]) & (seen / whole).isfinite()
        return torch.where(is_measured, seen / whole, 0.0 if self.is_signed else 0.5)

    def cropped(self, image: Tensor) -> Tensor:
        """Return the part of a clean image, `1 c *n`, that A can measure. The default is all of it.

        Raises:
            ValueError: If there is no such part.
        """
        return image

    def observe(self, image: Tensor) -> Tensor:
        """Return the simulated measurement, `1 *m`, of a clean image, `1 c *n`: by default A(x)."""
        return self(image)

    def read(self, path: str) -> Tensor:
        """Read your own target from a NumPy file, if a measurement is not a picture.

        Args:
            path: The file.

        Returns:
            The numbers of the file, of any shape; `given` makes `1 *m` of it.

        Raises:
            ValueError: If the file cannot be read. The message is one line and begins with `path`.
        """
        return read_array(path, takes_complex=self.is_kspace)

    def given(self, target: Tensor) -> Tensor:
        """Return your own target as A could have made it, `1 *m`. The default is `masked`.

        Args:
            target: A picture `1 c h w`, or the numbers that `read` returns.

        Raises:
            ValueError: If the settings and the target do not determine A.
        """
        return self.masked(target)

    def pixels(self, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return the pixels of the image that the target consists of, and which they are.

        Args:
            target: y, `1 *m`.

        Returns:
            The pixels, `1 c h w`, and a mask that broadcasts to them; None if the target consists
            of other things, as of sums of pixels.
        """
        return None

    def known(self, target: Tensor) -> Tensor | None:
        """Return a mask of the known entries of the target, or None if all are known.

        Args:
            target: `1 *m`.

        Returns:
            A bool tensor that broadcasts to the target, on the device of the target.
        """
        return None

    def masked(self, target: Tensor) -> Tensor:
        """Return the target with 0 in each entry that is not `known`."""
        known = self.known(target)
        return target if known is None else torch.where(known, target, 0.0)

    def visible(self, images: Tensor) -> Tensor:
        """Return the part of the images that is compared and shown. The default is all of it.

        Shape:
            `K c *n` to `K c' h w`.
        """
        return images

    def grid(self, target: Tensor) -> tuple[int, int]:
        """Return the rows and the columns of the least parts of a target.

        A tile consists of whole parts: of pixels of the target by default, of blocks where A cuts
        the image into blocks.
        """
        return target.shape[2], target.shape[3]

    def windowed(self, target: Tensor, window: Window) -> "tuple[Degradation, Tensor]":
        """Return the A and the y of a part of the image, for a fit of a tile.

        Only a local A can do this: each entry of y depends on the pixels near its place.

        Args:
            target: The whole target y, `1 *m`.
            window: The part, in least parts of the target (`grid`).

        Returns:
            The A of the part, and the part of the target.

        Raises:
            ValueError: If A needs the whole image, which is the default.
        """
        name = type(self).__module__.rpartition(".")[2]
        raise ValueError(
            f"tile.size cannot be used: degradation={name} needs the whole image{self.needs_whole}"
        )

    def found_kernel(self) -> Tensor | None:
        """Return the kernel that was fitted with the image, `h w`, or None."""
        return None

    def view(self, target: Tensor) -> tuple[Tensor, str] | None:
        """Return a picture of the target, `1 c h w`, and its name; None if there is none."""
        return None

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image with the known values of the target put in place.

        The default returns the image as it is.

        Args:
            image: `1 c *n`.
            target: `1 *m`.
        """
        return image


def in_multiples(word: str, image: Tensor, multiple: int) -> Tensor:
    """Return the largest centre of an image whose sides are multiples of a number of pixels.

    Args:
        word: The name of the setting that holds the number, for the message.
        image: The image, `1 c h w`.
        multiple: The number of pixels.

    Raises:
        ValueError: If a side is shorter than `multiple`.
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
