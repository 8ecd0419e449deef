"""SOAP in batches, beside the library's."""

from copy import deepcopy

import pytest
import pytorch_optimizer
import torch
from torch import nn

from untrained.kernel.batch import orthogonal
from untrained.kernel.soap import LARGEST, SOAP, is_known

CODE = torch.rand(1, 3, 12, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TARGET = torch.rand(1, 3, 12, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

# Of updates of 0.003: each step makes a difference of rounding larger, on some processors by more.
CLOSE = {"rtol": 0, "atol": 1e-4}
PADDED = "untrained.kernel.soap.shape_of", lambda weight: ("padded", weight.dim())


class Net(nn.Module):
    """Weights of zero, one, two and four dimensions, of several sizes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        first, middle = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 5, 1)
        last = nn.Conv2d(5, 3, 3, padding=1)
        self.layers = nn.Sequential(first, nn.Tanh(), middle, nn.Tanh(), last)
        self.across = nn.Parameter(torch.eye(16))
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.double()

    def forward(self, code):
        return self.scale * self.layers(code) @ self.across


@pytest.fixture(params=["one shape", "small ones padded", "padded"], autouse=True)
def batches(request, monkeypatch):
    """A CPU pads the small weights of a batch, and a GPU pads all."""
    if request.param == "one shape":
        monkeypatch.setattr("untrained.kernel.soap.FEW", 0)
    elif request.param == "padded":
        monkeypatch.setattr(*PADDED)


def fitted(net, optimizer, steps=15, before=None):
    for step in range(steps):
        if before:
            before(step)
        optimizer.zero_grad()
        noise = torch.rand(CODE.shape, generator=torch.Generator().manual_seed(step))
        (net(CODE + 0.1 * noise) - TARGET).square().mean().backward()
        optimizer.step()
    return [each.detach().clone() for each in net.parameters()]


def both(steps=15, **words):
    """Return the weights after a fit by the library, and after one in batches."""
    found = []
    for kind in (pytorch_optimizer.SOAP, SOAP):
        net = Net()
        found.append(fitted(net, kind(net.parameters(), **words), steps))
    return found


@pytest.mark.parametrize(
    "words",
    [
        {"weight_decay": 0.0},
        {"weight_decay": 0.1, "correct_bias": False, "shampoo_beta": 0.8},
        {"betas": (0.8, 0.9), "precondition_frequency": 3},
        {"maximize": True},
        {"max_precondition_dim": 4},
        {"normalize_gradient": True},
    ],
    ids=str,
)
def test_its_updates_are_those_of_the_library(words):
    expected, found = both(lr=0.003, **words)
    torch.testing.assert_close(found, expected, **CLOSE)
    assert not torch.equal(found[0], next(Net().parameters())), "it has learnt"


def test_vectors_may_have_bases_too():
    """Few steps: the statistics of a few gradients of a vector have no basis of their own."""
    expected, found = both(steps=9, lr=0.003, precondition_1d=True)
    torch.testing.assert_close(found, expected, **CLOSE)


def test_a_state_of_either_is_the_others_too():
    """A checkpoint of a GPU goes on on a CPU, and the other way round."""
    net, other = Net(), Net()
    ours = SOAP(net.parameters(), lr=0.003)
    theirs = pytorch_optimizer.SOAP(other.parameters(), lr=0.003)
    fitted(net, ours, 12)
    fitted(other, theirs, 12)
    swapped = deepcopy(ours.state_dict()), deepcopy(theirs.state_dict())
    theirs.load_state_dict(swapped[0])
    ours.load_state_dict(swapped[1])
    expected, found = fitted(other, theirs, 12), fitted(net, ours, 12)
    torch.testing.assert_close(found, expected, **CLOSE)


def relay(*kinds):
    """Return the weights after a fit that each optimizer continues from the state of the last."""
    net, state, found = Net(), None, []
    for kind in kinds:
        optimizer = kind(net.parameters(), lr=0.003)
        if state:
            optimizer.load_state_dict(deepcopy(state))
        found = fitted(net, optimizer, 12)
        state = optimizer.state_dict()
    return found


def test_the_library_may_go_on_in_between():
    """It knows nothing of the mean in the basis, and leaves it as it was."""
    library = pytorch_optimizer.SOAP
    expected = relay(library, library, library)
    torch.testing.assert_close(relay(SOAP, library, SOAP), expected, **CLOSE)


def test_a_fit_that_is_taken_back_goes_on_the_same_bits():
    net = Net()
    optimizer = SOAP(net.parameters(), lr=0.003)
    fitted(net, optimizer, 13)
    weights, state = deepcopy(net.state_dict()), deepcopy(optimizer.state_dict())
    expected = fitted(net, optimizer, 13)
    net.load_state_dict(weights)
    optimizer.load_state_dict(state)
    assert all(map(torch.equal, fitted(net, optimizer, 13), expected))


def test_a_weight_may_get_its_gradient_later():
    found = []
    for kind in (pytorch_optimizer.SOAP, SOAP):
        net = Net()
        optimizer = kind(net.parameters(), lr=0.003)

        def thaw(step, net=net):
            net.layers[0].weight.requires_grad_(step > 5)

        found.append(fitted(net, optimizer, before=thaw))
    torch.testing.assert_close(found[1], found[0], **CLOSE)


def test_a_batch_too_large_is_the_librarys(monkeypatch):
    monkeypatch.setattr(*PADDED)
    side = int(LARGEST**0.5)
    weights = [nn.Parameter(torch.empty(shape, device="meta")) for shape in [(side, 1), (1, side)]]
    for each in weights:
        each.grad = each.detach()
    words = {"merge_dims": False, "normalize_gradient": False, "max_precondition_dim": 10000}
    assert is_known({"params": weights[:1], **words})
    assert not is_known({"params": weights, **words})


def test_the_orthogonal_factor_is_that_of_pytorch():
    matrices = torch.rand(5, 17, 17, dtype=torch.float64)
    expected, _ = torch.linalg.qr(matrices)
    torch.testing.assert_close(orthogonal(matrices), expected, rtol=0, atol=1e-10)
    same = orthogonal(torch.ones(1, 4, 4))[0]
    torch.testing.assert_close(same @ same.T, torch.eye(4), rtol=0, atol=1e-5)
