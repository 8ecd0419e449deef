"""Refinements: what a run makes of the image that it recommends, with the target once more."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, pad, unfold

from untrained import check
from untrained.degradation.identity import Identity
from untrained.noise.level import is_impulsive, is_readable
from untrained.problem import Problem

SHIFT = 2  # pixels between two blocks that overlap
LARGEST = 64  # pixels of a block's side: its transform is a matrix of so many to the fourth numbers
EPSILON = 1e-6  # the smallest sum of squared gains, so that an empty block has a weight


class Refinement(nn.Module, ABC):
    """What is made of an image that was fitted to a target, once, after the fit."""

    @abstractmethod
    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the refined image.

        Args:
            image: What the fit recommends, `1 c h w`.
            target: y, `1 c h w`.
        """

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why it would be wrong for a problem, in words; None where it is right."""
        return None


class NoRefinement(Refinement):
    """Leave the image as it is."""

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the image itself."""
        return image


class EmpiricalWiener(Refinement):
    """Take the mean of the image and of a Wiener filter of the target that the image steers.

    A network that is stopped in time has left detail in the target, and has some of its noise.
    Both are reduced by the filter. With B the coefficients of the target in the discrete cosine
    transform of a block, and P those of the image x,

        F y = sum of the blocks of P^2 / (P^2 + N) B,    result = (x + F y) / 2,

    where N is the spectrum of the noise: at each frequency the mean square of B - P over all
    blocks. So the level of the noise need not be known, and noise that is alike in neighbouring
    pixels is treated as what it is. Blocks overlap: one begins at every second pixel each way. A
    block counts with the inverse of the sum of its squared gains, the variance of the noise that it
    keeps (Guleryuz, IEEE Trans. Image Processing 16(12), 2007). Three channels are taken as
    opponent colours, by an orthonormal transform.

    The filter is the empirical Wiener filter of Ghael, Sayeed and Baraniuk (SPIE 3169, 1997) and of
    BM3D's second stage (Dabov et al., IEEE Trans. Image Processing 16(8), 2007), without groups of
    blocks. What it gains: docs/quality.md.

    Args:
        size: Side of a block in pixels.

    Raises:
        ValueError: If `size` is no whole number from 2 to 64.

    Example:
        >>> clean = torch.zeros(1, 1, 32, 32)
        >>> noisy = clean + 0.1 * torch.randn(1, 1, 32, 32, generator=torch.manual_seed(0))
        >>> refined = EmpiricalWiener()(clean, noisy)
        >>> bool(refined.std() < noisy.std() / 10)
        True
    """

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.size = check.whole("size", size, least=2)
        if size > LARGEST:
            raise ValueError(f"size must be at most {LARGEST}, got {size}")

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the target cannot be filtered.

        Raises:
            ValueError: If its blocks are too large for a border of mirrored ones.
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
        """Return the mean of the image and of the filtered target, in [0, 1] where the image is."""
        pilot, noisy = (opponent(each[0, :, None].cpu().float()) for each in (image, target))
        filtered = opponent(self.filtered(pilot, noisy), back=True)[None, :, 0].to(image)
        limits = image.amin().clamp(max=0), image.amax().clamp(min=1)
        return ((image + filtered) / 2).clamp(*limits)

    def filtered(self, pilot: Tensor, noisy: Tensor) -> Tensor:
        """Return F y of each channel, `c 1 h w`, of the pilot and the target, alike."""
        height, width = pilot.shape[2:]
        pilot, noisy = self.padded(pilot), self.padded(noisy)
        spectrum = self.spectrum(noisy - pilot)
        total, weights = torch.zeros_like(noisy), torch.zeros_like(noisy)
        for part in self.parts(noisy.shape):
            power = self.transformed(pilot[part]).square()
            gain = power / (power + spectrum).clamp(min=torch.finfo(power.dtype).tiny)
            weight = 1 / gain.square().sum(1, keepdim=True).clamp(min=EPSILON)
            kept = gain * self.transformed(noisy[part])
            total[part] += self.restored(weight * kept, total[part].shape)
            weights[part] += self.tiled(weight, weights[part].shape)
        inner = (..., slice(self.size, self.size + height), slice(self.size, self.size + width))
        return total[inner] / weights[inner]

    def spectrum(self, residual: Tensor) -> Tensor:
        """Return N of each channel, `c size^2 1`, of the residual, `c 1 h w`."""
        parts = self.parts(residual.shape)
        means = [self.transformed(residual[part]).square().mean(2, keepdim=True) for part in parts]
        return torch.stack(means).mean(0)

    def padded(self, image: Tensor) -> Tensor:
        """Return an image with a mirrored border, of a block and to a whole number of blocks."""
        height, width = image.shape[2:]
        below, right = (self.size + -side % self.size for side in (height, width))
        return pad(image, (self.size, right, self.size, below), "reflect")

    def parts(self, shape: torch.Size) -> list[tuple[slice, ...]]:
        """Return the parts of an image that blocks side by side cover: one for each shift.

        A shift at a time needs the memory of the image alone, and not that of all blocks.
        """
        *_, height, width = shape
        starts = range(0, self.size, SHIFT)
        rows = [slice(top, height - -top % self.size) for top in starts]
        columns = [slice(left, width - -left % self.size) for left in starts]
        every = slice(None)
        return [(every, every, down, across) for down in rows for across in columns]

    def transformed(self, part: Tensor) -> Tensor:
        """Return the coefficients of the blocks of a part, `c 1 h w` to `c size^2 blocks`."""
        return cosine_basis(self.size) @ unfold(part, self.size, stride=self.size)

    def restored(self, coefficients: Tensor, shape: torch.Size) -> Tensor:
        """Return the part that has these coefficients, the inverse of `transformed`."""
        return self.tiled(cosine_basis(self.size).T @ coefficients, shape)

    def tiled(self, blocks: Tensor, shape: torch.Size) -> Tensor:
        """Return blocks side by side as a part of an image; one value a block fills it."""
        blocks = blocks.expand(-1, self.size**2, -1)
        return fold(blocks, shape[2:], self.size, stride=self.size)


def cosine_basis(size: int) -> Tensor:
    """Return the orthonormal discrete cosine transform of a block, `size^2 size^2`."""
    frequency = torch.arange(size)[:, None]
    place = torch.arange(size) + 0.5
    basis = torch.cos(math.pi / size * frequency * place) * math.sqrt(2 / size)
    basis[0] /= math.sqrt(2)
    return torch.kron(basis, basis)


def opponent(image: Tensor, back: bool = False) -> Tensor:
    """Return three channels as brightness and two opponent colours; of others the image itself.

    The transform is orthonormal: R + G + B, R - B, and R - 2 G + B, each scaled to length 1.

    Args:
        image: `c 1 h w`.
        back: Whether to go back to red, green and blue.
    """
    if len(image) != 3:
        return image
    rows = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]])
    rows = rows / rows.norm(dim=1, keepdim=True)
    return torch.einsum("kc,cnhw->knhw", rows.T if back else rows, image)
