"""PSNR, SSIM and MSE of an image as a viewer sees it: clipped to [0, 1]."""

import math
from collections.abc import Iterable
from itertools import product

import torch
from torch import Tensor

from untrained.check import choice, whole
from untrained.kernel.similarity import WINDOW

# Y of ITU-R BT.601 in studio range, 16 to 235, of R, G and B in [0, 1]: MATLAB's rgb2ycbcr.
STUDIO = (65.481, 128.553, 24.966)
BLACK = 16


def mse(image: Tensor, reference: Tensor) -> Tensor:
    """Return the mean squared error of the clipped image, mean((clip(x) - r)^2), 0-dim."""
    return (image.clamp(0, 1) - reference).square().mean()


def psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio, -10 log10(mse), in dB, for a peak of 1.

    Over all channels together, as in scikit-image; infinite where the images are equal.

    Example:
        >>> psnr(torch.zeros(1, 1, 16, 16), torch.full((1, 1, 16, 16), 0.1)).item()
        20.0
    """
    return -10 * mse(image, reference).log10()


def mean_psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Return the mean over the channels of the PSNR of each in dB, 0-dim: MPSNR.

    It is at least `psnr`, and equal to it if all channels have the same error. A channel without
    any error, such as a band of which no pixel is lost, is left out, unless all are without.

    Shape:
        `1 c h w` and `1 c h w` to one number.

    Example:
        >>> clean, noisy = torch.zeros(1, 2, 16, 16), torch.zeros(1, 2, 16, 16)
        >>> noisy[:, 0], noisy[:, 1] = 0.1, 0.01
        >>> round(mean_psnr(noisy, clean).item(), 2), round(psnr(noisy, clean).item(), 2)
        (30.0, 22.97)
    """
    errors = (image.clamp(0, 1) - reference).square().mean((0, 2, 3))
    wrong = errors > 0
    if wrong.any():
        errors = errors[wrong]
    return -10 * errors.log10().mean()


def ssim(image: Tensor, reference: Tensor) -> Tensor:
    """Return the structural similarity of Wang et al. (2004), from -1 to 1, mean over the channels.

    This is torchmetrics' SSIM, over the whole image with its border mirrored. The setting is the
    paper's own: an 11 x 11 Gaussian window of sigma 1.5, and population (co)variances.

    scikit-image differs in the third digit. With `gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False` it leaves out a border of 5 pixels. Its default is a flat 7 x 7
    window.
    """
    # Late: it takes a second, and whatever watches a step imports this module.
    from torchmetrics.functional.image import structural_similarity_index_measure

    # On a CPU its convolutions are 2 to 4 times faster in this layout.
    layout = torch.channels_last
    value = structural_similarity_index_measure(
        image.clamp(0, 1).contiguous(memory_format=layout),
        reference.contiguous(memory_format=layout),
        data_range=1.0,
    )
    assert isinstance(value, torch.Tensor)
    return value


def quality(image: Tensor, reference: Tensor) -> dict[str, float]:
    """Return MSE, PSNR in dB and SSIM of an image, both `1 c h w`, by name."""
    return {f.__name__: f(image, reference).item() for f in (mse, psnr, ssim)}


def deviation(results: Tensor) -> Tensor:
    """Return the standard deviation of each pixel over K fits: where they differ it is unsure.

    Shape:
        `K c h w`, K from 2 up, to `1 c h w`.

    Example:
        >>> round(deviation(torch.tensor([0.2, 0.4]).view(2, 1, 1, 1)).item(), 4)
        0.1414
    """
    return results.clamp(0, 1).std(0, keepdim=True)


class Metric:
    """PSNR, SSIM and MSE by one protocol: over all channels, or as the papers of a field measure.

    **Luma.** Papers on super-resolution measure only the luma in studio range, without a border:
    Y = (65.481 R + 128.553 G + 24.966 B + 16) / 255, with R, G and B clipped to [0, 1]. Y spans
    219/255 of the range, so its PSNR is 1.32 dB above the PSNR of a luma from 0 to 1. The sum of
    the factors is 219. So a grey picture x counts as the colour picture R = G = B = x,
    Y = (219 x + 16) / 255. With `channel=y border=4` the numbers of the DIP paper for Set5, x4, are
    met within 0.05 dB for each picture (its script leaves 5 pixels off two of the sides).

    **Each channel.** Papers on hyperspectral images give MPSNR, the mean of the PSNR of the bands:
    `channel=each`. `channel=all` is the PSNR of the mean squared error of all bands together, which
    is never above it. SSIM is the mean of the SSIM of the channels by both.

    **Shift.** An unknown blur leaves the place of the image open. So each image is compared at the
    shift of the lowest mean squared error, of all shifts up to `shift` pixels each way. The search
    first takes whole pixels, and then steps of a quarter of a pixel (bilinear) less than a pixel
    around the best. Levin's protocol is `shift=5 border=15`, with all quarters. Between two pixels
    noise is weaker, so a noisy image gains by a shift: up to 5 dB at sigma 25.

    Args:
        channel: `all`; `y` for the luma; `each` for the mean of the PSNR of the channels.
        border: Number of pixels that are left off at each side.
        shift: The largest shift in pixels, at most `border`. None is 0.

    Raises:
        ValueError: If a setting is out of its range. In a call, if fewer than 11 x 11 pixels are
            left (the window of SSIM), or if there are not 1 or 3 channels to take the luma of.

    Example:
        >>> grey, lighter = torch.full((1, 3, 32, 32), 0.5), torch.full((1, 3, 32, 32), 0.6)
        >>> round(Metric().psnr(grey, lighter).item(), 2)
        20.0
        >>> round(Metric(channel="y", border=4).psnr(grey, lighter).item(), 2)
        21.32
    """

    def __init__(self, channel: str = "all", border: int = 0, shift: int | None = None) -> None:
        self.channel = choice("channel", channel, ("all", "y", "each"))
        self.border = whole("border", border, least=0)
        self.shift = 0 if shift is None else whole("shift", shift, least=0)
        if self.shift > border:
            raise ValueError(
                f"shift must be at most border, {border}: a shift brings in as many pixels; got "
                f"{shift}"
            )

    def mse(self, image: Tensor, reference: Tensor) -> Tensor:
        """Return `mse` of the prepared images."""
        return mse(*self.pair(image, reference))

    def psnr(self, image: Tensor, reference: Tensor) -> Tensor:
        """Return `psnr` of the prepared images in dB, or `mean_psnr` with `channel=each`."""
        measure = mean_psnr if self.channel == "each" else psnr
        return measure(*self.pair(image, reference))

    def ssim(self, image: Tensor, reference: Tensor) -> Tensor:
        """Return `ssim` of the prepared images."""
        return ssim(*self.pair(image, reference))

    def quality(self, image: Tensor, reference: Tensor) -> dict[str, float]:
        """Return MSE, PSNR in dB and SSIM of the prepared images, both `1 c h w`, by name."""
        pair = self.pair(image, reference)
        found = quality(*pair)
        if self.channel == "each":
            found["psnr"] = mean_psnr(*pair).item()
        return found

    def pair(self, image: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Return the part of an image that is compared, at its best shift, and that of a reference.

        Shape:
            `1 c h w` and `1 c h w` to `1 c' h' w'` and `1 c' h' w'`.
        """
        inner = self.prepared(reference)
        if not self.shift:
            return self.prepared(image), inner
        seen = luma(image) if self.channel == "y" else image.clamp(0, 1)
        return at_best_place(seen, inner, self.shift), inner

    def prepared(self, image: Tensor) -> Tensor:
        """Return the part of an image that is compared, `K c h w` to `K c' h' w'`."""
        inner = without_border(image, self.border) if self.border else image
        return luma(inner) if self.channel == "y" else inner


def without_border(image: Tensor, border: int) -> Tensor:
    """Return `K c h w` without `border` pixels at each side.

    Raises:
        ValueError: If SSIM's window has no place in what is left.
    """
    height, width = image.shape[2:]
    if min(height, width) - 2 * border < WINDOW:
        least = f"must leave {WINDOW} x {WINDOW} of {height} x {width} pixels"
        raise ValueError(f"border {least}, got {border}")
    return image[..., border : height - border, border : width - border]


def at_best_place(image: Tensor, inner: Tensor, shift: int) -> Tensor:
    """Return the part of an image that is nearest to the inner part of a reference.

    Args:
        image: The image, `1 c h w`.
        inner: The middle of the reference, `1 c h' w'`.
        shift: How far from its middle the part of the image may be, in pixels each way.
    """
    whole_steps = range(-shift, shift + 1)
    down, across = nearest(image, inner, product(whole_steps, whole_steps))
    quarters = [step / 4 for step in range(-3, 4)]
    near = [(down + y, across + x) for y, x in product(quarters, quarters)]
    within = [place for place in near if max(map(abs, place)) <= shift]
    return part(image, nearest(image, inner, within), inner.shape)


def nearest(
    image: Tensor, inner: Tensor, places: Iterable[tuple[float, float]]
) -> tuple[float, float]:
    """Return the place at which the part of an image has the least error, the first of equals.

    Args:
        image: The image, `1 c h w`.
        inner: The middle of the reference, `1 c h' w'`.
        places: How many pixels down and to the right each part lies from the middle.
    """
    every = list(places)
    errors = [(part(image, place, inner.shape) - inner).square().mean() for place in every]
    return every[int(torch.stack(errors).argmin())]


def part(image: Tensor, place: tuple[float, float], shape: torch.Size) -> Tensor:
    """Return the part of an image, of a shape, that lies so far from its middle; bilinear.

    Args:
        image: The image, `1 c h w`.
        place: How many pixels further down and to the right the part is.
        shape: Shape of the part, `1 c h' w'`; its sides are smaller than the image's by an even
            number.
    """
    for side, by in zip((2, 3), place, strict=True):
        size, before = shape[side], math.floor(by)
        start = (image.shape[side] - size) // 2 + before
        found = image.narrow(side, start, size)
        if by > before:
            found = found.lerp(image.narrow(side, start + 1, size), by - before)
        image = found
    return image


def luma(image: Tensor) -> Tensor:
    """Return Y of an image that is clipped to [0, 1], `K c h w` to `K 1 h w`, in [16/255, 235/255].

    Raises:
        ValueError: If c is neither 1 nor 3.
    """
    channels = image.shape[1]
    if channels not in (1, 3):
        raise ValueError(f"channel must be all where there are {channels} channels, got 'y'")
    colours = image.clamp(0, 1).expand(-1, 3, -1, -1)
    weights = image.new_tensor(STUDIO)[:, None, None]
    return ((weights * colours).sum(1, keepdim=True) + BLACK) / 255
