import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch.nn import functional

from untrained.degradation.blur import Blur, gaussian, motion

IMAGE = torch.rand(1, 3, 40, 33, dtype=torch.float64)
MODES = {"circular": "wrap", "replicate": "nearest"}


@pytest.fixture
def save(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def saved(array, name="psf.npy"):
        array = np.asarray(array)
        if name.endswith(".npy"):
            np.save(name, array)
        else:
            Image.fromarray(array.astype(np.uint8)).save(name)
        return name

    return saved


def refusal(call):
    with pytest.raises(ValueError, match="^[^\n]*$") as error:
        call()
    return str(error.value)


@pytest.mark.parametrize("boundary", ["circular", "replicate"])
@pytest.mark.parametrize("size", [(3, 7), (9, 9), (21, 5)])
def test_it_is_the_convolution_of_scipy(boundary, size):
    kernel = np.random.default_rng(0).random(size)
    made = Blur(kernel, boundary=boundary)(IMAGE)[0]
    weights = (kernel / kernel.sum()).astype(np.float32)
    for channel, expected in zip(made, IMAGE[0].numpy(), strict=True):
        found = ndimage.convolve(expected, weights.astype(float), mode=MODES[boundary])
        assert np.allclose(channel, found, atol=1e-6)


@pytest.mark.parametrize("size", [(3, 7), (9, 9), (40, 33)])
def test_valid_takes_nothing_from_beyond_the_border(size):
    kernel = torch.rand(tuple(side - (side + 1) % 2 for side in size), dtype=torch.float64)
    made = Blur(kernel)(IMAGE)
    turned = (kernel / kernel.sum()).flip(0, 1).expand(3, 1, -1, -1)
    assert torch.allclose(made, functional.conv2d(IMAGE, turned, groups=3), atol=1e-6)


def test_a_point_stays_where_it_is_and_the_kernel_is_seen_around_it():
    point = torch.zeros(1, 1, 31, 31)
    point[..., 15, 15] = 1
    kernel = torch.rand(5, 7)
    seen = Blur(kernel, boundary="circular")(point)[0, 0, 13:18, 12:19]
    assert torch.allclose(seen, kernel / kernel.sum(), atol=1e-6)


@pytest.mark.parametrize("kernel", ["gaussian", "uniform", "motion"])
def test_a_constant_image_stays_what_it_is(kernel):
    made = Blur(kernel)(torch.full((1, 3, 40, 40), 0.5))
    assert torch.allclose(made, torch.full_like(made, 0.5))


def test_what_is_visible_is_the_part_that_is_measured():
    images = torch.rand(1, 1, 30, 30)
    point = torch.zeros(3, 5)
    point[1, 2] = 1
    operator = Blur(point)
    assert torch.allclose(operator(images), operator.visible(images), atol=1e-6)
    assert operator.shape(operator(images)) == images.shape


def test_the_kernels_have_the_form_that_their_words_say():
    assert Blur().weights.shape == (15, 15)
    assert Blur(size=25).weights.shape == (25, 25)
    assert Blur("uniform").weights.shape == (9, 9)
    line = gaussian(2, 25)
    place = torch.arange(25) - 12.0
    spread = (line.sum(0) * place**2).sum() / line.sum()
    assert spread.sqrt().item() == pytest.approx(2, abs=1e-3)
    assert motion(5, 90).tolist() == [[1]] * 5
    assert torch.allclose(motion(5, 45).flip(1), motion(5, 135), atol=1e-6)
    rising = motion(9, 45)
    assert rising[0, -1] > 0 == rising[0, 0]
    assert all(side % 2 for length in range(2, 9) for side in motion(length, 30).shape)


@pytest.mark.parametrize("name", ["psf.png", "psf.npy"])
def test_a_kernel_file_is_taken_as_it_is_and_normalised(save, name):
    array = np.random.default_rng(0).integers(1, 255, (7, 5))
    weights = Blur(save(array, name)).weights
    assert torch.allclose(weights, torch.from_numpy(array / array.sum()).float())


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"kernel": "gauss"}, "kernel 'gauss' does not exist; a kernel is gaussian, uniform, "),
        ({"kernel": "nowhere.png"}, "kernel 'nowhere.png' does not exist"),
        ({"sigma": 0}, "sigma must be a number over 0, in pixels, got 0"),
        ({"sigma": True}, "sigma must be"),
        ({"size": 4}, "size must be an odd number"),
        ({"size": 0}, "size must be a whole number from 1 up"),
        ({"kernel": "uniform", "size": 2}, "size must be an odd number"),
        (
            {"kernel": "uniform", "sigma": 2},
            "sigma is for kernel=gaussian, and kernel is 'uniform'",
        ),
        ({"kernel": "motion", "size": 9}, "size is for kernel=gaussian or uniform, and kernel is "),
        ({"kernel": "motion", "length": 1}, "length must be"),
        ({"kernel": "motion", "angle": "up"}, "angle must be"),
        ({"angle": 3}, "angle is for kernel=motion"),
        ({"boundary": "mirror"}, "boundary must be valid, circular or replicate, got 'mirror'"),
        ({"kernel": np.ones((4, 5))}, "kernel of an array is 4 x 5; both sides must be odd"),
        ({"kernel": np.zeros((5, 5))}, "kernel of an array must have a sum over 0, got 0"),
        ({"kernel": np.array([[1.0, 0.0, -1.0]])}, "kernel of an array must have a sum over 0"),
        (
            {"kernel": 5},
            "kernel must be gaussian, uniform, motion, a file, or an array `h w`, got 5",
        ),
        ({"kernel": np.ones(5)}, "kernel must be gaussian, uniform, motion, a file, or an array"),
        ({"kernel": np.full((3, 3), np.nan)}, "kernel of an array must be finite numbers"),
        ({"kernel": np.ones((3, 3)), "sigma": 2}, "sigma is for kernel=gaussian, and kernel is an"),
    ],
)
def test_bad_words_are_refused_in_a_line(words, line):
    assert refusal(lambda: Blur(**words)).startswith(line)


def test_a_kernel_that_is_too_large_is_refused():
    image = torch.zeros(1, 1, 16, 20)
    large = Blur("uniform", size=17, boundary="circular")
    line = "degradation.size=17: the kernel is 17 x 17 pixels, larger than the im"
    assert refusal(lambda: large(image)).startswith(line)
    line = "degradation.size=7: a kernel of 7 x 7 pix"
    assert refusal(lambda: Blur("uniform", size=7).cropped(image)).startswith(line)


@pytest.mark.parametrize(
    ("kernel", "words"),
    [("gaussian", {"sigma": 1e9}), ("motion", {"length": 10**6}), ("uniform", {"size": 10**6 + 1})],
)
def test_a_kernel_that_no_memory_holds_is_refused_by_its_word(kernel, words):
    assert refusal(lambda: Blur(kernel, **words)).startswith(f"{next(iter(words))} must be ")
