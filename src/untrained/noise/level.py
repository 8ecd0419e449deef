"""How strong the noise of an image is, judged by the image alone."""

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
# The share of the pixels of which fewer are no salt and pepper.
FEW = 0.001
# The level on every second pixel over that on all pixels: at most 1.6 for white noise of sigma 15
# and more on photographs and textures, 1.8 to 4.2 for a camera's.
CORRELATED = 1.75
# The growth of the level from one lattice to the next that still counts as correlation.
GROWTH = 1.35
WIDEST = 4
# The median of so few blocks of 2 x 2 known pixels is off by 6 % and more (one deviation).
FEW_BLOCKS = 400
# The shorter side of which every WIDEST-th pixel is as long as HIGH_PASS.
LEAST = WIDEST * len(HIGH_PASS)


def is_readable(target: Tensor) -> bool:
    """Whether a target shows its noise: a picture, `1 c h w`, of 16 x 16 pixels or more."""
    return target.dim() == 4 and min(target.shape[2:]) >= LEAST


def noise_level(target: Tensor, known: Tensor | None = None) -> Tensor:
    """Estimate the root mean square of the noise, of any of our kinds, on the 0-255 scale.

    Noise that is alike in neighbouring pixels (`is_correlated`) is read on the lattices of every
    k-th pixel, where it is not; k is its `reach`. A fine texture raises that estimate: it was
    0.4 to 1.9 of the true level of PolyU's camera photographs, and 0.8 to 5 of synthetic noise.

    Where only some pixels are known, the level is that of white noise (`known_variance`), in the
    mean of the channels' variances.

    Args:
        target: The noisy image, `1 c h w`, within [0, 1] or not.
        known: Which pixels of the target are observed, bool or 0 and 1, of a shape that broadcasts
            to the target's; None for all. What stands in the others is not looked at.

    Returns:
        The level, 0-dim; NaN if a channel has no two known pixels side by side.

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
    smooth, impulses = noise_variances(target, filled, reach(filled))
    return 255 * (smooth + impulses).sqrt()


def known_variance(channel: Tensor, known: Tensor) -> Tensor:
    """Estimate the variance of white noise from pixels whose neighbours are known.

    It is (median |d| / 0.6745)^2 of the diagonal Haar details d = (p - q - r + s) / 2 of those
    blocks of 2 x 2 pixels, `p q` over `r s`, whose four pixels are known; blocks may overlap. Where
    there are fewer than 400 blocks, it is that of the differences (p - q) / sqrt 2 of known
    neighbours in a row or a column. There are more of these, but the picture's edges count too.

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
    """Return the differences of neighbours in a row over sqrt 2, and whether both are known."""
    difference = (values[:, :-1] - values[:, 1:]) / 2**0.5
    return difference, known[:, :-1] & known[:, 1:]


def noise_variances(target: Tensor, filled: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Estimate what of the noise's mean square is smooth in its size, and what is impulses.

    The noise may depend on the grey level, as Poisson's does and any that was clipped to [0, 1],
    and may be impulses (salt and pepper). With d the finest diagonal wavelet coefficients
    (Daubechies, length 4) of a channel, (median |d| / 0.6745)^2 estimates the variance of Gaussian
    noise (Donoho and Johnstone, Biometrika 81(3), 1994; scikit-image's `estimate_sigma`). Here

    - it is taken in each of 4 equal shares of the pixels, ordered by the mean around them, and
      averaged over shares and channels, since the noise may differ from one grey level to another;
    - it is taken on the lattices of every `stride`-th pixel (`lattice_variance`);
    - it is taken from the target `without_impulses`, and the mean square of the impulses is added,
      since a median of coefficients hardly sees them.

    Args:
        target: The noisy image, `1 c h w`, within [0, 1] or not.
        filled: The target `without_impulses`.
        stride: 1 for white noise; for correlated noise its `reach`.

    Returns:
        Two variances in the units of the target, 0-dim; the noise has their sum.
    """
    away = target - filled
    rest = (away == 0).float().mean()
    return rest * lattice_variance(filled, stride), away.square().mean()


def is_impulsive(target: Tensor) -> bool:
    """Whether impulses are the larger part of the noise.

    Their mean square has to be larger than the variance of the finest details, and than a quarter
    of that on the lattices of correlated noise (a wide lattice holds texture too). A JPEG file has
    hardly any finest details, and a few saturated pixels that stand out: they are below 1 in 1000
    pixels, or below that quarter. A count of very few photons is no such noise either, though its
    zeros stand out just as impulses do: it has at most some 16 different values.
    """
    filled = without_impulses(target)
    share = (target != filled).float().mean()
    if share < FEW or len(torch.unique(target)) <= FEW_GREYS:
        return False
    finest, impulses = noise_variances(target, filled, stride=1)
    wider, _ = noise_variances(target, filled, reach(filled))
    return bool(impulses > finest and impulses > wider / 4)


def is_correlated(target: Tensor) -> bool:
    """Whether the noise of a `1 c h w` target is alike in neighbouring pixels.

    A camera's is, once it is developed: demosaicing, denoising and JPEG spread it. Its finest
    details are then weaker than those of the picture's every second pixel. Little white noise
    (sigma 5) on a fine texture looks the same.
    """
    return reach(without_impulses(target)) > 1


def reach(image: Tensor) -> int:
    """Return how many pixels apart the noise of a `1 c h w` image is no longer alike, 1 to 4.

    That is the lattice from which on the level grows by less than 1.35 a lattice.
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
    """Return the mean of `smooth_variance` over the lattices of every `stride`-th pixel."""
    offsets = [(down, across) for down in range(stride) for across in range(stride)]
    lattices = [image[..., down::stride, across::stride] for down, across in offsets]
    return torch.stack([smooth_variance(each) for each in lattices]).mean()


def without_impulses(target: Tensor) -> Tensor:
    """Put in the place of each impulse (salt and pepper) the median of the 3 x 3 pixels around it.

    Impulses are pixels at the target's least or greatest value that stand out from that median by
    more than 4 robust standard deviations, and by more than 0.02. Channels are taken one by one.

    Args:
        target: The noisy image, `1 c h w`, within [0, 1] or not.

    Returns:
        An image of the same shape, which is the target wherever there is no impulse.
    """
    middle = median(target)
    away = (target - middle).abs()
    usual = away.flatten(2).median(2).values[..., None, None] / NORMAL
    extreme = (target <= target.min()) | (target >= target.max())
    impulse = extreme & (away > (OUTLIER * usual).clamp(min=STEP))
    return torch.where(impulse, middle, target)


def smooth_variance(image: Tensor) -> Tensor:
    """Estimate the variance of noise without impulses, which may depend on the grey level."""
    high_pass = image.new_tensor(HIGH_PASS)
    channels = image.transpose(0, 1)
    detail = conv2d(channels, torch.outer(high_pass, high_pass)[None, None]).abs().flatten(1)
    grey = avg_pool2d(channels, len(HIGH_PASS), stride=1).flatten(1)
    ordered = detail.gather(1, grey.argsort(dim=1, stable=True))
    shares = [share.median(1).values for share in ordered.chunk(GREYS, 1)]
    return (torch.stack(shares) / NORMAL).square().mean()


def median(image: Tensor) -> Tensor:
    """Return the median of the 3 x 3 pixels around each."""
    height, width = image.shape[-2:]
    around = pad(image, (1, 1, 1, 1), "reflect")
    shifted = [around[..., i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return torch.stack(shifted).median(0).values
