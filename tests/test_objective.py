import pytest
import torch
from torch.nn.functional import mse_loss

from untrained.degradation.blur import Blur
from untrained.degradation.compressed_sensing import CompressedSensing
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.function import as_degradation
from untrained.degradation.identity import Identity
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.tomography import Tomography
from untrained.degradation.unknown_blur import UnknownBlur
from untrained.metric import ssim
from untrained.objective import SSIM, BackProjection, estimated
from untrained.problem import Problem

IMAGE = torch.rand(1, 3, 17, 20, generator=torch.Generator().manual_seed(0))
OTHER = torch.rand(1, 3, 17, 20, generator=torch.Generator().manual_seed(1))


def test_it_is_one_less_the_metric():
    assert SSIM()(IMAGE, OTHER).item() == pytest.approx(1 - ssim(IMAGE, OTHER).item(), abs=1e-6)


def test_it_has_a_gradient_beyond_white():
    image = (1.5 * OTHER).requires_grad_()
    SSIM()(image, IMAGE).backward()
    assert image.grad[image > 1].abs().min() > 0


def test_autocast_leaves_it_in_single_precision():
    expected = SSIM()(IMAGE, OTHER)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(SSIM()(IMAGE, OTHER), expected)


@pytest.mark.parametrize("shape", [(1, 3, 10, 20), (1, 400), (1, 2, 32, 32, 2)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="^objective=ssim compares images"):
        SSIM()(torch.rand(shape), torch.rand(shape))


def matrix(degradation, *shape):
    """Return A as a matrix, of images of a shape `c h w`."""
    count = torch.Size(shape).numel()
    every = torch.eye(count, dtype=torch.float64).view(count, *shape)
    return degradation.double()(every).flatten(1).T


def test_back_projection_inverts_a_circular_blur():
    blur = Blur("uniform", size=3, boundary="circular")
    x, y = torch.rand(2, 1, 1, 8, 10, dtype=torch.float64)
    a = matrix(blur, 1, 8, 10)
    residual = (blur(x) - y).flatten()
    inverse = torch.linalg.inv(a @ a.T + 0.1 * torch.eye(80))
    objective = BackProjection(epsilon=0.1)
    objective.settle(blur)
    expected = 1.1 / 80 * residual @ inverse @ residual
    assert objective(blur(x), y).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize(
    "degradation", [Identity(), Downsampling(2, "box"), Blur("uniform", size=1)]
)
def test_back_projection_is_the_squared_error_where_nothing_is_weakened(degradation):
    objective = BackProjection(epsilon=0.1)
    objective.settle(degradation)
    assert objective(IMAGE, OTHER).item() == pytest.approx((IMAGE - OTHER).square().mean().item())


@pytest.mark.parametrize(
    ("degradation", "epsilon", "amplifies"),
    [
        (Identity(), 0.01, False),
        (Blur("uniform", size=1), 0.01, False),
        (Downsampling(2, "box"), 0.01, False),
        (Blur("uniform", size=5), 0.01, True),
        (Blur("uniform", size=5), 2, False),
    ],
)
def test_noise_is_amplified_where_detail_is_weakened_alone(degradation, epsilon, amplifies):
    problem = Problem(degradation, BackProjection(epsilon))
    assert problem.amplifies(IMAGE) is amplifies
    loss = problem.losses(IMAGE, OTHER)
    assert torch.equal(loss, Problem(degradation, BackProjection(epsilon)).losses(IMAGE, OTHER))


@pytest.mark.parametrize("degradation", [Blur("gaussian"), Downsampling(2), Blur("motion")])
def test_back_projection_counts_fine_detail_more(degradation):
    objective = BackProjection()
    objective.settle(degradation)
    plain = torch.full((1, 3, 32, 40), 0.5)
    fine = 0.1 * (torch.arange(40) % 2 * 2 - 1).expand_as(plain)
    coarse = torch.full_like(plain, 0.1)
    assert objective(plain + fine, plain) > 1.5 * objective(plain + coarse, plain)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 0 * x,
        lambda x: x.square(),
        lambda x: x.clamp(0.2, 0.8),
        lambda x: torch.cat([x[:, :1], 0.5 * x[:, 1:]], 1),
        lambda x: x + x.roll(1, 1),
        lambda x: x * torch.linspace(0, 1, x.shape[-1]),
    ],
)
def test_back_projection_is_refused_for_a_function_that_is_no_convolution(function):
    problem = Problem(as_degradation(function), BackProjection())
    with pytest.raises(ValueError, match="by one kernel for all places and channels.*=mse"):
        problem.losses(IMAGE, OTHER)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_back_projection_is_refused_where_pixels_are_unknown(share):
    with pytest.raises(ValueError, match="where all of the target is known; objective=mse"):
        Problem(Inpainting(share), BackProjection()).losses(IMAGE, OTHER)


def test_a_constant_is_no_part_of_the_kernel():
    plain, moved = as_degradation(lambda x: 0.5 * x), as_degradation(lambda x: 1 - 0.5 * x)
    losses = [Problem(each, BackProjection()).losses(IMAGE, OTHER) for each in (plain, moved)]
    assert torch.equal(*losses)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (40, 1), (2, 40)])
def test_a_target_without_a_middle_is_refused_in_a_line(size):
    problem = Problem(Blur("uniform", size=3), BackProjection())
    target = torch.rand(1, 3, *size)
    with pytest.raises(ValueError, match="^objective=backprojection is for.*small beside the"):
        problem.losses(target, target)


def test_back_projection_takes_the_kernel_of_each_problem_anew():
    objective = BackProjection(epsilon=0.1)
    wide, narrow = Blur("uniform", size=7), Blur("uniform", size=3)
    Problem(wide, objective).losses(IMAGE, OTHER)
    again = Problem(narrow, objective).losses(IMAGE, OTHER)
    fresh = Problem(narrow, BackProjection(epsilon=0.1)).losses(IMAGE, OTHER)
    assert torch.equal(again, fresh)


def test_back_projection_keeps_double_precision():
    problem = Problem(Blur("uniform", size=3).double(), BackProjection())
    assert problem.losses(IMAGE.double(), OTHER.double()).dtype == torch.float64


def test_noise_makes_back_projection_the_squared_error():
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    assert estimated(ramp) < 0.02
    assert estimated(ramp + 0.2 * noise) > 10


def loss_of(degradation):
    target = degradation(torch.rand(1, 1, 32, 32))
    return Problem(degradation, BackProjection()).losses(target, target)


@pytest.mark.parametrize(
    "degradation", [CompressedSensing(block=8), Tomography(), UnknownBlur(size=5)]
)
def test_back_projection_is_refused_where_it_is_wrong(degradation):
    with pytest.raises(ValueError, match="^objective=backprojection is for"):
        loss_of(degradation)


def test_ssim_may_have_the_mean_squared_error_for_its_first_steps():
    problem = Problem(Identity(), SSIM(mse_steps=2))
    losses = [problem.losses(IMAGE, OTHER, number).item() for number in range(4)]
    assert losses[:2] == [mse_loss(IMAGE, OTHER).item()] * 2
    assert losses[2:] == [SSIM()(IMAGE, OTHER).item()] * 2
    assert [problem.has_other_objective(number) for number in range(4)] == [
        False,
        False,
        True,
        False,
    ]
    assert not any(Problem(Identity(), SSIM()).has_other_objective(number) for number in range(4))


def test_what_is_no_image_is_refused_in_the_first_step():
    with pytest.raises(ValueError, match="^objective=ssim compares images"):
        Problem(Identity(), SSIM(mse_steps=1000)).losses(IMAGE[..., :9], OTHER[..., :9], 0)


@pytest.mark.parametrize("steps", [-1, 0.5, True, None])
def test_the_steps_of_the_mean_squared_error_are_a_whole_number(steps):
    with pytest.raises(ValueError, match="^mse_steps must be"):
        SSIM(mse_steps=steps)
