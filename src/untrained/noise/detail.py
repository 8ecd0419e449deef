"""Measure the finest details of an image, of which noise has most, and find impulses."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

# Daubechies' high-pass filter of length 4.
HIGH_PASS = (-0.48296291314469025, 0.8365163037378079, -0.22414386804185735, -0.12940952255092145)
# The standard normal distribution's median of |x|.
NORMAL = 0.6745
GREYS = 4
OUTLIER = 4.0
STEP = 0.02


def noise_variances(target: Tensor, filled: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Estimate the variance of the noise without impulses, and of the impulses alone.

    (median |d| / 0.6745)^2 estimates the variance of Gaussian noise, where d are the finest
    diagonal wavelet coefficients (Daubechies, length 4) of a channel (Donoho and Johnstone,
    Biometrika 81(3), 1994; scikit-image's `estimate_sigma`). We differ in three points:

    - The variance of Poisson noise and of clipped noise depends on the grey level. So the estimate
      is made in each of 4 equal shares of the pixels, ordered by the mean around them. The result
      is the mean over shares and channels.
    - Correlated noise is white on the lattices of every `stride`-th pixel (`lattice_variance`). So
      the estimate is made there.
    - A median of coefficients hardly sees impulses (salt and pepper). So the estimate is made
      `without_impulses`, and the mean square of the impulses is the second variance.

    Args:
        target: The noisy image, `1 c h w`; it may have values outside of [0, 1].
        filled: The target `without_impulses`.
        stride: 1 for white noise, the `reach` of correlated noise.

    Returns:
        Two variances in the squared units of the target, 0-dim. The variance of the noise is their
        sum.
    """
    away = target - filled
    rest = (away == 0).float().mean()
    return rest * lattice_variance(filled, stride), away.square().mean()


def lattice_variance(image: Tensor, stride: int) -> Tensor:
    """Return the mean `smooth_variance` of the lattices of every `stride`-th pixel, 0-dim."""
    offsets = [(down, across) for down in range(stride) for across in range(stride)]
    lattices = [image[..., down::stride, across::stride] for down, across in offsets]
    return torch.stack([smooth_variance(each) for each in lattices]).mean()


def smooth_variance(image: Tensor) -> Tensor:
    """Estimate the mean variance of noise that has no impulses, 0-dim, of `1 c h w`.

    The variance may depend on the grey level.
    """
    channels = image.transpose(0, 1)
    order = means(channels).argsort(dim=1, stable=True)
    details = by_grey(finest_details(channels), order)
    return torch.stack([finest_variance(each) for each in details]).mean()


def finest_details(channels: Tensor) -> Tensor:
    """Return the finest diagonal wavelet coefficients without sign, `c windows`, of `c 1 h w`."""
    high_pass = channels.new_tensor(HIGH_PASS)
    return conv2d(channels, torch.outer(high_pass, high_pass)[None, None]).abs().flatten(1)


def finest_variance(details: Tensor) -> Tensor:
    """Return the variance of the noise of each channel, `c`, by its details, `c windows`."""
    return (details.median(1).values / NORMAL).square()


def means(channels: Tensor) -> Tensor:
    """Return the mean of each window of 4 x 4 pixels, `c windows`, of `c 1 h w`."""
    return avg_pool2d(channels, len(HIGH_PASS), stride=1).flatten(1)


def by_grey(values: Tensor, order: Tensor) -> Sequence[Tensor]:
    """Return the values of the windows, `c windows`, in 4 equal shares of that order."""
    return values.gather(1, order).chunk(GREYS, 1)


def without_impulses(target: Tensor) -> Tensor:
    """Replace each impulse (salt and pepper) by the median of the 3 x 3 pixels around it.

    An impulse is a value that is the least or the greatest of the target. It also differs from this
    median by more than 4 robust standard deviations of the channel and by more than 0.02.

    Args:
        target: The noisy image, `1 c h w`; it may have values outside of [0, 1].

    Returns:
        An image of the same shape, equal to the target where there is no impulse.
    """
    middle = median(target)
    away = (target - middle).abs()
    usual = away.flatten(2).median(2).values[..., None, None] / NORMAL
    extreme = (target <= target.min()) | (target >= target.max())
    impulse = extreme & (away > (OUTLIER * usual).clamp(min=STEP))
    return torch.where(impulse, middle, target)


def median(image: Tensor) -> Tensor:
    """Return the median of the 3 x 3 pixels around each pixel of `K c h w`."""
    height, width = image.shape[-2:]
    around = pad(image, (1, 1, 1, 1), "reflect")
    shifted = [around[..., i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return torch.stack(shifted).median(0).values
