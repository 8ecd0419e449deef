from copy import deepcopy

import pytest
import torch
from torch import nn

from untrained.optimizer import SGLD


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 3, 1))


def step(net, optimizer):
    optimizer.zero_grad()
    net(torch.ones(1, 3, 8, 8)).square().mean().backward()
    optimizer.step()


def weights(net):
    return torch.cat([each.detach().flatten() for each in net.parameters()])


def fitted(count, net=None, optimizer=None, **words):
    net = net or network()
    optimizer = optimizer or SGLD(net.parameters(), lr=0.01, **words)
    for _ in range(count):
        step(net, optimizer)
    return net, optimizer


def test_without_noise_it_is_adam():
    net = network()
    adam = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=5e-8)
    for _ in range(5):
        step(net, adam)
    assert torch.equal(weights(fitted(5, weight_noise=0)[0]), weights(net))


def test_the_noise_is_on_the_convolutions_alone_and_as_large_as_it_is_said_to_be():
    (plain, _), (noisy, _) = fitted(1, weight_noise=0), fitted(1, weight_noise=2)
    for one, other in zip(plain.parameters(), noisy.parameters(), strict=True):
        difference = (other - one).detach()
        if one.ndim == 1:
            assert torch.equal(one, other)
        elif one.numel() > 100:
            assert difference.std().item() == pytest.approx(0.02, rel=0.2)
            assert difference.mean().abs() < 0.005


def test_two_weights_and_two_steps_have_noise_of_their_own():
    net = nn.ParameterList(torch.zeros(1, 4, 5, 5) for _ in range(2))
    optimizer = SGLD(net, lr=1e-3, weight_noise=1)
    seen = []
    for _ in range(2):
        for each in net:
            each.grad = torch.zeros_like(each)
        before = [each.detach().clone() for each in net]
        optimizer.step()
        seen += [(each - old).detach().flatten() for each, old in zip(net, before, strict=True)]
    correlation = torch.corrcoef(torch.stack(seen)) - torch.eye(4)
    assert correlation.abs().max() < 0.4


def test_the_noise_is_the_seed_s_and_goes_on_bit_for_bit(tmp_path):
    torch.manual_seed(1)
    whole, _ = fitted(6)
    torch.manual_seed(2)
    net, optimizer = fitted(3)
    torch.save([net.state_dict(), optimizer.state_dict()], tmp_path / "state")
    other = network()
    again = SGLD(other.parameters(), lr=0.01)
    for each, state in zip(
        (other, again), torch.load(tmp_path / "state", weights_only=True), strict=True
    ):
        each.load_state_dict(state)
    assert torch.equal(weights(fitted(3, other, again)[0]), weights(whole))
    assert not torch.equal(weights(fitted(6, seed=1)[0]), weights(whole))


def test_what_is_frozen_is_left_alone():
    net = network()
    net[0].requires_grad_(False)
    before = deepcopy(net[0].weight)
    fitted(2, net)
    assert torch.equal(net[0].weight, before)


@pytest.mark.parametrize(
    ("word", "value"), [("weight_noise", -1), ("weight_noise", "much"), ("seed", -1)]
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        SGLD(network().parameters(), **{word: value})
