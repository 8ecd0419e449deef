"""Computed tomography with parallel beams: sums along the lines of some directions."""

import logging
import math
import warnings
from itertools import product
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from untrained.check import flag, number, spoken_shape, whole
from untrained.degradation.operator import Degradation
from untrained.degradation.residual import corrected

# Weights of the matrix for each pixel and direction, in the mean (measured).
WEIGHTS = 1.75
BYTES = 2 * 12  # of a weight and its place, in the matrix and in its transpose
PEAK = 140  # while they are made (measured)
LARGEST = 4 * 2**30
# The largest mean along a line. No image has a mean over the first, and noise adds less than a
# quarter. Below the second the image is nearly black.
BRIGHTEST, DIMMEST = 1.25, 0.02

log = logging.getLogger(__name__)


class Tomography(Degradation):
    """Measure the Radon transform in a few directions, the sinogram of parallel beams.

    A(x)_{a, d} = 1/n sum_i x(R_a p_{d, i}) for a square image of side n. The points p_{d, i} of the
    line d are one pixel apart. R_a turns them by the angle a around the pixel (n // 2, n // 2).
    Between pixels x is bilinear.

    This is `skimage.transform.radon` divided by n. So the measurement of an image in [0, 1] is in
    [0, 1], and noise and loss have the scale of the image.

    The weights are a sparse matrix with about 1.75 entries for each pixel and direction. The matrix
    and its transpose are made once and need 24 bytes an entry: 160 MiB for 256 x 256 and 60
    directions. The adjoint is exact.

    Args:
        angles: The number of directions, evenly spread over `range` from 0 degrees on.
        range: The degrees that the directions cover, over 0 and up to 180. Less than 180 is the
            limited-angle problem.
        circle: Whether the image is black outside of its inner circle, and is shown so. Then n
            detectors see all of it. If false, there are sqrt(2) n detectors, which see the corners.
        white: The value of a white pixel, for your own sinogram. A file holds sums of such values
            over pixels, as scikit-image makes them. No larger value is in the result.

    Shape:
        Square images `K c n n` to `K c angles detectors`. A simulated image is cropped to a square.

    Raises:
        ValueError: If a setting is out of its range. In a call, if the image is not a square, or if
            the matrix would need more than 4 GiB or more than the free memory.

    Example:
        >>> Tomography(angles=30)(torch.ones(1, 1, 64, 64)).shape
        torch.Size([1, 1, 30, 64])
    """

    needs_whole = ", because the lines of a sinogram cross all of it"
    is_picture = False
    shows_noise = False
    of_own_target = ("white",)
    view_is_image = False

    def __init__(
        self, angles: int = 30, range: float = 180, circle: bool = True, white: float = 1
    ) -> None:
        super().__init__()
        self.white = number("white", white, over=0)
        self.angles = whole("angles", angles)
        self.range = number("range", range, over=0, most=180, unit="in degrees")
        self.circle = flag("circle", circle)
        # The matrix and its transpose, made when the size is known.
        self.made: tuple[Tensor, Tensor] | None = None

    @property
    def degrees(self) -> Tensor:
        """The angles in degrees."""
        return torch.arange(self.angles, dtype=torch.float64) * (self.range / self.angles)

    def detectors(self, side: int) -> int:
        """Return how many detectors see an image of this side in pixels."""
        return side if self.circle else math.ceil(math.sqrt(2) * side)

    def forward(self, images: Tensor) -> Tensor:
        """Return K sinograms, `K c angles detectors`, of K images `K c n n`.

        Raises:
            ValueError: If the images are not squares, or are too large.
        """
        count, channels, height, width = images.shape
        if height != width:
            raise ValueError(f"image must be a square for tomography, got {height} x {width}")
        matrix, transpose = self.matrices(width, images)
        sums = multiplied(images.reshape(count * channels, -1), matrix, transpose)
        return sums.reshape(count, channels, self.angles, self.detectors(width))

    def adjoint(self, measurement: Tensor) -> Tensor:
        """Return A^T w, see `Degradation.adjoint`."""
        shape = self.shape(measurement)
        matrix, transpose = self.matrices(shape[-1], measurement)
        rows = measurement.reshape(shape[0] * shape[1], -1)
        return multiplied(rows, transpose, matrix).reshape(shape)

    def matrices(self, side: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return the matrix and its transpose.

        Args:
            side: Side of the image, in pixels.
            like: A tensor of the type and on the device that they are to have.
        """
        if self.made is None or self.made[0].shape[1] != side**2:
            self.check_size(side)
            matrix = radon_matrix(side, self.degrees, self.detectors(side), self.circle)
            self.made = matrix, transposed(matrix)
        if self.made[0].device != like.device:
            self.made = self.made[0].to(like.device), self.made[1].to(like.device)
        matrix, transpose = self.made
        return matrix.to(like.dtype), transpose.to(like.dtype)

    def check_size(self, side: int) -> None:
        """Refuse an image whose matrix would need too much memory.

        Raises:
            ValueError: If the matrix would need more than 4 GiB, or more than `room` while it is
                made.
        """
        entries = WEIGHTS * side**2 * self.angles
        advice = f"angles is too large for {side} x {side} pixels: the matrix of tomography would"
        if BYTES * entries > LARGEST:
            raise ValueError(f"{advice} take {BYTES * entries / 2**30:.1f} GiB, got {self.angles}")
        if self.room is not None and PEAK * entries > self.room:
            raise ValueError(
                f"{advice} take {PEAK * entries / 2**30:.1f} GiB while it is made, and "
                f"{self.room / 2**30:.1f} GiB are free, got {self.angles}"
            )

    def shape(self, measurement: Tensor) -> tuple[int, ...]:
        """Return the shape `K c n n` of the images of sinograms `K c angles detectors`."""
        count, channels, _, detectors = measurement.shape
        side = detectors if self.circle else math.floor(detectors / math.sqrt(2))
        return count, channels, side, side

    def cropped(self, image: Tensor) -> Tensor:
        """Return the largest square in the centre of an image, `1 c n n`."""
        height, width = image.shape[2:]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return image[..., top : top + side, left : left + side]

    def given(self, target: Tensor) -> Tensor:
        """Return your own sinogram divided by `white` and by the side of the image.

        Args:
            target: Sums over pixels, `angles detectors`, or `c angles detectors` of c slices.

        Returns:
            `1 c angles detectors`.

        Raises:
            ValueError: If the sinogram has other axes, another number of directions, or sums that
                no image has.
        """
        channels = target if target.dim() == 3 else target[None]
        if target.dim() not in (2, 3) or not len(channels):
            raise ValueError(
                f"target is {spoken_shape(target.shape)}; angles x detectors is needed"
            )
        if target.shape[-2] != self.angles:
            turned = " (its .T has them)" if target.shape[-1] == self.angles else ""
            raise ValueError(
                f"target is {spoken_shape(target.shape)}, and angles x detectors is needed with "
                f"degradation.angles={self.angles}{turned}"
            )
        side = self.shape(channels[None])[-1]
        if self.detectors(side) != target.shape[-1]:
            raise ValueError(
                f"target has {target.shape[-1]} detectors, and no image has so many where "
                f"degradation.circle=false: {self.detectors(side)} see {side} x {side} pixels"
            )
        return self.in_range(channels[None] / (self.white * side))

    def in_range(self, means: Tensor) -> Tensor:
        """Return a sinogram as it is if an image in [0, 1] can have it.

        A line in the log says so if the image would be nearly black.

        Args:
            means: The sinogram, `1 c angles detectors`, as means along the lines.

        Raises:
            ValueError: If the image would be brighter than white, or below black.
        """
        highest = means.max().item()
        likely = f"{2 * highest * self.white:.2g}"
        if highest > BRIGHTEST:
            raise ValueError(
                f"target has sums up to {highest:.3g} times those of a white image: "
                f"degradation.white={likely}, say, is what is white, got {self.white:g}"
            )
        if means.mean() < 0:
            raise ValueError("target has sums whose mean is below 0, and an image has none such")
        if highest < DIMMEST:
            log.warning(
                "target has sums up to %.2g of those of a white image, which is dark: "
                "degradation.white=%s, say, makes it brighter",
                highest,
                likely,
            )
        return means

    def visible(self, images: Tensor) -> Tensor:
        """Return the images, black outside of the inner circle if `circle` is true."""
        if not self.circle:
            return images
        return torch.where(disc(images.shape[-1]).to(images.device), images, 0.0)

    def merged(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image, moved towards its sinogram: see `corrected`."""
        return corrected(image, target, self)

    def view(self, target: Tensor) -> tuple[Tensor, str]:
        """Return the sinogram as a square, `1 c n n`, directions downwards, the largest white."""
        scaled = (target / target.max().clamp(min=1e-6)).clamp(0, 1)
        return functional.interpolate(scaled, size=(target.shape[-1],) * 2), "Sinogram"


class Product(torch.autograd.Function):
    """The product of a sparse matrix and columns. Its gradient uses the given transpose."""

    @staticmethod
    def forward(ctx: Any, columns: Tensor, matrix: Tensor, transpose: Tensor) -> Tensor:  # noqa: ANN401
        """Return the product, `angles*detectors K`, of columns `n*n K`."""
        ctx.transpose = transpose
        return matrix @ columns

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        """Return the gradient of the columns, `n*n K`."""
        return ctx.transpose @ gradient.contiguous(), None, None


def multiplied(rows: Tensor, matrix: Tensor, transpose: Tensor) -> Tensor:
    """Return the product of a sparse matrix with each row, `K m`, of `K n`.

    Args:
        rows: The rows.
        matrix: `m n`.
        transpose: Its transpose, for the gradient.
    """
    columns = rows.T.contiguous()
    with torch.autocast(rows.device.type, enabled=False):
        products: Tensor = Product.apply(columns, matrix, transpose)  # type: ignore[no-untyped-call]
    return products.T


def disc(side: int) -> Tensor:
    """Return which pixels of a square of side n lie in the circle of radius n // 2, `n n`, bool."""
    distance = torch.arange(side) - side // 2
    return distance[:, None] ** 2 + distance**2 <= (side // 2) ** 2


def radon_matrix(side: int, degrees: Tensor, detectors: int, circle: bool) -> Tensor:
    """Return the weight of each pixel in each mean, `angles*detectors n*n`, in CSR form, float32.

    Args:
        side: Side n of the image, in pixels.
        degrees: The angles, in degrees.
        detectors: Number of the detectors.
        circle: Whether only the pixels within the circle count.
    """
    within = disc(side) if circle else torch.ones(side, side, dtype=torch.bool)
    # An image without a circle lies in the middle of a larger one, as in scikit-image.
    before = detectors // 2 - side // 2
    parts = [one_direction(angle, side, detectors, before, within) for angle in degrees]
    counts = torch.cat([count for count, _, _ in parts])
    starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    columns = torch.cat([column for _, column, _ in parts])
    weights = torch.cat([weight for _, _, weight in parts]) / side
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR")  # PyTorch calls them a beta.
        return torch.sparse_csr_tensor(
            starts, columns, weights, (len(counts), side**2), check_invariants=False
        )


def one_direction(
    angle: Tensor, side: int, detectors: int, before: int, within: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weights of one direction, in the order of the detectors.

    Args:
        angle: The angle in degrees.
        side: Side n of the image.
        detectors: Number of the detectors, and of the points of each line.
        before: Rows and columns that lie before the image.
        within: Which pixels count, `n n`, bool.

    Returns:
        The number of weights of each detector, the pixel of each weight, and the weights, float32.
    """
    turn, middle = torch.deg2rad(angle), detectors // 2
    place = torch.arange(detectors, dtype=torch.float64) - middle
    down, across = place[:, None], place[None]
    x = torch.cos(turn) * across + torch.sin(turn) * down + (middle - before)
    y = torch.cos(turn) * down - torch.sin(turn) * across + (middle - before)
    sums, pixels, weights = [], [], []
    detector = torch.arange(detectors).expand(detectors, detectors)
    # Each point is shared by the four pixels around it.
    for column, row in product((x.floor(), x.floor() + 1), (y.floor(), y.floor() + 1)):
        weight = (1 - (x - column).abs()) * (1 - (y - row).abs())
        inside = (column >= 0) & (column < side) & (row >= 0) & (row < side) & (weight > 0)
        pixel = (row * side + column)[inside].long()
        counts = within.flatten()[pixel]
        sums.append(detector[inside][counts])
        pixels.append(pixel[counts])
        weights.append(weight[inside][counts].float())
    places = torch.stack([torch.cat(sums), torch.cat(pixels)])
    matrix = torch.sparse_coo_tensor(
        places, torch.cat(weights), (detectors, side**2), check_invariants=False
    ).coalesce()
    count = torch.bincount(matrix.indices()[0], minlength=detectors)
    return count, matrix.indices()[1], matrix.values()


def transposed(matrix: Tensor) -> Tensor:
    """Return the transpose of a CSR matrix in CSR form, in which products are fast."""
    return matrix.t().to_sparse_csr()
