import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch.nn import functional

from tests.degradation.picture import COLOUR, psnr, smoothed
from untrained.degradation.downsampling import KERNELS, Downsampling

CAMERA = torch.from_numpy(data.camera()[100:220, 120:260])[None, None] / 255

every_kernel = pytest.mark.parametrize("kernel", KERNELS)
every_factor = pytest.mark.parametrize("factor", [2, 3, 4, 5, 8])


@every_kernel
@every_factor
@pytest.mark.parametrize("sides", [(1, 1), (1, 3), (6, 5)])
def test_a_constant_stays_what_it_is_also_at_the_border(kernel, factor, sides):
    image = torch.full((2, 3, factor * sides[0], factor * sides[1]), 0.7)
    small = Downsampling(factor, kernel)(image)
    torch.testing.assert_close(small, torch.full((2, 3, *sides), 0.7))


@every_kernel
@every_factor
def test_a_ramp_stays_a_ramp_in_the_inside(kernel, factor):
    count = 12
    ramp = torch.arange(factor * count, dtype=torch.float64).expand(1, 1, factor * count, -1)
    small = Downsampling(factor, kernel)(ramp)[0, 0]
    middles = (torch.arange(count) + 0.5) * factor - 0.5
    torch.testing.assert_close(small[:, 3:-3], middles.double().expand(count, -1)[:, 3:-3])


@pytest.mark.parametrize(
    ("kernel", "filter_"),
    [
        ("lanczos3", Image.Resampling.LANCZOS),
        ("bicubic", Image.Resampling.BICUBIC),
        ("box", Image.Resampling.BOX),
    ],
)
@every_factor
def test_the_inside_is_pillow_s(kernel, filter_, factor):
    operator = Downsampling(factor, kernel)
    image = operator.cropped(CAMERA)
    height, width = image.shape[2:]
    picture = Image.fromarray(image[0, 0].numpy())
    assert picture.mode == "F"
    small = picture.resize((width // factor, height // factor), filter_)
    expected = torch.from_numpy(np.array(small))
    inside = (slice(3, -3), slice(3, -3))
    torch.testing.assert_close(operator(image)[0, 0][inside], expected[inside], atol=1e-5, rtol=0)


@every_factor
def test_box_is_the_mean_of_the_pixels(factor):
    operator = Downsampling(factor, "box")
    image = operator.cropped(COLOUR)
    torch.testing.assert_close(operator(image), functional.avg_pool2d(image, factor))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_lanczos2_is_the_window_of_the_authors_loss(factor):
    """Even, 4 x factor a side, a product of two windows, replicated at the border (tasks, 1.5)."""
    size = 4 * factor
    distance = (torch.arange(size, dtype=torch.float64) + 0.5 - size / 2) / factor
    side = torch.sinc(distance) * torch.sinc(distance / 2)
    square = torch.outer(side, side)
    square = (square / square.sum()).expand(3, 1, -1, -1)
    operator = Downsampling(factor, "lanczos2")
    image = operator.cropped(COLOUR).double()
    padded = functional.pad(image, ((size - factor) // 2,) * 4, "replicate")
    expected = functional.conv2d(padded, square, stride=factor, groups=3)
    torch.testing.assert_close(operator(image), expected, atol=1e-6, rtol=0)


def test_the_gaussian_has_the_sigma_it_says():
    factor = 32
    weights = Downsampling(factor, "gaussian").taps.double()
    distance = torch.arange(len(weights)) - (len(weights) - 1) / 2
    sigma = (weights * distance**2).sum().sqrt().item()
    assert sigma == pytest.approx(factor / 2, rel=0.01)


@every_factor
@pytest.mark.parametrize("size", [(37, 41), (40, 40), (16, 23)])
def test_the_crop_is_the_largest_in_the_middle_that_the_factor_divides(factor, size):
    grid = torch.arange(size[0] * size[1]).reshape(1, 1, *size)
    crop = Downsampling(factor).cropped(grid)
    assert crop.shape[2:] == (size[0] // factor * factor, size[1] // factor * factor)
    top, left = divmod(crop[0, 0, 0, 0].item(), size[1])
    assert (top, left) == ((size[0] - crop.shape[2]) // 2, (size[1] - crop.shape[3]) // 2)


@pytest.mark.parametrize("image", [CAMERA, COLOUR], ids=["grey", "colour"])
def test_pillow_makes_the_target_that_a_file_holds(image):
    target = Downsampling(4, observe="pillow").observe(image)
    array = (image[0].permute(1, 2, 0) * 255).round().byte().numpy().squeeze()
    size = (image.shape[3] // 4, image.shape[2] // 4)
    small = np.array(Image.fromarray(array).resize(size, Image.Resampling.LANCZOS))
    expected = np.atleast_3d(small).transpose(2, 0, 1)[None] / np.float32(255)
    assert np.array_equal(target.numpy(), expected)
    # Another filter, and 8 bits: near to A(x), and not A(x).
    error = (target - Downsampling(4)(image)).square().mean().sqrt().item()
    assert 0.001 < error < 0.05


def test_a_small_picture_is_drawn_in_squares():
    target = torch.tensor([[0.1, 0.9]])[None, None]
    picture, name = Downsampling(3).view(target)
    assert name == "Low resolution"
    assert torch.equal(picture, target.repeat_interleave(3, 2).repeat_interleave(3, 3))


def test_half_precision_is_not_measured_in_half_precision():
    low = Downsampling()(COLOUR.bfloat16())
    assert low.dtype == torch.float32
    assert torch.equal(low, Downsampling()(COLOUR.bfloat16().float()))


@pytest.mark.parametrize("factor", [0, 1, 2.0, True, "4", None])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(ValueError, match=r"^factor must be a whole number from 2 up, got"):
        Downsampling(factor)


def test_another_kernel_and_another_observation_are_refused():
    with pytest.raises(ValueError, match=r"^kernel must be lanczos2, .* or gaussian, got 'sinc'$"):
        Downsampling(kernel="sinc")
    with pytest.raises(ValueError, match=r"^observe must be null or pillow, got 'matlab'$"):
        Downsampling(observe="matlab")


def test_an_image_that_the_factor_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"^factor must divide 17 x 20 pixels, got 4$"):
        Downsampling(4)(torch.rand(1, 1, 17, 20))
    with pytest.raises(ValueError, match=r"^factor must be at most 17, .* 17 x 20 pixels, got 18$"):
        Downsampling(18).cropped(torch.rand(1, 1, 17, 20))
    with pytest.raises(ValueError, match=r"^observe must be null where there are 2 channels"):
        Downsampling(4, observe="pillow").observe(torch.rand(1, 2, 16, 16))


@every_kernel
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_merging_brings_the_measurement_of_the_image_near_the_target(kernel, factor):
    operator, smooth = Downsampling(factor, kernel), smoothed(COLOUR)
    target = operator(COLOUR)
    merged = operator.merged(smooth, target)
    before, after = operator(smooth) - target, operator(merged) - target
    assert after.norm() < before.norm() / 2
    assert psnr(merged, COLOUR) > psnr(smooth, COLOUR)


@pytest.mark.parametrize("kernel", ["lanczos2", "lanczos3", "bicubic", "box"])
def test_a_small_picture_of_another_filter_does_little_harm(kernel):
    operator, clean = Downsampling(4, kernel, observe="pillow"), COLOUR[..., :96]
    nearly = smoothed(clean, times=1)  # better than a network's image of such a picture
    assert psnr(operator.merged(nearly, operator.observe(clean)), clean) > psnr(nearly, clean) - 0.6
