"""PSNR, SSIM and MSE of an image as a viewer sees it: clipped to [0, 1]."""

import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure


def mse(image: Tensor, reference: Tensor) -> Tensor:
    """Give the mean squared error of the clipped image, mean((clip(x) - r)^2), no unit."""
    return (image.clamp(0, 1) - reference).square().mean()


def psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Give the peak signal-to-noise ratio, -10 log10(mse), in dB, for a peak of 1.

    Over all channels together, as in scikit-image; infinite where the images are equal.

    Example:
        >>> psnr(torch.zeros(1, 1, 16, 16), torch.full((1, 1, 16, 16), 0.1)).item()
        20.0
    """
    return -10 * mse(image, reference).log10()


def ssim(image: Tensor, reference: Tensor) -> Tensor:
    """Give the structural similarity of Wang et al. (2004), from -1 to 1, mean over the channels.

    This is torchmetrics' SSIM with an 11 x 11 Gaussian window of sigma 1.5 and population
    (co)variances, the paper's own setting, over the whole image with its border mirrored.
    scikit-image with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False` leaves out a
    border of 5 pixels, and its default is a flat 7 x 7 window: both differ in the third digit.
    """
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
    """Give the three figures of one image, for reporting."""
    return {f.__name__: f(image, reference).item() for f in (mse, psnr, ssim)}


def deviation(results: Tensor) -> Tensor:
    """Give the standard deviation of each pixel over K fits: where they differ the prior is unsure.

    Shape:
        `K c h w`, K from 2 up, to `1 c h w`.

    Example:
        >>> round(deviation(torch.tensor([0.2, 0.4]).view(2, 1, 1, 1)).item(), 4)
        0.1414
    """
    return results.clamp(0, 1).std(0, keepdim=True)
