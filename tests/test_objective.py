import pytest
import torch

from untrained.metric import ssim
from untrained.objective import SSIM

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
