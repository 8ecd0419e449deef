import pytest
import torch

from untrained.average import ExponentialAverage, NoAverage


def test_running_update_equals_the_sum_it_stands_for():
    average = ExponentialAverage(decay=0.9)
    images = torch.rand(20, 1, 1, 4, 4)
    for image in images:
        result = average(image)
    weights = torch.tensor([0.9**19] + [0.1 * 0.9**k for k in reversed(range(19))])
    torch.testing.assert_close(result, (weights[:, None, None, None, None] * images).sum(0))


def test_the_first_image_is_not_aliased():
    average = ExponentialAverage()
    image = torch.zeros(1, 1, 4, 4)
    result = average(image)
    image.fill_(1)
    assert result.max() == 0


def test_state_survives_a_checkpoint(tmp_path):
    first, second = ExponentialAverage(), ExponentialAverage()
    first(torch.rand(1, 3, 5, 7))
    torch.save(first.state_dict(), tmp_path / "state")
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    image = torch.rand(1, 3, 5, 7)
    assert torch.equal(first(image), second(image))


def test_an_average_that_has_seen_nothing_can_be_saved():
    ExponentialAverage().load_state_dict(ExponentialAverage().state_dict())


def test_no_average_gives_nothing():
    assert NoAverage()(torch.rand(1, 1, 4, 4)) is None


@pytest.mark.parametrize("decay", [-0.1, 1, 2, float("nan"), "fast"])
def test_bad_decay_is_refused(decay):
    with pytest.raises(ValueError, match="^decay must be"):
        ExponentialAverage(decay)
