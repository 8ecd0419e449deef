import pytest
import torch
from torch import nn

from untrained.degradation.downsampling import Downsampling
from untrained.degradation.identity import Identity
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.mosaic import Mosaic
from untrained.holdout import Holdout
from untrained.noise.gaussian import Gaussian
from untrained.problem import Problem

TARGET = torch.rand(1, 3, 24, 20, generator=torch.Generator().manual_seed(0))
IMAGES = torch.rand(4, 3, 24, 20, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("objective", [nn.MSELoss(), nn.L1Loss(), nn.HuberLoss()])
def test_the_loss_of_each_of_several_measurements_is_torch_s(objective):
    losses = Problem(Identity(), objective).losses(IMAGES, TARGET)
    expected = [objective(image[None], TARGET) for image in IMAGES]
    assert torch.equal(losses, torch.stack(expected))


def test_what_is_held_out_is_in_no_loss():
    holdout = Holdout(0.3)
    squares = (IMAGES - TARGET).square()
    expected = torch.where(holdout.mask(TARGET), 0, squares).mean((1, 2, 3))
    found = Problem(Identity(), nn.MSELoss(), holdout).losses(IMAGES, TARGET)
    torch.testing.assert_close(found, expected)


def test_the_residual_is_the_mean_over_all_where_all_is_known():
    problem = Problem(Identity(), nn.L1Loss())
    assert problem.known(TARGET) is None
    torch.testing.assert_close(problem.residual(IMAGES, TARGET), (IMAGES - TARGET).square().mean())


@pytest.mark.parametrize("each_channel", [False, True])
def test_the_residual_with_a_mask_is_the_mean_over_the_known_entries(each_channel):
    lost = Inpainting(0.3, each_channel=each_channel)
    problem = Problem(lost, nn.MSELoss())
    known = problem.known(TARGET)
    squares = (IMAGES - TARGET).square()
    expected = squares[known.expand_as(squares)].mean()
    torch.testing.assert_close(problem.residual(IMAGES, TARGET), expected)
    other = torch.where(known, TARGET, 9.0)
    torch.testing.assert_close(problem.residual(IMAGES, other), expected)


def test_the_residual_has_no_share_of_what_is_held_out():
    plain, held = (Problem(Identity(), nn.MSELoss(), each) for each in (None, Holdout(0.5)))
    assert plain.residual(IMAGES, TARGET) == held.residual(IMAGES, TARGET)


def test_a_small_target_is_compared_with_what_is_made_of_a_large_image():
    problem = Problem(Downsampling(2), nn.MSELoss())
    small = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(2))
    measurement = problem.degradation(IMAGES)
    assert measurement.shape == (4, 3, 12, 10)
    losses = problem.losses(measurement, small)
    torch.testing.assert_close(losses.mean(), problem.residual(measurement, small))


def test_an_objective_with_parameters_of_its_own_has_them_fitted():
    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, measurement, target):
            return self.weight * nn.functional.mse_loss(measurement, target)

    assert len(list(Problem(Identity(), Weighted()).parameters())) == 1


def test_the_level_is_what_the_target_shows_or_else_what_was_said():
    noisy = Gaussian(25)(torch.full((1, 1, 64, 64), 0.5))
    shown, said, unknown = (
        Problem(degradation, nn.MSELoss(), sigma=sigma)
        for degradation, sigma in ((Identity(), 5.0), (Mosaic(), 5.0), (JpegFile(), 5.0))
    )
    assert 20 < shown.noise_level(noisy) < 30
    assert said.noise_level(noisy) == 5
    assert not unknown.knows_level(noisy)
    with pytest.raises(ValueError, match="no sigma says it"):
        unknown.noise_level(noisy)


@pytest.mark.parametrize("value", [torch.zeros(2, 3), 3.0, None])
def test_an_objective_that_gives_no_number_is_refused(value):
    problem = Problem(Identity(), lambda measurement, target: value)
    with pytest.raises(ValueError, match=r"^objective must return a tensor of one number, got "):
        problem.losses(torch.rand(2, 3, 8, 8), torch.rand(1, 3, 8, 8))
