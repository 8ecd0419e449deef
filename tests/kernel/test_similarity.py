import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from untrained.kernel.similarity import structural_similarity

SHAPES = [(1, 3, 40, 24), (1, 1, 11, 13), (2, 2, 16, 16)]


@pytest.mark.parametrize("shape", SHAPES)
def test_value_and_gradient_are_those_of_torchmetrics(shape):
    torch.manual_seed(0)
    image = torch.rand(shape, dtype=torch.double, requires_grad=True)
    reference = (0.7 * image + 0.2 * torch.rand(shape)).detach()
    ours = structural_similarity(image, reference)
    theirs = structural_similarity_index_measure(image, reference, data_range=1.0)
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-12)
    (gradient,) = torch.autograd.grad(ours, image)
    (expected,) = torch.autograd.grad(theirs, image)
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-12)


def test_flat_images_are_compared_by_their_brightness():
    dark, bright = torch.full((1, 1, 16, 16), 0.2), torch.full((1, 1, 16, 16), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    assert structural_similarity(dark, bright).item() == pytest.approx(expected, abs=1e-3)
