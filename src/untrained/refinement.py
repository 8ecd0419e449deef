"""Refinements: the last step of a run, which improves its result by means of the target."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pad

from untrained import check
from untrained.degradation.identity import Identity
from untrained.noise.level import is_correlated, is_impulsive, is_readable
from untrained.problem import Problem

RADIUS = 10  # similar blocks are searched within so many pixels in each direction
LARGEST = 32  # side of a block in pixels: the matrix of its transform has size^4 numbers
MOST = 64  # blocks of a group; a first block in a corner has (RADIUS + 1)^2 = 121 candidates
PASSES = 3  # filters of a target with white noise, each steered by the result of the one before
TOGETHER = 2**20  # pixels of the groups that are filtered at a time, which bounds the memory
EPSILON = 1e-12  # keeps the weight of an empty group finite


class Refinement(nn.Module, ABC):
    """The base class of a refinement: it improves the result of a fit once, after the fit."""

    @abstractmethod
    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the refined image, `1 c h w`.

        Args:
            image: The result of the fit, `1 c h w`.
            target: The target y, `1 c h w`.
        """

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the refinement is wrong for a problem, in words; None if it is right."""
        return None


class NoRefinement(Refinement):
    """Leave the image as it is."""

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image itself."""
        return image


class CollaborativeWiener(Refinement):
    """A Wiener filter of groups of similar blocks, steered by the network's image.

    A network that is stopped in time lacks some detail of the target, and has some of its noise.
    The filter reduces both errors.

    Each block of the image has a group: the `alike` nearby blocks whose brightness is closest. A
    group is a stack of `alike` x `size` x `size` numbers. P are the coefficients of the group in
    the discrete cosine transform of three axes. B are the coefficients of the same places in the
    target. The filtered coefficients are

        B' = P^2 / (P^2 + N) B,

    where N is the spectrum of the noise: for each coefficient, the mean of (B - P)^2 over all
    groups. So the noise level need not be known, and correlated noise is treated as such. The mean
    of a group stays that of the image: B' = P there. A group covers few pixels, and the network has
    averaged the noise over more of them.

    A pixel of the result is the weighted mean of all blocks that contain it. The weight of a block
    is one over the noise variance that its group keeps, the sum of (P^2 / (P^2 + N))^2 N. The mean
    counts whole in this sum, so that flat groups do not outweigh all others. Three channels are
    filtered as opponent colours, and other channels as their principal components
    (`axes_of_colours`).

    White noise is filtered three times: each result steers the next filter. With correlated noise
    coarse detail and noise are hard to tell apart. Then the result is the mean of the image and of
    one filter. The gain is in docs/quality.md.

    This is the second stage of BM3D (Dabov, Foi, Katkovnik and Egiazarian, IEEE Trans. Image
    Processing 16(8), 2007; for colours IEEE ICIP 2007). We differ in these points: the network's
    image replaces the first stage, the noise is estimated from the residual, the mean of a group is
    not filtered, the filter is used more than once, and blocks have no window.

    Args:
        size: Side of a block in pixels, 2 to 32.
        alike: Number of blocks in a group, 1 to 64.

    Raises:
        ValueError: If `size` or `alike` is not a whole number in this range.

    Example:
        >>> clean = torch.zeros(1, 1, 32, 32)
        >>> noisy = clean + 0.1 * torch.randn(1, 1, 32, 32, generator=torch.manual_seed(0))
        >>> refined = CollaborativeWiener()(clean, noisy)
        >>> bool(refined.std() < noisy.std() / 10)
        True
    """

    def __init__(self, size: int = 5, alike: int = 16) -> None:
        super().__init__()
        self.size = check.whole("size", size, least=2, most=LARGEST)
        self.alike = check.whole("alike", alike, most=MOST)

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the filter is wrong for a problem, in words; None if it is right.

        Raises:
            ValueError: If `size` is over half of the shorter side of the target, so that the border
                of a mirrored block does not fit.
        """
        if not isinstance(problem.degradation, Identity):
            return "the target is not a noisy image"
        if not problem.noisy:
            return "the target has no noise"
        if not is_readable(target):
            return "the target is not a picture of at least 16 x 16 pixels"
        if is_impulsive(target):
            return "its noise is impulses, which have no spectrum"
        height, width = target.shape[2:]
        most = min(height, width) // 2
        if self.size > most:
            raise ValueError(
                f"refinement.size must be at most {most} with a target of {height} x {width} "
                f"pixels, half of its shorter side, got {self.size}"
            )
        return None

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the refined image, `1 c h w`; it is in [0, 1] if the image is."""
        pilot, noisy = image[0].cpu().float(), target[0].cpu().float()
        axes = axes_of_colours(pilot)
        pilot, noisy = along(axes, pilot), along(axes, noisy)
        if is_correlated(target):
            filtered = (pilot + self.filtered(pilot, noisy)) / 2
        else:
            filtered = pilot
            for _ in range(PASSES):
                filtered = self.filtered(filtered, noisy)
        refined = along(axes.T, filtered)[None].to(image)
        return refined.clamp(image.amin().clamp(max=0), image.amax().clamp(min=1))

    def filtered(self, pilot: Tensor, noisy: Tensor) -> Tensor:
        """Return the filtered target, `c h w`.

        Args:
            pilot: The image that steers the filter, `c h w`; its first channel is the brightness.
            noisy: The target, `c h w`.
        """
        height, width = noisy.shape[1:]
        pilot = self.padded(pilot)
        noisy = self.padded(noisy)
        starts = self.matched(pilot[0])
        spectrum = self.spectrum(pilot, noisy, starts)
        total, weights = torch.zeros_like(noisy).flatten(1), torch.zeros_like(noisy).flatten(1)
        for pixels, steering, group in self.groups(pilot, noisy, starts):
            power = steering.square()
            gain = power / (power + spectrum).clamp(min=torch.finfo(power.dtype).tiny)
            gain[..., 0, 0] = 1  # the mean of the group
            kept = (gain.square() * spectrum).sum((2, 3), keepdim=True)
            weight = 1 / (kept + EPSILON)
            filtered = gain * group
            filtered[..., 0, 0] = steering[..., 0, 0]
            blocks = self.transformed(filtered, back=True)
            for channel in range(len(noisy)):
                total[channel].index_add_(0, pixels, (weight * blocks)[channel].flatten())
                weights[channel].index_add_(0, pixels, weight.expand_as(blocks)[channel].flatten())
        mean = (total / weights.clamp(min=torch.finfo(weights.dtype).tiny)).view_as(noisy)
        return mean[:, self.size : self.size + height, self.size : self.size + width]

    def padded(self, image: Tensor) -> Tensor:
        """Return an image `c h w` with a mirrored border as wide as a block.

        With the border each pixel is in many blocks.
        """
        return pad(image[None], [self.size] * 4, "reflect")[0]

    def matched(self, light: Tensor) -> Tensor:
        """Return where the blocks of each group begin.

        A group consists of a first block and the blocks closest to it. Neighbouring first blocks
        overlap by half or more.

        Args:
            light: The brightness of the pilot with its border, `h w`.

        Returns:
            The index of the first pixel of each block, counted row by row, `groups alike`.
        """
        height, width = light.shape
        stride = max(1, self.size // 2)
        rows = torch.arange(0, height - self.size + 1, stride)
        columns = torch.arange(0, width - self.size + 1, stride)
        together = max(1, TOGETHER // (len(columns) * (2 * RADIUS + 1) ** 2))
        found = []
        for start in range(0, len(rows), together):
            band = rows[start : start + together]
            first = torch.cartesian_prod(band, columns)
            places = first[:, None] + offsets()
            distance = self.distances(light, band, stride)
            last = torch.tensor([height - self.size, width - self.size])
            inside = ((places >= 0) & (places <= last)).all(2)
            closest = distance.where(inside, torch.inf).topk(self.alike, largest=False).indices
            numbers = places[..., 0] * width + places[..., 1]
            found.append(numbers.gather(1, closest))
        return torch.cat(found)

    def distances(self, light: Tensor, band: Tensor, stride: int) -> Tensor:
        """Return the mean squared difference of first blocks to the blocks at all `offsets`.

        Args:
            light: The brightness, `h w`.
            band: The rows in which the first blocks begin, in order.
            stride: The number of pixels from a first block to the next.

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
            found.append(avg_pool2d(square[None], self.size, stride).flatten())
        return torch.stack(found, 1)

    def spectrum(self, pilot: Tensor, noisy: Tensor, starts: Tensor) -> Tensor:
        """Return the spectrum N of the noise in each channel, `c 1 alike size^2`."""
        groups = self.groups(pilot, noisy, starts)
        total = noisy.new_zeros(len(noisy), 1, self.alike, self.size**2)
        for _, steering, group in groups:
            total += (group - steering).square().sum(1, keepdim=True)
        return total / len(starts)

    def groups(
        self, pilot: Tensor, noisy: Tensor, starts: Tensor
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield some groups at a time: the indices of their pixels, and their P and B.

        P and B are `c groups alike size^2`. The indices are one row.
        """
        width = noisy.shape[2]
        side = torch.arange(self.size)
        within = (width * side[:, None] + side).flatten()
        threes = math.ceil(len(pilot) / 3)
        some = max(1, TOGETHER // (self.alike * self.size**2 * threes))
        for start in range(0, len(starts), some):
            pixels = starts[start : start + some, :, None] + within
            steering = self.transformed(pilot.flatten(1)[:, pixels])
            group = self.transformed(noisy.flatten(1)[:, pixels])
            yield pixels.flatten(), steering, group

    def transformed(self, groups: Tensor, back: bool = False) -> Tensor:
        """Return the coefficients of groups of blocks, `... alike size^2`, or the inverse.

        Args:
            groups: The blocks, or with `back` their coefficients.
            back: Whether to compute blocks from coefficients.
        """
        block = torch.kron(*[cosine_basis(self.size)] * 2)
        stack = cosine_basis(self.alike)
        return stack.T @ groups @ block if back else stack @ groups @ block.T


def offsets() -> Tensor:
    """Return the rows and columns from a first block to the blocks around it, `offsets 2`."""
    side = torch.arange(-RADIUS, RADIUS + 1)
    return torch.cartesian_prod(side, side)


def cosine_basis(length: int) -> Tensor:
    """Return the matrix of the orthonormal discrete cosine transform, `length length`."""
    frequency = torch.arange(length)[:, None]
    place = torch.arange(length) + 0.5
    basis = torch.cos(math.pi / length * frequency * place) * math.sqrt(2 / length)
    basis[0] /= math.sqrt(2)
    return basis


def axes_of_colours(image: Tensor) -> Tensor:
    """Return the orthonormal axes along which the channels of an image are filtered, `c c`.

    Three channels are opponent colours: R + G + B, R - B, and R - 2 G + B, each scaled to length 1.
    Other channels, as bands or frames, have their principal components, the strongest first: the
    eigenvectors of the covariance of the image. The bands of a scene are much alike, so that a few
    components hold nearly all of it, and noise of equal level stays so in all components. Without
    the components the filter would see each band alone, and less well than the network did.

    Reference: Zhuang and Bioucas-Dias, "Fast hyperspectral image denoising and inpainting based on
    low-rank and sparse representations", IEEE JSTARS 11(3), 2018, filter such components too.

    Args:
        image: `c h w`.

    Returns:
        One axis a row. The first is the brightness.
    """
    if len(image) == 3:
        rows = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]])
        return rows / rows.norm(dim=1, keepdim=True)
    values = image.flatten(1).double()
    values = values - values.mean(1, keepdim=True)
    _, vectors = torch.linalg.eigh(values @ values.T)
    return vectors.flip(1).T.float()


def along(axes: Tensor, image: Tensor) -> Tensor:
    """Return an image `c h w` along other axes of its channels, `c h w`."""
    return torch.einsum("kc,chw->khw", axes, image)
