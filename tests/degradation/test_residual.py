import pytest
import torch

from tests.degradation.picture import COLOUR, psnr, smoothed
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.residual import laplacian, solved, spread, surface

VALUES = torch.rand(1, 2, 9, 7, generator=torch.Generator().manual_seed(0))
KNOWN = torch.rand(1, 1, 9, 7, generator=torch.Generator().manual_seed(1)) < 0.6


def test_known_values_stay_and_unknown_ones_have_no_effect():
    found = spread(VALUES, KNOWN)
    assert torch.equal(found.where(KNOWN, VALUES), VALUES)
    hidden = spread(VALUES.where(KNOWN, torch.nan), KNOWN)
    assert torch.equal(found, hidden)


def test_the_surface_has_the_least_of_what_it_minimises():
    found = surface(VALUES, KNOWN).double()

    def energy(of):
        return laplacian(of).square().sum() + 0.5 * of.square().sum()

    for seed in range(5):
        draw = torch.randn(VALUES.shape, generator=torch.Generator().manual_seed(seed))
        assert energy(found + 0.01 * torch.where(KNOWN, 0.0, draw)) > energy(found)


def test_each_channel_may_have_a_mask_of_its_own():
    masks = torch.cat([KNOWN, ~KNOWN], 1)
    both = surface(VALUES, masks)
    for channel in range(2):
        one = slice(channel, channel + 1)
        alone = surface(VALUES[:, one], masks[:, one])
        torch.testing.assert_close(both[:, one], alone, rtol=1e-3, atol=1e-4)


def test_nothing_or_all_known():
    assert torch.equal(spread(VALUES, torch.ones_like(KNOWN)), VALUES)
    assert torch.equal(spread(VALUES, torch.zeros_like(KNOWN)), torch.zeros_like(VALUES))


def test_conjugate_gradients_solve_what_a_matrix_solves():
    root = torch.rand(8, 8, dtype=torch.float64)
    matrix, right = root @ root.T + torch.eye(8), torch.rand(8, dtype=torch.float64)
    found = solved(lambda vector: matrix @ vector, right)
    torch.testing.assert_close(found, torch.linalg.solve(matrix, right), rtol=1e-4, atol=1e-4)


def merged_and_in_place(image, keep):
    """Return the PSNR of what is merged, and of the known pixels in place alone."""
    operator = Inpainting(keep)
    target = operator(COLOUR)
    in_place = torch.where(operator.known(target), target, image)
    return psnr(operator.merged(image, target), COLOUR), psnr(in_place, COLOUR)


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9])
def test_an_image_that_lacks_detail_gets_some_beside_the_known_pixels_too(keep):
    merged, in_place = merged_and_in_place(smoothed(COLOUR), keep)
    assert merged > in_place + 0.9


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.5, 0.9])
def test_noise_is_not_spread(keep):
    noise = torch.randn(COLOUR.shape, generator=torch.Generator().manual_seed(0))
    merged, in_place = merged_and_in_place(COLOUR + 0.05 * noise, keep)
    assert merged > in_place - 0.05


def test_the_finest_detail_is_not_spread_from_few_pixels():
    merged, in_place = merged_and_in_place(smoothed(COLOUR, times=1), 0.1)
    assert merged > in_place - 0.05
