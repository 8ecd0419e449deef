import numpy as np
import pytest
import torch
from skimage.data import shepp_logan_phantom
from skimage.transform import radon, resize

from untrained.degradation.tomography import Tomography

PHANTOM = resize(shepp_logan_phantom(), (64, 64), anti_aliasing=True)


def tensor(image):
    return torch.from_numpy(image)[None, None]


@pytest.mark.parametrize("side", [64, 63])
@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("span", [180, 100])
def test_it_is_the_radon_transform_of_scikit_image(side, circle, span):
    image = resize(PHANTOM, (side, side))
    operator = Tomography(angles=12, range=span, circle=circle)
    within = operator.visible(tensor(image))[0, 0].numpy()
    theta = np.arange(12) * span / 12
    expected = radon(within, theta, circle=circle).T / side
    made = operator(tensor(image))[0, 0]
    assert made.shape == expected.shape
    assert np.abs(made.numpy() - expected).max() < 1e-5


def test_a_measurement_is_in_the_range_of_the_image():
    made = Tomography()(torch.ones(1, 1, 64, 64))
    assert made.min() >= 0
    assert made.max().item() == pytest.approx(1, abs=0.02)


def test_what_is_outside_of_the_circle_is_not_measured():
    operator = Tomography(angles=5)
    images = torch.rand(1, 1, 32, 32)
    corner = images.clone()
    corner[..., 0, 0] = 9
    assert torch.equal(operator(corner), operator(images))
    assert operator.visible(corner)[..., 0, 0] == 0


@pytest.mark.parametrize("circle", [True, False])
def test_a_user_s_own_sinogram_is_scikit_image_s_turned(circle):
    operator = Tomography(angles=30, circle=circle)
    inside = operator.visible(tensor(PHANTOM))
    own = radon(inside[0, 0].numpy(), np.arange(30) * 6, circle=circle).T
    given = operator.given(torch.from_numpy(own))
    assert operator.shape(given) == (1, 1, 64, 64)
    assert torch.allclose(given, operator(inside), atol=1e-5)
    twice = Tomography(angles=30, circle=circle, white=2).given(2 * torch.from_numpy(own))
    assert torch.allclose(twice, given)
    assert operator.given(torch.from_numpy(np.stack([own] * 3))).shape == (1, 3, *own.shape)


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        (
            (64, 30),
            r"target is 64 x 30, and angles x detectors is needed .*angles=30 \(its \.T has",
        ),
        (
            (31, 64),
            r"target is 31 x 64, and angles x detectors is needed with degradation.angles=30$",
        ),
        ((2, 31, 64), "target is 2 x 31 x 64, and angles x detectors is needed"),
        ((30,), "target is 30; angles x detectors is needed"),
    ],
)
def test_a_sinogram_of_another_form_is_refused(shape, line):
    with pytest.raises(ValueError, match=f"^{line}"):
        Tomography().given(torch.zeros(shape))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"angles": 0}, "angles must be a whole number from 1 up, got 0"),
        ({"range": 0}, "range must be a number over 0 up to 180, in degrees, got 0"),
        ({"range": 181}, "range must be"),
        ({"circle": "no"}, "circle must be true or false"),
    ],
)
def test_bad_words_are_refused(words, line):
    with pytest.raises(ValueError, match=f"^{line}"):
        Tomography(**words)


def test_images_that_are_no_squares_or_too_large_are_refused():
    with pytest.raises(ValueError, match="^image must be a square for tomography, got 16 x 20"):
        Tomography()(torch.zeros(1, 1, 16, 20))
    with pytest.raises(ValueError, match="^angles is too large for 1024 x 1024 pixels: the matrix"):
        Tomography(angles=180).check_size(1024)
    assert Tomography().cropped(torch.zeros(1, 3, 16, 20)).shape == (1, 3, 16, 16)
