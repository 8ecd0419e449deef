"""A target of one's own that is no picture, at the command line."""

import os

import imageio.v3 as iio
import numpy as np
import pytest
import torch

import untrained
from tests.conftest import SMALL
from tests.test_folder import photo
from untrained.command.pointed import check_array
from untrained.degradation.array import read_array
from untrained.degradation.tomography import Tomography

WORDS = (*(word for word in SMALL if not word.startswith("image")), "~callbacks.video")


def test_k_space_of_coils_is_seen_as_one_magnitude_and_has_no_sigmoid(run):
    generator = np.random.default_rng(0)
    kspace = generator.normal(size=(3, 24, 32)) + 1j * generator.normal(size=(3, 24, 32))
    kspace[..., ::2] = 0
    np.save("kspace.npy", kspace.astype(np.complex64))
    code, _, err = run(*WORDS, "degradation=mri", "target.path=kspace.npy")
    assert code == 0, err
    assert np.load("run/reconstruction.npy").shape == (24, 32, 1)
    image = untrained.load("run").image
    assert image.shape == (1, 6, 24, 32)
    assert image.min() < 0


def test_the_result_of_a_sinogram_is_in_its_units(run):
    image = torch.full((1, 1, 32, 32), 2.5)
    np.save("sums.npy", 32 * Tomography(angles=8)(image)[0, 0].numpy())
    tomography = ("degradation=tomography", "degradation.angles=8", "degradation.white=4")
    code, _, err = run(*WORDS, *tomography, "target.path=sums.npy", "baseline=[]")
    assert code == 0, err
    shown = iio.imread("run/reconstruction.png") / 65535
    assert np.load("run/reconstruction.npy")[..., 0] == pytest.approx(4 * shown, abs=1e-4)


@pytest.mark.parametrize(("white", "is_said"), [(1, True), (4, False)])
def test_values_above_white_are_told_at_the_end(run, white, is_said):
    image = torch.zeros(1, 1, 32, 32)
    image[..., 12:20, 12:20] = 2.5
    np.save("sums.npy", 32 * Tomography(angles=8)(image)[0, 0].numpy())
    words = (*WORDS, "degradation=tomography", "degradation.angles=8", "target.path=sums.npy")
    fit = ("baseline=[]", "model=pixels", "optimizer.lr=0.1", "steps=100", "~callbacks.pictures")
    code, out, err = run(
        *[w for w in words if "model" not in w], *fit, f"degradation.white={white}"
    )
    assert code == 0, err
    assert ("a larger degradation.white has room" in out) == is_said


def test_a_sigmoid_that_was_typed_is_refused(run):
    np.save("kspace.npy", np.ones((24, 32), np.complex64))
    words = ("degradation=mri", "target.path=kspace.npy", "model.activation=sigmoid")
    assert "model.activation must be none: the images of coils" in run(*WORDS, *words)[2]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("degradation.acceleration=2", "degradation.acceleration is for a simulated mask; in your"),
        ("target.size=16", "target.size=16 is for a picture, and this target is not a picture"),
        ("target.white=2", "target.white=2 is for a picture, and this target is not a picture"),
        ("degradation.mask=mask.npy", "degradation.mask has 31 columns and k-space 24 x 32; both"),
    ],
)
def test_words_that_mean_nothing_beside_k_space_are_refused(run, word, line):
    np.save("kspace.npy", np.ones((24, 32), np.complex64))
    np.save("mask.npy", np.ones(31))
    err = run(*WORDS, "degradation=mri", "target.path=kspace.npy", word)[2]
    assert err.startswith(line)


def test_an_array_of_complex_numbers_has_a_last_axis_of_two(tmp_path):
    array = np.array([[1 + 2j, 3 - 1j]])
    np.save(tmp_path / "a.npy", array)
    assert read_array(tmp_path / "a.npy", takes_complex=True).tolist() == [[[1, 2], [3, -1]]]


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (np.array(["text"]), "is an array of <U4; numbers are needed"),
        (np.array([1 + 2j]), "is an array of complex128; real numbers are needed"),
        (np.array([1, np.nan]), "has values that are not finite"),
        (np.array([]), "has values that are not finite, or none"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(tmp_path, array, line):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ValueError, match=line):
        read_array(tmp_path / "a.npy")
    (tmp_path / "text.npy").write_text("text")
    with pytest.raises(ValueError, match="is not a NumPy array"):
        read_array(tmp_path / "text.npy")


@pytest.mark.parametrize(
    "words",
    [
        ("degradation.observe=pillow", "degradation=downsampling"),
        ("degradation.quality=10", "degradation=jpeg"),
        ("degradation.subsampling=4:4:4", "degradation=jpeg"),
        ("degradation.kernel=motion", "degradation=unknown_blur"),
        ("degradation.length=9", "degradation=unknown_blur"),
    ],
)
def test_words_on_how_a_target_is_simulated_are_refused(run, words):
    photo("photo.jpg")
    code, _, err = run(*WORDS, *words, "target.path=photo.jpg")
    name = words[0].partition("=")[0]
    assert code == 1
    assert err.startswith(f"{name} is for a simulated target, and this one is your own")


@pytest.mark.parametrize(
    "words",
    [
        ("degradation.white=2", "degradation=mri"),
        ("degradation.white=2", "degradation=tomography"),
        ("degradation.block=16", "degradation=compressed_sensing", "degradation.kind=fourier"),
    ],
)
def test_words_that_change_nothing_of_a_simulated_target_are_refused(run, words):
    code, _, err = run(*SMALL, *words)
    assert code == 1
    assert err.startswith(words[0].partition("=")[0])
    assert err.endswith(": leave it out\n")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path):
    path = tmp_path / "kspace.npy"
    os.mkfifo(path)
    with pytest.raises(ValueError, match="^target.path 'a' is not a file$"):
        check_array(str(path), "target.path 'a'")


@pytest.mark.parametrize("content", [b"", b"k-space", b"\x93NUMPY and no header", b"PK\3\4"])
def test_a_file_that_is_no_array_is_refused_by_its_start(tmp_path, content):
    path = tmp_path / "kspace.npy"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="^target.path 'a' is not a NumPy array") as caught:
        check_array(str(path), "target.path 'a'")
    assert caught.value.__suppress_context__
    np.save(path, np.zeros((0, 3)))  # Its values are looked at later.
    check_array(str(path), "target.path 'a'")
