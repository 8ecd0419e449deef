"""The collaborative filter: a Wiener filter of groups of similar blocks."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

RADIUS = 10  # similar blocks are searched within so many pixels in each direction
TOGETHER = 2**20  # numbers of the groups that are filtered at a time, which bounds the memory
SHADES = 32  # levels of brightness at which the noise level is read
FEWEST = 64  # groups of a shade, at least, so that their median is a noise level
WRONG = 3  # standard deviations by which the mean of a wrong group is off
EPSILON = 1e-12  # a noise variance of zero counts as this


class Filter:
    """A Wiener filter of groups of similar blocks of one size.

    Each block of the pilot has a group: the `alike` nearby blocks whose brightness is closest. A
    group is a stack of `alike` blocks of `size` x `size` pixels. P are the coefficients of the
    pilot's stack, and B are those of the target's at the same places. Along the stack the transform
    is the discrete cosine transform. Within a block it is the cosine transform of two axes, or with
    `adapted` the principal components of the pilot's stack, of all its channels together. The
    filtered coefficients are

        B' = P^2 / (P^2 + N) B.

    The mean of a group stays that of the pilot, since a group covers few pixels, and the network
    has averaged the noise over more of them. But where it differs from the target's mean by more
    than three standard deviations of the noise in the mean of one block, the pilot is wrong, as
    in a spot that only the network has. There the target's mean is taken.

    N is the noise variance of a coefficient. The energy of a group is the mean of (B - P)^2. The
    median energy of all groups of like brightness is the noise level there (`levels`), so that
    neither the level nor its dependence on the brightness need be known. N is this level for
    principal components, which are for white noise. For cosines it is the level times the spectrum
    of the noise: for each coefficient the mean of (B - P)^2 over all groups, scaled to a mean of
    one. So correlated noise is treated as such.

    With a `margin` the energy of a group above (1 + margin) times its noise level is added to P^2:
    it is detail that the pilot lacks. The margin is there since the energy scatters: that of 16
    blocks of 5 x 5 by 7 % in white noise.

    A pixel of the result is the weighted mean of all blocks that contain it. The weight of a block
    is one over the noise variance that its group keeps, the sum of (B' / B)^2 N. The mean of a
    group counts whole in this sum, so that flat groups do not outweigh all others.

    Args:
        size: Side of a block in pixels.
        alike: Number of blocks in a group.
        adapted: Whether the transform is of the principal components of each group.
        margin: How far above the noise level detail begins, as a share of the level; None adds
            none.
    """

    def __init__(
        self, size: int, alike: int, adapted: bool = False, margin: float | None = None
    ) -> None:
        self.size = size
        self.alike = alike
        self.stride = (size + 1) // 2  # first blocks overlap by nearly half
        self.adapted = adapted
        self.margin = margin

    def __call__(self, pilot: Tensor, noisy: Tensor) -> Tensor:
        """Return the filtered target, `c h w`.

        Args:
            pilot: The image that steers the filter, `c h w`; its first channel is the brightness.
            noisy: The target, `c h w`.
        """
        height, width = noisy.shape[1:]
        pilot = self.padded(pilot)
        noisy = self.padded(noisy)
        starts = self.matched(pilot[0])
        brightness, energy, spectrum = self.residual(pilot, noisy, starts)
        level = levels(brightness, energy)
        lacking = torch.zeros_like(level)
        if self.margin is not None:
            lacking = (energy - (1 + self.margin) * level).clamp(min=0)
        total, weights = torch.zeros_like(noisy).flatten(1), torch.zeros_like(noisy).flatten(1)
        for some, pixels, steering, group in self.groups(pilot, noisy, starts):
            basis = self.basis(steering)
            power = transformed(steering, basis).square() + lacking[:, some, None, None]
            noise = spectrum * level[:, some, None, None]
            gain = power / (power + noise).clamp(min=EPSILON)
            filtered = gain * transformed(group, basis)
            mean = self.mean(steering, group, noise.amax((2, 3), keepdim=True))
            blocks = transformed(filtered, basis, back=True) + mean
            kept = (gain.square() * noise).sum((2, 3), keepdim=True) + level[:, some, None, None]
            weight = 1 / kept.clamp(min=EPSILON)
            for channel in range(len(noisy)):
                total[channel].index_add_(0, pixels, (weight * blocks)[channel].flatten())
                weights[channel].index_add_(0, pixels, weight.expand_as(blocks)[channel].flatten())
        mean = (total / weights).view_as(noisy)
        return mean[:, self.size : self.size + height, self.size : self.size + width]

    def mean(self, steering: Tensor, group: Tensor, noise: Tensor) -> Tensor:
        """Return the mean of each group, `c groups 1 1`: the pilot's, or where it is wrong another.

        Args:
            steering: The pilot's blocks.
            group: The target's blocks.
            noise: The noise variance of the noisiest coefficient, `c groups 1 1`. The mean of a
                block has at most this over `size^2`.
        """
        own = steering.mean((2, 3), keepdim=True)
        seen = group.mean((2, 3), keepdim=True)
        is_wrong = (seen - own).square() > WRONG**2 * noise / self.size**2
        return torch.where(is_wrong, seen, own)

    def padded(self, image: Tensor) -> Tensor:
        """Return an image `c h w` with a mirrored border as wide as a block.

        With the border each pixel is in many blocks.
        """
        return pad(image[None], [self.size] * 4, "reflect")[0]

    def matched(self, light: Tensor) -> Tensor:
        """Return where the blocks of each group begin.

        A group consists of a first block and the blocks closest to it. The first block is in its
        group also where all others are equal to it, so that each pixel is in a block.

        Args:
            light: The brightness of the pilot with its border, `h w`.

        Returns:
            The index of the first pixel of each block, counted row by row, `groups alike`.
        """
        height, width = light.shape
        rows = torch.arange(0, height - self.size + 1, self.stride)
        columns = torch.arange(0, width - self.size + 1, self.stride)
        together = max(1, TOGETHER // (len(columns) * (2 * RADIUS + 1) ** 2))
        found = []
        for start in range(0, len(rows), together):
            band = rows[start : start + together]
            first = torch.cartesian_prod(band, columns)
            places = first[:, None] + offsets()
            distance = self.distances(light, band)
            distance[:, distance.shape[1] // 2] = -1
            last = torch.tensor([height - self.size, width - self.size])
            inside = ((places >= 0) & (places <= last)).all(2)
            closest = distance.where(inside, torch.inf).topk(self.alike, largest=False).indices
            numbers = places[..., 0] * width + places[..., 1]
            found.append(numbers.gather(1, closest))
        return torch.cat(found)

    def distances(self, light: Tensor, band: Tensor) -> Tensor:
        """Return the mean squared difference of first blocks to the blocks at all `offsets`.

        Args:
            light: The brightness, `h w`.
            band: The rows in which the first blocks begin, in order.

        Returns:
            `groups offsets`. A value has no meaning if its block is not wholly in the picture.
        """
        width = light.shape[1]
        top, bottom = int(band[0]), int(band[-1]) + self.size
        here = light[top:bottom]
        around = pad(light, [RADIUS] * 4)
        found = []
        for down, across in (offsets() + RADIUS).tolist():
            there = around[top + down : bottom + down, across : across + width]
            square = (here - there).square()
            found.append(avg_pool2d(square[None], self.size, self.stride).flatten())
        return torch.stack(found, 1)

    def residual(
        self, pilot: Tensor, noisy: Tensor, starts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the brightness of each group, the energy of its residual, and the spectrum.

        Returns:
            The mean brightness of the pilot's blocks, `groups`; the mean of (B - P)^2, `c groups`;
            the relative spectrum of the noise, `c 1 alike size^2`, or one for an adapted filter.
        """
        square = noisy.new_zeros(len(noisy), 1, self.alike, self.size**2)
        brightness, energy = [], []
        for _, _, steering, group in self.groups(pilot, noisy, starts):
            rest = group - steering
            brightness.append(steering[0].mean((1, 2)))
            energy.append(centred(rest).square().mean((2, 3)))
            if not self.adapted:
                square += transformed(rest, self.cosines()).square().sum(1, keepdim=True)
        if self.adapted:
            spectrum = torch.ones_like(square)
        else:
            spectrum = square / square.mean((2, 3), keepdim=True).clamp(min=EPSILON)
        return torch.cat(brightness), torch.cat(energy, 1), spectrum

    def cosines(self) -> Tensor:
        """Return the cosine transform of a block, one basis block a column, `size^2 size^2`."""
        return torch.kron(*[cosine_basis(self.size)] * 2).T

    def basis(self, steering: Tensor) -> Tensor:
        """Return the basis of each group's blocks, `size^2 size^2` or `groups size^2 size^2`."""
        if not self.adapted:
            return self.cosines()
        blocks = centred(steering)
        covariance = (blocks.transpose(2, 3) @ blocks).sum(0)
        # The vectors stay the same, but LAPACK finds none of some groups that are nearly flat.
        covariance = covariance + EPSILON * torch.eye(self.size**2)
        return torch.linalg.eigh(covariance).eigenvectors

    def groups(
        self, pilot: Tensor, noisy: Tensor, starts: Tensor
    ) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
        """Yield some groups at a time: which, the indices of their pixels, and both images' blocks.

        The indices are one row. The blocks are `c groups alike size^2`.
        """
        width = noisy.shape[2]
        side = torch.arange(self.size)
        within = (width * side[:, None] + side).flatten()
        threes = math.ceil(len(pilot) / 3)
        numbers = max(self.alike, self.size**2) * self.size**2 * threes
        together = max(1, TOGETHER // numbers)
        for start in range(0, len(starts), together):
            some = slice(start, start + together)
            pixels = starts[some, :, None] + within
            yield some, pixels.flatten(), pilot.flatten(1)[:, pixels], noisy.flatten(1)[:, pixels]


def centred(blocks: Tensor) -> Tensor:
    """Return the blocks of groups, `... alike size^2`, less the mean of each group."""
    return blocks - blocks.mean((-2, -1), keepdim=True)


def transformed(groups: Tensor, basis: Tensor, back: bool = False) -> Tensor:
    """Return the coefficients of groups of blocks, or the inverse, `... alike size^2`.

    The coefficients are those of the groups less their means.

    Args:
        groups: The blocks, or with `back` their coefficients.
        basis: The orthonormal basis of the blocks, one basis block a column.
        back: Whether to compute blocks from coefficients.
    """
    stack = cosine_basis(groups.shape[-2])
    if back:
        return stack.T @ groups @ basis.transpose(-2, -1)
    return stack @ centred(groups) @ basis


def cosine_basis(length: int) -> Tensor:
    """Return the matrix of the orthonormal discrete cosine transform, `length length`."""
    frequency = torch.arange(length)[:, None]
    place = torch.arange(length) + 0.5
    basis = torch.cos(math.pi / length * frequency * place) * math.sqrt(2 / length)
    basis[0] /= math.sqrt(2)
    return basis


def levels(brightness: Tensor, energy: Tensor) -> Tensor:
    """Return the noise level of each group, by its brightness, `c groups`.

    The groups are sorted by brightness and parted into at most 32 shades of equally many groups.
    The level of a shade is the median energy of its groups, and levels between two shades are
    interpolated. The median, since a few groups have detail that the pilot lacks.

    Args:
        brightness: The brightness of each group, `groups`.
        energy: The mean squared residual of each group, `c groups`.
    """
    shades = min(SHADES, max(1, len(brightness) // FEWEST))
    members = torch.tensor_split(brightness.argsort(stable=True), shades)
    middles = torch.stack([brightness[groups].median() for groups in members])
    found = []
    for channel in energy:
        medians = torch.stack([channel[groups].median() for groups in members])
        found.append(np.interp(brightness.numpy(), middles.numpy(), medians.numpy()))
    return torch.from_numpy(np.stack(found)).to(energy)


def offsets() -> Tensor:
    """Return the rows and columns from a first block to the blocks around it, `offsets 2`."""
    side = torch.arange(-RADIUS, RADIUS + 1)
    return torch.cartesian_prod(side, side)
