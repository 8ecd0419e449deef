import numpy as np
import pytest
import torch
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from untrained.metric import mse, psnr, quality, ssim
from untrained.noise.gaussian import Gaussian

IMAGES = {
    "colour": torch.from_numpy(data.astronaut()[:200, :150]).permute(2, 0, 1)[None] / 255,
    "grey": torch.from_numpy(data.camera()[100:217, :133])[None, None] / 255,
}


@pytest.fixture(params=IMAGES)
def pair(request):
    clean = IMAGES[request.param].float()
    return clean, Gaussian(25)(clean)


def arrays(*images, border=0):
    sides = ((border, border), (border, border), (0, 0))
    return [np.pad(image[0].permute(1, 2, 0).double(), sides, "reflect") for image in images]


def test_psnr_is_that_of_scikit_image(pair):
    clean, noisy = pair
    expected = peak_signal_noise_ratio(*arrays(clean, noisy), data_range=1)
    assert psnr(noisy, clean).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_is_that_of_scikit_image_with_the_paper_s_window(pair):
    clean, noisy = pair
    expected = structural_similarity(
        *arrays(clean, noisy, border=5),  # scikit-image leaves a border of 5 out, we mirror it
        channel_axis=2,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(noisy, clean).item() == pytest.approx(expected, abs=1e-5)


def test_an_image_is_measured_as_it_is_seen(pair):
    clean, _ = pair
    beyond = torch.where(clean > 0.9, clean + 1, clean)
    assert mse(beyond, clean) == mse(beyond.clamp(0, 1), clean)
    assert quality(beyond, clean) == quality(beyond.clamp(0, 1), clean)


def test_an_equal_image_has_no_error():
    clean = IMAGES["grey"].float()
    assert psnr(clean, clean).item() == float("inf")
    assert ssim(clean, clean).item() == pytest.approx(1)
