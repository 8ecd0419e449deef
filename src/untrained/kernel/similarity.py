"""Structural similarity, fast enough for every step of a fit."""

import torch
from torch import Tensor
from torch.nn import functional

from untrained.kernel.rows import channels_last

WINDOW = 11  # side, in pixels
SIGMA = 1.5  # of the Gaussian, in pixels
STEADY_MEANS = 0.01**2
STEADY_VARIANCES = 0.03**2


def structural_similarity(image: Tensor, reference: Tensor) -> Tensor:
    """Compute the structural similarity (SSIM) of two images, 0-dim.

    It is the mean over pixels and channels of

        (2 mu_x mu_y + c1) (2 s_xy + c2) / ((mu_x^2 + mu_y^2 + c1) (s_x^2 + s_y^2 + c2)).

    mu, s^2 and s_xy are means, variances and the covariance in a Gaussian window of 11 x 11 pixels
    around each pixel, of images with values from 0 to 1 whose border is mirrored. c1 = 0.01^2 and
    c2 = 0.03^2.

    The value is that of torchmetrics, which `metric.ssim` reports. Its window is one kernel of 121
    numbers; here it is a column and a row of 11. `benchmarks/similarity.py` times both.

    Reference: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 13(4), 2004.

    Shape:
        `K c h w` twice, to one number.

    Example:
        >>> image = torch.rand(1, 1, 16, 16)
        >>> structural_similarity(image, image).item()
        1.0
    """
    products = [image.square(), reference.square(), image * reference]
    means = in_windows(torch.cat([image, reference, *products], dim=1)).chunk(5, dim=1)
    mean, other, square, other_square, product = means
    variance = (square - mean.square()).clamp(min=0)
    other_variance = (other_square - other.square()).clamp(min=0)
    covariance = product - mean * other
    brightness = (2 * mean * other + STEADY_MEANS) / (mean.square() + other.square() + STEADY_MEANS)
    structure = (2 * covariance + STEADY_VARIANCES) / (variance + other_variance + STEADY_VARIANCES)
    return (brightness * structure).mean()


def in_windows(maps: Tensor) -> Tensor:
    """Return the mean of the window around each pixel, `K c h w`."""
    channels = maps.shape[1]
    places = torch.arange(WINDOW, device=maps.device) - WINDOW // 2
    gaussian = torch.exp(-places.to(maps).square() / (2 * SIGMA**2))
    gaussian = (gaussian / gaussian.sum()).expand(channels, 1, 1, -1)
    # On a CPU the convolutions are faster in this layout.
    mirrored = channels_last(functional.pad(maps, [WINDOW // 2] * 4, "reflect"))
    rows = functional.conv2d(mirrored, gaussian, groups=channels)
    return functional.conv2d(rows, gaussian.mT, groups=channels)
