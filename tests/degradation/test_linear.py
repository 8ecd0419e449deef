"""The norm of an operator, and what is done with its residual."""

import pytest
import torch

from untrained.degradation.compressed_sensing import CompressedSensing
from untrained.degradation.grayscale import Grayscale
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.linear import is_linear, norm_of
from untrained.degradation.residual import corrected
from untrained.degradation.tomography import Tomography

IMAGE = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("operator", "norm"),
    [
        (CompressedSensing(block=16), 1),
        (Inpainting(keep=0.5), 1),
        (Grayscale(), (0.299**2 + 0.587**2 + 0.114**2) ** 0.5),
    ],
)
def test_the_norm_is_that_of_the_operator(operator, norm):
    assert norm_of(operator, IMAGE) == pytest.approx(norm, rel=0.03)
    assert is_linear(operator, operator(IMAGE))


def phantom():
    """An image of flat pieces and a slope, and what a fit that has not ended has of it."""
    image = torch.zeros(1, 1, 48, 48)
    image[..., 10:30, 14:34] = torch.linspace(0.3, 0.9, 20)
    image[..., 18:24, 20:26] = 0.1
    smooth = torch.nn.functional.avg_pool2d(image, 3, stride=1, padding=1)
    return image, smooth


def test_a_fit_that_has_not_ended_is_moved_towards_its_sinogram():
    operator = Tomography(angles=40)
    clean, fitted = phantom()
    target = operator(clean)
    image = corrected(fitted, target, operator)
    assert (image - clean).square().mean() < 0.3 * (fitted - clean).square().mean()
    assert (operator(image) - target).norm() < 0.4 * (operator(fitted) - target).norm()


def test_noise_that_a_fit_leaves_is_not_brought_back():
    operator = Tomography(angles=40)
    clean, _ = phantom()
    exact = operator(clean)
    noise = torch.randn(exact.shape, generator=torch.Generator().manual_seed(0))
    moved = corrected(clean, exact + 0.02 * noise, operator) - clean
    assert moved.square().mean() < 1e-4
    assert torch.equal(corrected(clean, exact, operator), clean)
