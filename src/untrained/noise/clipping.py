"""Undo what clipping does to the mean of a noisy image.

A noisy pixel of a black area is clipped to 0 if its noise is negative. So the mean of such pixels
is not black but dark grey, and whoever averages the noise away finds dark grey. With sigma 50 it is
20 of 255 levels too bright. Likewise white becomes a light grey.

The noisy pixel is y = clip(x + s(x) n, 0, 1) with n ~ N(0, 1) and the variance

    s(x)^2 = a x + b.

Its mean is g(x). A denoised image is an estimate of g(x), and so the clean pixel is g^-1 of it.

Reference: Foi, "Clipped noisy images: heteroskedastic modeling and practical denoising", Signal
Processing 89(12), 2009. He finds a and b from wavelet coefficients of the target alone. We find
them from the residual of the denoised image.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr
from torch import Tensor

Numbers = NDArray[np.float64]

SHADES = 32  # groups of pixels of like brightness
FEWEST = 256  # pixels of a shade: their variance has a standard error of 9 %
VALUES = 1025  # clean values at which the mean and the variance are computed
FAR = 1e3  # a bound that no value reaches
# Clipping at 0 moves the mean of a Gaussian, but that of a photon count stays: it is never below 0.
# At x = sqrt(b) the variable part a x of the variance must be below this share of the constant b.
VARIABLE = 1 / 3
# The share of pixels at a bound, of those that clipping would have put there.
AT_BOUND = 0.5
# Few photons leave more pixels at 0 than clipping would have. Gaussian noise of 8 bits has 1.35.
COUNTS = 1.4
SMALL = 0.2  # weight of the slope, which is small where a picture has one brightness alone
OUTLIER = 0.1  # misfit of a logarithm of a variance from which on it counts less
START = (1, 0.01)  # b and a, in units of the median variance
TINY = 1e-6


def unclipped(image: Tensor, target: Tensor) -> Tensor:
    """Return the clean image whose noisy version, once clipped, has the mean `image`.

    Each channel has its own noise. A side is left as it is where the target was not clipped:

    - It has values outside of [0, 1] there.
    - It has fewer than half of the values at the bound that clipping would have put there.
    - At 0, if the noise depends much on the brightness, as that of photons.
    - At 0, if it has far more zeros than clipping would have put there, as few photons do.

    Args:
        image: The denoised image, `1 c h w`.
        target: The target with white noise, `1 c h w`.

    Returns:
        An image of the same shape. Where the noise is far from both bounds it is `image`.

    Example:
        >>> black = torch.zeros(1, 1, 64, 64)
        >>> noise = torch.randn(1, 1, 64, 64, generator=torch.manual_seed(0)) * 0.2
        >>> target = (black + noise).clamp(0, 1)
        >>> smooth = torch.full_like(target, target.mean().item())
        >>> round(smooth.mean().item(), 2), round(unclipped(smooth, target).mean().item(), 2)
        (0.08, 0.0)
    """
    channels = zip(image[0].cpu().double().numpy(), target[0].cpu().double().numpy(), strict=True)
    found = np.stack([unclipped_channel(*each) for each in channels])
    return torch.from_numpy(found)[None].to(image)


def unclipped_channel(image: Numbers, target: Numbers) -> Numbers:
    """Return a channel `h w` of the clean image."""
    shades = parted(image.ravel(), target.ravel())
    low = 0.0 if target.min() >= 0 else -FAR
    high = 1.0 if target.max() <= 1 else FAR
    law = fitted(shades, low, high)
    if not is_clipped_at_0(shades, law):
        low = -FAR
    if not is_clipped_at_1(shades, law):
        high = FAR
    if (low, high) != (law.low, law.high):
        law = fitted(shades, low, high)
    return law.clean_of(image)


def is_clipped_at_0(shades: "Shades", law: "ClippedNoise") -> bool:
    """Whether the zeros of a channel are those of clipped noise."""
    if law.variable * np.sqrt(law.constant) > VARIABLE * law.constant:
        return False
    expected = law.of_shades(shades, law.at_0)
    if shades.at_0.mean() < AT_BOUND * expected.mean():
        return False
    noisy = shades.at_0 < 1  # A shade of zeros alone is black without noise.
    return bool(shades.at_0[noisy].sum() <= COUNTS * expected[noisy].sum())


def is_clipped_at_1(shades: "Shades", law: "ClippedNoise") -> bool:
    """Whether a channel has the ones of clipped noise."""
    expected = law.of_shades(shades, law.at_1)
    return bool(shades.at_1.mean() >= AT_BOUND * expected.mean())


class Shades(NamedTuple):
    """The pixels of a channel in groups of like brightness, a number for each group.

    Args:
        mean: The mean of the target.
        variance: The mean squared difference of the target and the denoised image.
        at_0: The share of the target's pixels that are 0 or less.
        at_1: The share of the target's pixels that are 1 or more.
    """

    mean: Numbers
    variance: Numbers
    at_0: Numbers
    at_1: Numbers


def parted(image: Numbers, target: Numbers) -> Shades:
    """Return the shades of a channel, by the brightness of the denoised image.

    The mean of a shade is that of the target. A dark pixel of the image may be one that is too
    dark, but the target does not know of that.
    """
    count = min(SHADES, max(1, len(image) // FEWEST))
    groups = np.array_split(np.argsort(image, kind="stable"), count)
    means = [
        (
            target[group].mean(),
            np.square(target[group] - image[group]).mean(),
            (target[group] <= 0).mean(),
            (target[group] >= 1).mean(),
        )
        for group in groups
    ]
    return Shades(*np.array(means).T)


class ClippedNoise:
    """Noise of the variance `variable` x + `constant`, clipped to [low, high].

    Args:
        constant: The variance b at black.
        variable: The slope a of the variance over the brightness.
        low: The lower bound.
        high: The upper bound.
    """

    def __init__(self, constant: float, variable: float, low: float, high: float) -> None:
        self.constant, self.variable, self.low, self.high = constant, variable, low, high
        self.clean = np.linspace(0, 1, VALUES)
        deviation = np.sqrt(constant + variable * self.clean)
        below, above = (low - self.clean) / deviation, (high - self.clean) / deviation
        inside = ndtr(above) - ndtr(below)
        left, right = density(below), density(above)
        # The moments of clip(x + s n) - x, of which n is between the two bounds or beyond one.
        shift = deviation * (left - right)
        square = deviation**2 * (inside + below * left - above * right)
        for bound, share in ((low, ndtr(below)), (high, ndtr(-above))):
            shift = shift + (bound - self.clean) * share
            square = square + (bound - self.clean) ** 2 * share
        self.mean = np.maximum.accumulate(self.clean + shift)
        self.variance = square - shift**2
        self.at_0, self.at_1 = ndtr(-self.clean / deviation), ndtr((self.clean - 1) / deviation)

    def of_shades(self, shades: Shades, values: Numbers) -> Numbers:
        """Return one of the numbers of each clean value for each shade."""
        return np.interp(shades.mean, self.mean, values)

    def clean_of(self, image: Numbers) -> Numbers:
        """Return the clean values of a denoised image; outside of the noise's range it is itself.

        The means run from `mean[0]` to `mean[-1]`. Beyond a bound that clips nothing can be.
        """
        clean = np.interp(image, self.mean, self.clean)
        clean = np.where((image < 0) & (self.low < 0), image, clean)
        return np.where((image > 1) & (self.high > 1), image, clean)


def density(value: Numbers) -> Numbers:
    """Return the density of the standard normal distribution; scipy.stats is slow to import."""
    return np.exp(-(value**2) / 2) / np.sqrt(2 * np.pi)


def fitted(shades: Shades, low: float, high: float) -> ClippedNoise:
    """Return the noise whose variances are closest to those of the shades, in the logarithm."""
    usual = max(float(np.median(shades.variance)), TINY)

    def misfit(logarithms: Numbers) -> Numbers:
        constant, variable = usual * np.exp(logarithms)
        noise = ClippedNoise(constant, variable, low, high)
        expected = noise.of_shades(shades, noise.variance)
        difference = np.log(expected + TINY) - np.log(shades.variance + TINY)
        return np.append(difference, SMALL * np.sqrt(variable / usual))

    found = least_squares(misfit, np.log(START), loss="soft_l1", f_scale=OUTLIER)
    constant, variable = usual * np.exp(found.x)
    return ClippedNoise(constant, variable, low, high)
