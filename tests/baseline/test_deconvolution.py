"""A known blur taken away, whatever is beyond the border."""

import pytest
import torch
from skimage.data import camera

from untrained.baseline.richardson_lucy import RichardsonLucy
from untrained.baseline.wiener import Wiener
from untrained.degradation.blur import Blur
from untrained.metric import psnr
from untrained.noise.gaussian import Gaussian

CLEAN = torch.from_numpy(camera()[100:228, 200:296].copy())[None, None] / 255


@pytest.mark.parametrize("boundary", ["valid", "circular", "replicate"])
@pytest.mark.parametrize("kernel", ["gaussian", "uniform", "motion"])
@pytest.mark.parametrize("kind", [Wiener, RichardsonLucy])
def test_it_is_sharper_than_the_target_and_in_its_place(kind, kernel, boundary):
    degradation = Blur(kernel, boundary=boundary)
    target = Gaussian(sigma=2)(degradation(CLEAN))
    image = kind()(target, degradation)
    assert image.shape == CLEAN.shape
    known = degradation.visible(CLEAN)
    assert psnr(degradation.visible(image), known) > psnr(target, known) + 0.3


def test_without_noise_and_border_wiener_finds_most_of_it_again():
    degradation = Blur("gaussian", sigma=1, boundary="circular")
    image = Wiener()(degradation(CLEAN), degradation)
    assert psnr(image, CLEAN) > psnr(degradation(CLEAN), CLEAN) + 5


def test_a_flat_picture_stays_flat():
    flat = torch.full((1, 3, 32, 32), 0.5)
    degradation = Blur("uniform", boundary="circular")
    for kind in (Wiener, RichardsonLucy):
        torch.testing.assert_close(kind()(flat, degradation), flat, atol=5e-3, rtol=0)
