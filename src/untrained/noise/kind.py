"""Find the kind of noise from the noisy image alone."""

import torch
from torch import Tensor

from untrained.noise.detail import (
    HIGH_PASS,
    by_grey,
    finest_details,
    finest_variance,
    lattice_variance,
    means,
    noise_variances,
    without_impulses,
)

FEW_GREYS = 16
# Salt and pepper is at least this share of the pixels.
FEW = 0.001
# The level on every second pixel divided by the level on all pixels. It is at most 1.6 for white
# noise of sigma 15 and more on photographs and textures, and 1.8 to 4.2 for the noise of cameras.
CORRELATED = 1.75
# Noise may be weakly correlated from this ratio on, and from this `plainest` on.
WEAKLY_CORRELATED = 1.45
WEAKLY_EVERYWHERE = 0.78
# The growth of the level from one lattice to the next that still counts as correlation.
GROWTH = 1.35
WIDEST = 4
# The share of the windows of a grey level that are its plainest.
PLAINEST = 0.05
# The noise in the plainest windows divided by that of the finest details, 0.7 for white noise.
# `benchmarks/kinds.py` reads it for photographs with both kinds.
EVERYWHERE = 0.9
# Rounding errors of a window's variance are smaller, the noise of 8 bits is larger.
LEAST_VARIANCE = 1e-7
SAMPLE = 4_000_000  # windows of a grey level: PyTorch's quantile takes at most 16 million


def is_impulsive(target: Tensor) -> bool:
    """Whether impulses (salt and pepper) are the larger part of the noise of a `1 c h w` target.

    The mean square of the impulses must be larger than the variance of the finest details. It must
    also be larger than a quarter of the variance on the lattices of correlated noise, which see
    texture too.

    Two kinds of targets look similar and are excluded. A JPEG file has hardly any finest details,
    and a few saturated pixels stand out; these are fewer than 1 in 1000 pixels, or below the
    quarter. In a count of very few photons the zeros stand out; such a target has at most 16
    different values.
    """
    filled = without_impulses(target)
    share = (target != filled).float().mean()
    if share < FEW or len(torch.unique(target)) <= FEW_GREYS:
        return False
    finest, impulses = noise_variances(target, filled, stride=1)
    wider, _ = noise_variances(target, filled, reach(filled))
    return bool(impulses > finest and impulses > wider / 4)


def is_correlated(target: Tensor) -> bool:
    """Whether the noise of a `1 c h w` target is correlated between neighbouring pixels.

    The noise of a developed photo is, because demosaicing, denoising and JPEG spread it. Its finest
    details are then weaker than the finest details of every second pixel. A texture with weak white
    noise (sigma 5) has that too, but also plain parts (`plainest`). If it fills the whole picture,
    as gravel does, its noise is taken for correlated.
    """
    return reach(without_impulses(target)) > 1


def may_be_weakly_correlated(target: Tensor) -> bool:
    """Whether the finest details of a `1 c h w` target are a little weaker than coarser ones.

    They must be so everywhere, in the plainest parts too. Noise that is weakly correlated, as that
    of a scanned print, has this, and so has a texture that fills the picture.
    """
    image = without_impulses(target)
    fine, coarse = lattice_variance(image, 1), lattice_variance(image, 2)
    return bool((coarse > WEAKLY_CORRELATED**2 * fine) & (plainest(image) > WEAKLY_EVERYWHERE))


def reach(image: Tensor) -> int:
    """Return from how many pixels on the noise of a `1 c h w` image is uncorrelated, 1 to 4.

    This is the stride of the first lattice from which the next lattice has a level that is less
    than 1.35 times as high. It is 1 if the finest details are those of the picture (`plainest`).
    """
    level = lattice_variance(image, 1).sqrt()
    wider = lattice_variance(image, 2).sqrt()
    if wider <= CORRELATED * level or plainest(image) < EVERYWHERE:
        return 1
    for stride in range(2, WIDEST):
        level, wider = wider, lattice_variance(image, stride + 1).sqrt()
        if wider <= GROWTH * level:
            return stride
    return WIDEST


def plainest(image: Tensor) -> Tensor:
    """Return the noise in the plainest windows of 4 x 4 pixels over that of the finest details.

    Both are standard deviations of one grey level and channel. The plainest windows are at the 5 %
    quantile of the variances, without those that have none, as in a saturated part. The result is
    the median over 4 grey levels of the mean over the channels, 0-dim, of an image `1 c h w`.

    Noise is everywhere, in the plainest windows too. If it is correlated, its variance there is
    larger than that of its finest details. A texture is not everywhere.
    """
    channels = image.transpose(0, 1)
    grey = means(channels)
    pixels = len(HIGH_PASS) ** 2
    variances = (means(channels.square()) - grey.square()) * pixels / (pixels - 1)
    order = grey.argsort(dim=1, stable=True)
    details = by_grey(finest_details(channels), order)
    ratios = []
    for fine, windows in zip(details, by_grey(variances, order), strict=True):
        sample = windows[:, :: 1 + windows.numel() // SAMPLE]
        least = sample.where(sample > LEAST_VARIANCE, torch.nan).nanquantile(PLAINEST, dim=1)
        ratios.append((least / finest_variance(fine)).sqrt().nanmean())
    return torch.stack(ratios).nanquantile(0.5)
