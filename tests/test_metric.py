import numpy as np
import pytest
import torch
from skimage import color, data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from untrained.metric import Metric, mse, part, psnr, quality, ssim
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
    with pytest.raises(ValueError, match=r"^channel must be all, y or each, got 'luma'$"):
        Metric(channel="luma")
    for border in (-1, 1.5, True, None):
        with pytest.raises(ValueError, match=r"^border must be a whole number from 0 up"):
            Metric(border=border)
    with pytest.raises(ValueError, match=r"^channel must be all where there are 4 channels"):
        Metric(channel="y").prepared(torch.rand(1, 4, 16, 16))


def test_each_channel_has_its_psnr_as_papers_on_bands_have_it():
    clean = torch.rand(1, 5, 16, 16)
    noisy = (clean + torch.linspace(0.01, 0.2, 5).view(5, 1, 1) * torch.randn(5, 16, 16)).clamp(
        0, 1
    )
    metric = Metric(channel="each")
    expected = torch.stack([psnr(noisy[:, i], clean[:, i]) for i in range(5)]).mean()
    torch.testing.assert_close(metric.psnr(noisy, clean), expected)
    assert metric.quality(noisy, clean)["psnr"] == pytest.approx(expected.item())
    assert metric.psnr(noisy, clean) > Metric().psnr(noisy, clean)
    assert metric.ssim(noisy, clean) == Metric().ssim(noisy, clean)


def moved(image, down, across):
    """Move a picture by whole pixels; what comes in at the border is of another picture."""
    return torch.roll(image, (down, across), (2, 3))


def test_an_image_is_compared_at_its_best_place(pair):
    clean, _ = pair
    darker = 0.95 * clean
    metric = Metric(border=15, shift=5)
    expected = Metric(border=15).quality(darker, clean)
    assert metric.quality(darker, clean) == pytest.approx(expected)
    for place in [(3, -2), (-5, 5), (0, 1)]:
        assert metric.quality(moved(darker, *place), clean) == pytest.approx(expected)
    assert metric.psnr(moved(darker, 6, 0), clean) < expected["psnr"] - 1
    assert metric.mse(moved(clean, 2, 2), clean) == 0


def test_an_image_between_two_pixels_is_compared_there():
    clean = IMAGES["grey"].float()
    between = clean.lerp(moved(clean, 0, 1), 0.25)
    metric = Metric(border=15, shift=2)
    there = metric.psnr(moved(between, 1, 1), clean)
    assert there > Metric(border=15).psnr(between, clean) + 1
    assert there == metric.psnr(between, clean)


def test_every_quarter_within_the_shift_is_tried_as_levin_does():
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand(1, 1, 40, 36, generator=generator)
    clean = torch.nn.functional.avg_pool2d(clean, 5, 1, 2)
    image = moved(clean.lerp(moved(clean, 1, 0), 0.5), 1, -2)
    inner = clean[..., 8:-8, 8:-8]
    steps = [step / 4 for step in range(-12, 13)]
    errors = [
        (part(image, (y, x), inner.shape) - inner).square().mean() for y in steps for x in steps
    ]
    assert Metric(border=8, shift=3).mse(image, clean) == min(errors)


def test_half_a_pixel_takes_noise_away_which_the_protocol_counts_as_better(pair):
    clean, noisy = pair
    assert Metric(border=15, shift=5).psnr(noisy, clean) > Metric(border=15).psnr(noisy, clean) + 3


def test_the_place_is_that_of_the_luma_where_the_luma_is_compared():
    clean = IMAGES["colour"]
    metric = Metric(channel="y", border=6, shift=4)
    assert metric.mse(moved(clean, -4, 1), clean) < 1e-12


def test_a_shift_that_would_bring_in_what_is_beyond_the_border_is_refused():
    with pytest.raises(ValueError, match=r"^shift must be at most border, 4: a shift .*; got 5$"):
        Metric(border=4, shift=5)
    for shift in (-1, 1.5, True, "far"):
        with pytest.raises(ValueError, match=r"^shift must be a whole number from 0 up"):
            Metric(border=9, shift=shift)


def test_a_channel_without_an_error_is_left_out_of_the_mean():
    clean = torch.zeros(1, 2, 16, 16)
    dead = clean.clone()
    dead[:, 0] = 0.1
    assert Metric(channel="each").quality(dead, clean)["psnr"] == pytest.approx(20, abs=1e-4)
    assert Metric(channel="each").quality(clean, clean)["psnr"] == torch.inf
