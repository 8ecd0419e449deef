"""The image of the least total variation."""

import pytest
import torch
from skimage.data import shepp_logan_phantom
from skimage.transform import resize

from untrained.baseline.least_variation import least_variation
from untrained.baseline.tv import NOT_LINEAR, Chambolle
from untrained.degradation.blur import Blur
from untrained.degradation.compressed_sensing import CompressedSensing
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.function import Function
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.linear import is_linear
from untrained.degradation.mri import Mri
from untrained.degradation.tomography import Tomography
from untrained.degradation.unknown_blur import UnknownBlur
from untrained.metric import psnr

PHANTOM = torch.from_numpy(resize(shepp_logan_phantom(), (64, 64))).float()[None, None]
# Two flat colours, whose border is the only slope.
FLAT = torch.full((1, 3, 48, 48), 0.2)
FLAT[..., 20:] = torch.tensor([0.9, 0.5, 0.3])[:, None, None]


def test_a_sinogram_of_few_directions_gives_the_phantom_back():
    """Flat pieces are what total variation is for: Candes, Romberg and Tao's example."""
    operator = Tomography(angles=24)
    target = operator(PHANTOM)
    image = least_variation(target, operator, sigma=0, iterations=400)
    assert psnr(image, PHANTOM) > 30
    assert (operator(image) - target).abs().max() < 2e-3


@pytest.mark.parametrize(
    ("operator", "least"),
    [
        (Inpainting(keep=0.3), 33),
        (CompressedSensing(ratio=0.3, kind="fourier"), 40),
        (Mri(acceleration=2), 30),
        (Downsampling(factor=2), 30),
    ],
)
def test_flat_colours_come_back_from_a_part_of_what_they_were(operator, least):
    clean = FLAT[:, :1] if isinstance(operator, Mri) else FLAT
    target = operator.masked(operator(clean))
    image = Chambolle()(target, operator)
    assert psnr(image, clean) > least
    assert image.min() >= 0
    assert image.max() <= 1


def test_with_noise_the_residual_is_that_of_the_noise():
    operator = CompressedSensing(ratio=0.5, block=16)
    exact = operator(FLAT)
    noise = torch.randn(exact.shape, generator=torch.Generator().manual_seed(0))
    target = exact + 10 / 255 * noise
    filters = Chambolle(), Chambolle(sigma=10), Chambolle()
    filters[2].known_level = 10.0
    fitted, told, known = (each(target, operator) for each in filters)
    residual = 255 * (operator(told) - target).square().mean().sqrt()
    assert residual == pytest.approx(10, rel=0.02)
    assert torch.equal(told, known)
    assert psnr(told, FLAT) > psnr(fitted, FLAT) + 5


def test_the_noise_of_a_blurred_picture_is_read_off_its_finest_details():
    operator = Blur(sigma=1.5)
    exact = operator(FLAT)
    noise = torch.randn(exact.shape, generator=torch.Generator().manual_seed(0))
    noisy = exact + 5 / 255 * noise
    assert Chambolle().level_behind(noisy, operator) == pytest.approx(5, rel=0.2)
    assert psnr(Chambolle()(noisy, operator), FLAT) > psnr(
        least_variation(noisy, operator, 0, 200), FLAT
    )


@pytest.mark.parametrize(
    "operator",
    [UnknownBlur(size=5, length=3), Function(lambda images: images**2), Function(torch.exp)],
)
def test_an_operator_that_is_not_known_or_not_linear_is_refused(operator):
    target = operator.observe(FLAT)
    assert not is_linear(operator, target)
    assert Chambolle().suits(target, operator) == NOT_LINEAR


def test_a_jpeg_file_is_filtered_as_the_picture_that_it_shows():
    operator = JpegFile(quality=10)
    target = operator.observe(FLAT)
    picture, _ = operator.view(target)
    image = Chambolle(sigma=5)(target, operator)
    assert psnr(image, FLAT) > psnr(picture, FLAT)
