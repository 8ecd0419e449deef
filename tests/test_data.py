import pytest
import torch
from torch import nn
from untrained.data import Observation, SingleImage

from untrained.noise.gaussian import Gaussian

IMAGE = torch.rand(1, 3, 16, 20)


def test_each_step_is_given_the_same_observation():
    data = SingleImage(IMAGE, nn.Identity(), Gaussian(25), steps=3)
    batches = list(data.train_dataloader())
    assert len(batches) == 3
    assert all(isinstance(batch, Observation) for batch in batches)
    assert all(torch.equal(batch.target, data.observation.target) for batch in batches)
    assert torch.equal(data.observation.clean, IMAGE)
    assert not torch.equal(data.observation.target, IMAGE)


def test_an_image_that_nothing_was_done_to_is_not_called_clean():
    data = SingleImage(IMAGE, nn.Identity(), nn.Identity(), steps=3)
    assert data.observation.clean is None
    assert torch.equal(data.observation.target, IMAGE)


def test_the_observation_is_brought_to_the_device_once():
    data = SingleImage(IMAGE, nn.Identity(), Gaussian(25), steps=3)
    first, *others = (
        data.transfer_batch_to_device(batch, torch.device("meta"), 0)
        for batch in data.train_dataloader()
    )
    assert first.target.device.type == "meta"
    assert all(each is first for each in others)
    assert data.observation.target.device.type == "cpu", "figures draw it"


@pytest.mark.parametrize("steps", [0, -1, 1.5, "many", True])
def test_bad_steps_are_refused(steps):
    with pytest.raises(ValueError, match="^steps must be"):
        SingleImage(IMAGE, nn.Identity(), nn.Identity(), steps)
