import numpy as np
import pytest
import torch
from PIL import Image

from untrained.degradation.mri import Mri, fourier, inverse_fourier, opposite

IMAGE = torch.rand(1, 1, 33, 48, dtype=torch.float64)


def kspace(coils=4, height=33, width=48):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(coils, height, width, 2, generator=generator)


def lines(operator, width=64):
    return operator.known(torch.zeros(1, 1, 16, width, 2))[0, 0, 0, :, 0]


def test_it_is_the_centred_fourier_transform_of_numpy():
    spectrum = np.fft.fft2(np.fft.ifftshift(IMAGE[0, 0].numpy()), norm="ortho")
    assert np.allclose(fourier(IMAGE)[0, 0], np.fft.fftshift(spectrum))
    assert torch.allclose(inverse_fourier(fourier(IMAGE)).real, IMAGE)


@pytest.mark.parametrize("size", [(8, 8), (7, 8), (8, 7), (7, 9)])
def test_the_opposite_of_a_real_image_is_its_conjugate(size):
    spectrum = fourier(torch.rand(size, dtype=torch.float64))
    assert torch.allclose(opposite(spectrum), spectrum.conj())


@pytest.mark.parametrize("pattern", ["random", "equispaced"])
@pytest.mark.parametrize("acceleration", [2, 4, 8])
@pytest.mark.parametrize("width", [64, 101, 368])
def test_as_many_columns_are_measured_as_the_acceleration_says(pattern, acceleration, width):
    known = lines(Mri(acceleration, pattern=pattern), width)
    assert known.sum().item() == pytest.approx(width / acceleration, abs=1)
    middle = round(0.07 * width)
    assert known[width // 2 - middle // 2 : width // 2 + (middle + 1) // 2].all()


def test_the_frequency_0_is_measured_whatever_the_center():
    assert lines(Mri(8, center=0))[32]
    assert lines(Mri(8, center=0), 63)[31]


def test_the_seed_alone_decides_a_random_mask_and_none_an_equispaced():
    assert not torch.equal(lines(Mri(seed=0)), lines(Mri(seed=1)))
    assert torch.equal(lines(Mri(pattern="equispaced")), lines(Mri(pattern="equispaced", seed=1)))
    gaps = torch.nonzero(lines(Mri(4, center=0, pattern="equispaced"), 256))[:, 0].diff()
    assert gaps.max() - gaps.min() <= 4


@pytest.mark.parametrize("coils", [1, 8])
def test_coils_are_real_and_imaginary_channels_and_seen_as_one_magnitude(coils):
    operator = Mri(mask=np.arange(48) % 2)
    target = operator.given(kspace(coils))
    assert operator.shape(target) == (1, 2 * coils, 33, 48)
    images = torch.rand(2, 2 * coils, 33, 48)
    pairs = torch.complex(images[:, :coils], images[:, coils:])
    expected = torch.view_as_real(fourier(pairs)) * (torch.arange(48) % 2)[:, None]
    assert torch.allclose(operator(images), expected, atol=1e-6)
    assert torch.allclose(operator.visible(images), pairs.abs().square().sum(1, True).sqrt())
    assert operator.is_signed
    assert not Mri().is_signed


@pytest.mark.parametrize("coils", [1, 3])
def test_the_adjoint_of_coils_is_the_adjoint(coils):
    operator = Mri(mask=np.arange(48) % 3 == 0)
    target = operator.given(kspace(coils)).double()
    images = torch.randn(1, 2 * coils, 33, 48, dtype=torch.float64)
    inner = (operator(images) * target).sum().item()
    assert (images * operator.adjoint(target)).sum().item() == pytest.approx(inner, rel=1e-9)


@pytest.mark.parametrize(
    "mask", [None, np.arange(48) % 2, np.random.default_rng(0).random((33, 48)) > 0.6]
)
def test_the_result_of_coils_has_the_measured_lines_in_place(mask):
    operator = Mri(mask=mask)
    target = operator.given(kspace())
    merged = operator.merged(torch.rand(1, 8, 33, 48), target)
    assert torch.allclose(operator(merged), target, atol=1e-5)


def test_k_space_of_a_file_is_scaled_and_its_zeros_are_not_measured():
    own = kspace()
    own[:, :, ::3] = 0
    operator = Mri()
    target = operator.given(1000 * own)
    assert torch.allclose(target, operator.given(own))
    picture, name = operator.view(target)
    assert name == "Zero-filled"
    assert picture.max().item() == pytest.approx(0.8)
    columns = operator.known(target)[0, 0, 0, :, 0]
    assert torch.equal(columns, torch.arange(48) % 3 != 0)
    assert operator.given(kspace()).ne(0).all()  # Another file has another mask.


def test_the_magnitude_that_is_white_may_be_said():
    assert torch.equal(Mri(white=2).given(kspace())[0], kspace() / 2)
    with pytest.raises(ValueError, match="^white must be a number over 0, got 0"):
        Mri(white=0)


@pytest.mark.parametrize("form", ["w", "h w", "1 w", "NPY", "png"])
def test_a_mask_file_says_which_entries_are_measured(tmp_path, form):
    columns = np.arange(48) % 4 == 0
    path = tmp_path / {"png": "mask.png", "NPY": "MASK.NPY"}.get(form, "mask.npy")
    if form == "png":
        Image.fromarray(255 * np.tile(columns, (33, 1)).astype(np.uint8)).save(path)
    else:
        arrays = {"h w": np.tile(columns, (33, 1)), "1 w": columns[None]}
        with path.open("wb") as file:
            np.save(file, arrays.get(form, columns))
    known = Mri(mask=str(path)).known(torch.zeros(1, 1, 33, 48, 2))
    assert torch.equal(known.expand(1, 1, 33, 48, 1)[0, 0, 5, :, 0], torch.from_numpy(columns))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"acceleration": 1}, "acceleration must be a number over 1, got 1"),
        ({"center": 1}, "center must be"),
        ({"pattern": "radial"}, "pattern must be random or equispaced, got 'radial'"),
        ({"seed": -1}, "seed must be"),
        ({"mask": "nowhere.npy"}, "mask 'nowhere.npy' does not exist"),
        ({"mask": np.zeros(48)}, "mask has no measured entry"),
        ({"mask": np.zeros((2, 3, 4))}, "mask must be an array `w` or `h w`, got 2 x 3 x 4"),
    ],
)
def test_bad_words_are_refused(words, line):
    with pytest.raises(ValueError, match=f"^{line}"):
        Mri(**words)


def test_k_space_of_another_form_is_refused():
    with pytest.raises(ValueError, match="^target is an array of 33 x 48; complex k-space is need"):
        Mri().given(torch.zeros(33, 48))
    with pytest.raises(ValueError, match="^target is 0 wherever the mask is not 0"):
        Mri().given(torch.zeros(2, 33, 48, 2))
    with pytest.raises(ValueError, match="^mask has 40 columns and k-space 33 x 48; both must be"):
        Mri(mask=np.arange(40)).given(kspace())
    with pytest.raises(ValueError, match="^acceleration must leave out a column of 16, got 1.01"):
        Mri(1.01)(torch.zeros(1, 1, 16, 16))
