import pytest
import torch
from torch import nn

from untrained.degradation.function import Function, as_degradation
from untrained.degradation.identity import Identity
from untrained.degradation.inpainting import Inpainting


def test_a_degradation_stays_as_it_is():
    inpainting = Inpainting()
    assert as_degradation(inpainting) is inpainting


def test_pytorchs_identity_is_ours():
    assert isinstance(as_degradation(nn.Identity()), Identity)


def test_any_function_is_a_degradation():
    images = torch.rand(2, 3, 16, 16)
    halved = as_degradation(nn.AvgPool2d(2))
    assert isinstance(halved, Function)
    assert torch.equal(halved(images), nn.functional.avg_pool2d(images, 2))
    assert halved.view(halved(images))[1] == "Target"
    assert halved.known(images) is None


def test_a_measurement_that_is_no_picture_has_no_view():
    spectrum = as_degradation(lambda images: torch.view_as_real(torch.fft.fft2(images)))
    assert spectrum.view(spectrum(torch.rand(1, 1, 16, 16))) is None


@pytest.mark.parametrize("function", [nn.AvgPool2d(2), nn.Flatten()])
@pytest.mark.parametrize("of", ["observe", "given"])
def test_a_function_that_changes_the_shape_is_refused(function, of):
    with pytest.raises(ValueError, match=r"^degradation makes .* of 1 x 3 x 16 x 16: a function"):
        getattr(as_degradation(function), of)(torch.rand(1, 3, 16, 16))


def test_a_function_of_numpy_is_refused():
    with pytest.raises(ValueError, match=r"^degradation must return a tensor, got ndarray$"):
        as_degradation(lambda images: images.numpy()).given(torch.rand(1, 3, 16, 16))
