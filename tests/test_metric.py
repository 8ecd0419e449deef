import numpy as np
import pytest
import torch
from skimage import color, data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from untrained.metric import Metric, mse, psnr, quality, ssim
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


def test_by_default_the_metric_is_that_of_the_whole_image(pair):
    _, noisy = pair
    beyond = noisy * 1.5 - 0.2
    metric = Metric()
    assert metric.prepared(beyond) is beyond
    assert metric.quality(beyond, noisy) == quality(beyond, noisy)
    assert torch.equal(metric.mse(beyond, 2 * noisy), mse(beyond, 2 * noisy))
    assert torch.equal(metric.psnr(beyond, noisy), psnr(beyond, noisy))
    assert torch.equal(metric.ssim(beyond, noisy), ssim(beyond, noisy))


def test_the_luma_is_that_of_scikit_image():
    clean = IMAGES["colour"]
    (array,) = arrays(clean)
    expected = color.rgb2ycbcr(array)[..., 0] / 255
    found = Metric(channel="y").prepared(clean)
    np.testing.assert_allclose(found[0, 0].numpy(), expected, atol=1e-6)


def test_the_luma_is_of_the_image_as_it_is_seen():
    clean = IMAGES["colour"]
    metric = Metric(channel="y")
    beyond = torch.where(clean > 0.9, clean + 1, clean)
    assert torch.equal(metric.prepared(beyond), metric.prepared(beyond.clamp(0, 1)))


def test_a_grey_picture_counts_as_the_colour_picture_that_shows_it():
    clean = IMAGES["grey"].float()
    noisy = Gaussian(25)(clean)
    metric = Metric(channel="y", border=3)
    colours = (noisy.expand(-1, 3, -1, -1), clean.expand(-1, 3, -1, -1))
    assert metric.quality(noisy, clean) == metric.quality(*colours)
    expected = psnr(noisy[..., 3:-3, 3:-3], clean[..., 3:-3, 3:-3]) + 20 * np.log10(255 / 219)
    assert metric.psnr(noisy, clean).item() == pytest.approx(expected.item(), abs=1e-3)


def test_the_border_is_left_off_each_side(pair):
    clean, noisy = pair
    framed = noisy.clone()
    framed[..., :4], framed[..., -4:], framed[..., :4, :], framed[..., -4:, :] = 0, 1, 0, 1
    metric = Metric(border=4)
    expected = quality(noisy[..., 4:-4, 4:-4], clean[..., 4:-4, 4:-4])
    assert metric.quality(framed, clean) == metric.quality(noisy, clean) == expected


def test_a_border_that_leaves_less_than_the_window_of_ssim_is_refused():
    image = torch.rand(1, 3, 19, 40)
    assert Metric(border=4).quality(image, image)["mse"] == 0
    with pytest.raises(ValueError, match=r"^border must leave 11 x 11 of 19 x 40 pixels, got 5$"):
        Metric(border=5).psnr(image, image)


def test_other_words_and_channels_are_refused():
    with pytest.raises(ValueError, match=r"^channel must be all or y, got 'luma'$"):
        Metric(channel="luma")
    for border in (-1, 1.5, True, None):
        with pytest.raises(ValueError, match=r"^border must be a whole number from 0 up"):
            Metric(border=border)
    with pytest.raises(ValueError, match=r"^channel must be all where there are 4 channels"):
        Metric(channel="y").prepared(torch.rand(1, 4, 16, 16))
