"""Estimate the noise level and the kind of noise from the noisy image alone."""

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
FEW_GREYS = 16
# Salt and pepper is at least this share of the pixels.
FEW = 0.001
# The level on every second pixel divided by the level on all pixels. It is at most 1.6 for white
# noise of sigma 15 and more on photographs and textures, and 1.8 to 4.2 for the noise of cameras.
CORRELATED = 1.75
# The growth of the level from one lattice to the next that still counts as correlation.
GROWTH = 1.35
WIDEST = 4
# The median of fewer blocks of 2 x 2 known pixels has a standard error of over 6 %.
FEW_BLOCKS = 400
# The shorter side of which every WIDEST-th pixel is as long as HIGH_PASS.
LEAST = WIDEST * len(HIGH_PASS)


def is_readable(target: Tensor) -> bool:
    """Whether the noise of a target can be estimated: a picture `1 c h w` of 16 x 16 pixels up."""
    return target.dim() == 4 and min(target.shape[2:]) >= LEAST


def noise_level(target: Tensor, known: Tensor | None = None) -> Tensor:
    """Estimate the root mean square of the noise, of any of our kinds, on the 0-255 scale.

    For correlated noise (`is_correlated`) the estimate uses the lattices of every k-th pixel, on
    which the noise is white; k is the `reach` of the noise. Fine texture raises this estimate. It
    was 0.4 to 1.9 times the true level for PolyU's camera photographs, and 0.8 to 5 times for
    synthetic noise.

    If only some pixels are known, the noise is taken for white (`known_variance`). The level is
    then the root of the mean variance of the channels.

    Args:
        target: The noisy image, `1 c h w`; it may have values outside of [0, 1].
        known: Which pixels of the target are observed, bool or 0 and 1, of a shape that broadcasts
            to the target; None for all. The values of the other pixels are ignored.

    Returns:
        The level, 0-dim. It is NaN if a channel has no two known pixels side by side.

    Example:
        >>> noisy = 0.5 + 25 / 255 * torch.randn(1, 3, 128, 128)
        >>> round(noise_level(noisy).item() / 25, 1)
        1.0
    """
    if known is not None and not known.all():
        masks = known.to(target.device, torch.bool).expand_as(target)[0]
        pairs = zip(target[0], masks, strict=True)
        return 255 * torch.stack([known_variance(*pair) for pair in pairs]).mean().sqrt()
    filled = without_impulses(target)
    # Between impulses a picture is nearly clean: what reaches far there is its texture.
    stride = 1 if is_impulsive(target) else reach(filled)
    smooth, impulses = noise_variances(target, filled, stride)
    return 255 * (smooth + impulses).sqrt()


def known_variance(channel: Tensor, known: Tensor) -> Tensor:
    """Estimate the variance of white noise from pixels whose neighbours are known.

    The estimate is (median |d| / 0.6745)^2. d = (p - q - r + s) / 2 is the diagonal Haar detail of
    a block of 2 x 2 pixels, `p q` over `r s`, whose four pixels are known. Blocks may overlap. If
    there are fewer than 400 blocks, d is (p - q) / sqrt 2 of known neighbours in a row or a column
    instead. There are more of these pairs, but the edges of the picture raise the estimate.

    Args:
        channel: The noisy channel, `h w`.
        known: Which of its pixels are observed, `h w`, bool.

    Returns:
        The variance in the units of the channel, 0-dim; NaN if no two neighbours are known.
    """
    across, both_across = neighbours(channel, known)
    blocks, all_four = neighbours(across.T, both_across.T)
    details = blocks[all_four]
    if len(details) < FEW_BLOCKS:
        down, both_down = neighbours(channel.T, known.T)
        details = torch.cat([across[both_across], down[both_down]])
    return (details.abs().median() / NORMAL).square()


def neighbours(values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return (p - q) / sqrt 2 of neighbours in a row, `h w-1`, and whether both are known."""
    difference = (values[:, :-1] - values[:, 1:]) / 2**0.5
    return difference, known[:, :-1] & known[:, 1:]


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
    details are then weaker than the finest details of every second pixel. Weak white noise
    (sigma 5) on a fine texture looks the same.
    """
    return reach(without_impulses(target)) > 1


def reach(image: Tensor) -> int:
    """Return from how many pixels on the noise of a `1 c h w` image is uncorrelated, 1 to 4.

    This is the stride of the first lattice from which the next lattice has a level that is less
    than 1.35 times as high.
    """
    level = lattice_variance(image, 1).sqrt()
    wider = lattice_variance(image, 2).sqrt()
    if wider <= CORRELATED * level:
        return 1
    for stride in range(2, WIDEST):
        level, wider = wider, lattice_variance(image, stride + 1).sqrt()
        if wider <= GROWTH * level:
            return stride
    return WIDEST


def lattice_variance(image: Tensor, stride: int) -> Tensor:
    """Return the mean `smooth_variance` of the lattices of every `stride`-th pixel, 0-dim."""
    offsets = [(down, across) for down in range(stride) for across in range(stride)]
    lattices = [image[..., down::stride, across::stride] for down, across in offsets]
    return torch.stack([smooth_variance(each) for each in lattices]).mean()


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


def smooth_variance(image: Tensor) -> Tensor:
    """Estimate the mean variance of noise that has no impulses, 0-dim, of `1 c h w`.

    The variance may depend on the grey level.
    """
    high_pass = image.new_tensor(HIGH_PASS)
    channels = image.transpose(0, 1)
    detail = conv2d(channels, torch.outer(high_pass, high_pass)[None, None]).abs().flatten(1)
    grey = avg_pool2d(channels, len(HIGH_PASS), stride=1).flatten(1)
    ordered = detail.gather(1, grey.argsort(dim=1, stable=True))
    shares = [share.median(1).values for share in ordered.chunk(GREYS, 1)]
    return (torch.stack(shares) / NORMAL).square().mean()


def median(image: Tensor) -> Tensor:
    """Return the median of the 3 x 3 pixels around each pixel of `K c h w`."""
    height, width = image.shape[-2:]
    around = pad(image, (1, 1, 1, 1), "reflect")
    shifted = [around[..., i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return torch.stack(shifted).median(0).values
