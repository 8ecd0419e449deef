import numpy as np
import pytest
import torch

from untrained.degradation.compressed_sensing import CompressedSensing, hartley

IMAGE = torch.rand(2, 3, 32, 48, dtype=torch.float64)


@pytest.mark.parametrize("ratio", [0.01, 0.25, 0.5])
@pytest.mark.parametrize("kind", ["gaussian", "fourier"])
def test_as_many_numbers_are_measured_as_the_ratio_says(kind, ratio):
    operator = CompressedSensing(ratio, kind, block=16)
    measurement = operator(IMAGE)
    known = operator.known(measurement)
    count = measurement[0, 0].numel() if known is None else known.sum().item()
    assert count == pytest.approx(ratio * IMAGE[0, 0].numel(), abs=6)


@pytest.mark.parametrize("kind", ["gaussian", "fourier"])
def test_the_rows_are_orthonormal(kind):
    operator = CompressedSensing(0.25, kind, block=16)
    measurement = operator(IMAGE)
    assert torch.allclose(operator(operator.adjoint(measurement)), measurement, atol=1e-6)


@pytest.mark.parametrize("kind", ["gaussian", "fourier"])
def test_the_adjoint_is_that_of_the_gradient(kind):
    operator = CompressedSensing(0.25, kind, block=16)
    other = torch.randn_like(operator(IMAGE))
    inner = (operator(IMAGE) * other).sum().item()
    assert (IMAGE * operator.adjoint(other)).sum().item() == pytest.approx(inner, rel=1e-9)
    assert torch.autograd.gradcheck(operator, torch.rand(1, 1, 16, 16).double().requires_grad_())


@pytest.mark.parametrize("kind", ["gaussian", "fourier"])
def test_the_seed_alone_decides_the_draw(kind):
    def measured(seed):
        return CompressedSensing(0.25, kind, 16, seed)(IMAGE)

    assert torch.equal(measured(0), measured(0))
    assert not torch.equal(measured(0), measured(1))


def test_hartley_is_the_real_twin_of_fourier():
    spectrum = np.fft.fft2(IMAGE.numpy(), norm="ortho")
    assert np.allclose(hartley(IMAGE), spectrum.real - spectrum.imag)


def test_an_image_is_cropped_to_whole_blocks():
    operator = CompressedSensing(block=10)
    assert operator.cropped(IMAGE).shape == (2, 3, 30, 40)
    with pytest.raises(ValueError, match=r"^block must divide 32 x 48 pixels, got 10$"):
        operator(IMAGE)


def test_a_user_s_own_numbers_have_the_axes_of_ours():
    operator = CompressedSensing(0.25, block=16)
    target = operator(IMAGE)[:1]
    assert torch.equal(operator.given(target[0]), target)
    assert operator.given(target[0, 0]).shape == (1, 1, *target.shape[2:])
    with pytest.raises(ValueError, match=r"^target is 2 x 3 x 9; rows x columns x measurements is"):
        operator.given(torch.zeros(2, 3, 9))
    with pytest.raises(ValueError, match=r"^target is 9; height x width is needed$"):
        CompressedSensing(0.25, "fourier").given(torch.zeros(9))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"ratio": 0}, "ratio must be a number between 0 and 1, got 0"),
        ({"ratio": 1}, "ratio must be"),
        ({"ratio": True}, "ratio must be"),
        ({"kind": "wavelet"}, "kind must be gaussian or fourier, got 'wavelet'"),
        ({"block": 1}, "block must be a whole number from 2 to 64, got 1"),
        ({"block": 65}, "block must be a whole number from 2 to 64, got 65"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_bad_words_are_refused(words, line):
    with pytest.raises(ValueError, match=f"^{line}"):
        CompressedSensing(**words)


def test_a_block_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="^block must be at most 16, the shorter side of 16 x 20"):
        CompressedSensing().cropped(torch.zeros(1, 1, 16, 20))
