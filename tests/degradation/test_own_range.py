"""A target of one's own that no image in [0, 1] has: said in a line, and not fitted in vain."""

import numpy as np
import pytest
import torch

from untrained.degradation.array import check_array, read_array
from untrained.degradation.compressed_sensing import CompressedSensing
from untrained.degradation.grayscale import Grayscale
from untrained.degradation.mri import Mri
from untrained.degradation.tomography import Tomography

IMAGE = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def sinogram(white):
    """Return what scikit-image would make of an image up to `white`."""
    return 32 * white * Tomography(angles=8)(IMAGE)[0]


def test_a_sinogram_of_an_image_up_to_255_is_refused_with_the_word_that_scales_it():
    with pytest.raises(ValueError, match=r"^target has sums up to .* degradation\.white=\d"):
        Tomography(angles=8).given(sinogram(255))
    scaled = Tomography(angles=8, white=255).given(sinogram(255))
    torch.testing.assert_close(scaled, Tomography(angles=8)(IMAGE))


def test_a_sinogram_that_is_nearly_black_is_told_of(logged):
    Tomography(angles=8).given(sinogram(0.02))
    assert "degradation.white=0.0" in logged.text
    with pytest.raises(ValueError, match="mean is below 0"):
        Tomography(angles=8).given(-sinogram(1))


@pytest.mark.parametrize("words", [{"block": 16}, {"kind": "fourier"}])
def test_measurements_of_an_image_up_to_255_are_refused(words):
    sensing = CompressedSensing(0.5, **words)
    measured = sensing(IMAGE)[0]
    torch.testing.assert_close(CompressedSensing(0.5, **words).given(measured)[0], measured)
    with pytest.raises(ValueError, match="divide it by the value that is white"):
        CompressedSensing(0.5, **words).given(255 * measured)
    with pytest.raises(ValueError, match="1 or 3 channels are"):
        CompressedSensing(0.5, **words).given(measured.expand(4, *measured.shape[1:]))


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 2.0**20, 1e30])
def test_k_space_of_any_scale_gives_the_same_target(scale):
    kspace = torch.randn(2, 16, 16, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(Mri().given(scale * kspace), Mri().given(kspace))


def test_a_power_of_two_changes_no_bit():
    kspace = torch.randn(2, 16, 16, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Mri().given(2.0**-20 * kspace), Mri().given(kspace))


def test_an_acceleration_beyond_the_columns_in_the_middle_is_refused():
    image = torch.zeros(1, 1, 16, 256)
    line = r"^acceleration leaves 8 of 256 columns, and center=0\.07 alone has 18, got 32"
    with pytest.raises(ValueError, match=line):
        Mri(acceleration=32)(image)
    assert Mri(acceleration=32, center=0.02).known(torch.zeros(1, 1, 16, 256, 2)).sum() == 8


def test_numbers_beyond_single_precision_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.full((16, 16), 1e39))
    with pytest.raises(ValueError, match=r"has values up to 1e\+39, beyond single precision"):
        read_array(tmp_path / "a.npy")
    with pytest.raises(ValueError, match=r"^target is not finite once it is divided"):
        check_array(torch.tensor(torch.inf), (1, 1, 16, 16))
    with pytest.raises(
        ValueError, match="^target is of an image of 16 x 2 pixels; at least 16 x 1"
    ):
        check_array(torch.zeros(1), (1, 1, 16, 2))


def test_the_colours_that_grayscale_drops_are_told_of(logged):
    Grayscale().given(IMAGE)
    Grayscale().given(IMAGE.expand(-1, 3, -1, -1))
    assert not logged.text
    Grayscale().given(torch.cat([IMAGE, IMAGE / 2, IMAGE], 1))
    assert "the colours of the target are dropped" in logged.text


def test_a_matrix_that_has_no_room_is_refused_before_it_is_made():
    tomography = Tomography(angles=60)
    tomography.room = 2**27
    with pytest.raises(ValueError, match=r"^angles is too large .* 0\.1 GiB are free, got 60$"):
        tomography(torch.zeros(1, 1, 256, 256))
    assert tomography.made is None
