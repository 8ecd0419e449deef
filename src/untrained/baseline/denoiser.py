"""`Denoiser`: the base class of the filters that remove noise, with its estimated level."""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from untrained import check
from untrained.baseline.baseline import Baseline, as_array, as_image
from untrained.degradation.identity import Identity
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.operator import Degradation
from untrained.noise.detail import smooth_variance
from untrained.noise.kind import is_impulsive
from untrained.noise.level import is_readable, noise_level

MORE_THAN_NOISE = "it is for degradation=identity and jpeg, where the target shows the image"
TOO_SMALL = "the noise cannot be estimated from fewer than 16 x 16 pixels"
NO_NOISE = "the target shows no noise"
IMPULSES = "the noise is impulses, which baseline=median removes"
# Half a grey level: a file of 8 bits is no closer to its picture.
LEAST = 0.5
# The channels of a picture that a filter takes as it is.
COLOURS = (1, 3)


class Denoiser(Baseline):
    """The base class of a filter that removes noise from an image itself, A(x) = x.

    The filter takes a JPEG file as the picture that it shows, and its blocks as noise.

    Bands or frames, which are neither grey nor three colours, are filtered as their principal
    components, one by one. A component whose variance noise alone can have becomes its mean: in n
    pixels of c bands it is up to sigma^2 (1 + sqrt(c / n))^2 (Marchenko and Pastur). This is what
    one would use for bands: it is several dB better than the same filter on each band (Zhuang and
    Bioucas-Dias, IEEE JSTARS 11(3), 2018, do so with BM3D).

    Args:
        sigma: Noise level on the 0-255 scale; None estimates it from the target (`noise_level`).

    Raises:
        ValueError: If `sigma` is not a number over 0.
    """

    def __init__(self, sigma: float | None = None) -> None:
        self.sigma = check.positive_or_null("sigma", sigma)

    def __call__(self, target: Tensor, degradation: Degradation) -> Tensor:
        """Return the target without its noise, `1 c h w`."""
        picture = picture_of(target, degradation)
        image, sigma = as_array(picture), self.level(picture) / 255
        if image.shape[2] in COLOURS:
            return as_image(self.filtered(image, sigma))
        return as_image(self.filtered_bands(image, sigma))

    def filtered_bands(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return bands `h w c` without noise, filtered along their principal components."""
        mean = image.mean((0, 1))
        centred = (image - mean).astype(np.float64)
        values = centred.reshape(-1, image.shape[2])
        variances, axes = np.linalg.eigh(values.T @ values / len(values))
        of_noise = (sigma * (1 + (values.shape[1] / values.shape[0]) ** 0.5)) ** 2
        found = np.zeros_like(centred)
        for variance, axis in zip(variances, axes.T, strict=True):
            if variance > of_noise:
                component = (centred @ axis)[..., None].astype(np.float32)
                found += self.filtered(component, sigma) * axis
        return mean + found

    @abstractmethod
    def filtered(self, image: NDArray[np.float32], sigma: float) -> NDArray[np.floating]:
        """Return an image without noise of the standard deviation `sigma`.

        Args:
            image: `h w c`, c = 1 or 3, in [0, 1]; or a principal component `h w 1`, of any values.
            sigma: The standard deviation, in the units of the image.
        """

    def level(self, target: Tensor) -> float:
        """Return the noise level of a target `1 c h w`, on the 0-255 scale."""
        return noise_level(target).item() if self.sigma is None else self.sigma

    def suits(self, target: Tensor, degradation: Degradation) -> str | None:
        """Return why the filter does not apply, in words; None if it applies."""
        return unsuited(target, degradation, self.sigma)


def unsuited(target: Tensor, degradation: Degradation, sigma: float | None = None) -> str | None:
    """Return why a filter for noise in every pixel does not apply to a target; None if it applies.

    Args:
        target: y, `1 *m`.
        degradation: A.
        sigma: Noise level on the 0-255 scale; None estimates it from the target.
    """
    if not shows_image(degradation):
        return MORE_THAN_NOISE
    picture = picture_of(target, degradation)
    if not is_readable(picture):
        return TOO_SMALL
    if is_impulsive(picture):
        return IMPULSES
    return None if sigma is not None or is_noisy(picture) else NO_NOISE


def shows_image(degradation: Degradation) -> bool:
    """Whether a target is the image itself but for noise, or for what a JPEG file rounded."""
    return isinstance(degradation, (Identity, JpegFile))


def picture_of(target: Tensor, degradation: Degradation) -> Tensor:
    """Return the image with noise that a target shows, `1 c h w`; see `shows_image`.

    Args:
        target: y, `1 *m`.
        degradation: A.
    """
    view = degradation.view(target)
    assert view is not None
    return view[0]


def is_noisy(target: Tensor) -> bool:
    """Whether a target `1 c h w` shows noise of more than half a grey level.

    The finest details are tested first, because their variance is computed quickly.
    """
    finest = 255 * smooth_variance(target).sqrt()
    return bool(finest > LEAST) or bool(noise_level(target) > LEAST)
