"""What a run keeps of its networks: the digits that its images depend on."""

import pytest
import torch

from tests.bare import made, target
from untrained.kernel.kernel import Kernel
from untrained.record.weights import packed
from untrained.trainer.checkpoint import images_of, seen_weights

HALF = {"accelerator": {"precision": "bf16-mixed"}}


class Prior:
    """An ImagePrior after a step in bfloat16."""

    def __init__(self, fit):
        for network in fit.generators:
            Kernel().prepare(network)
        self.fit = fit
        self.weights = [each.detach().clone() for each in fit.generators.parameters()]
        with torch.autocast("cpu", torch.bfloat16):
            self.computed = fit(3, target())


@pytest.mark.parametrize("words", [{}, {"fits": 2}, {"jitter": 0.1}])
def test_digits_that_no_image_depends_on_are_left_out(words):
    prior = Prior(made("dip", **words))
    state = torch.get_rng_state()
    short = seen_weights(prior, HALF)
    assert packed(short).nbytes < 0.6 * packed(prior.weights).nbytes
    assert torch.equal(images_of(prior.fit, short, prior.computed), prior.computed.images)
    assert all(map(torch.equal, prior.weights, prior.fit.generators.parameters()))
    assert torch.equal(torch.get_rng_state(), state)


def test_all_digits_are_kept_where_an_image_depends_on_them():
    prior = Prior(made("dd"))
    prior.fit.generators[0].register_forward_hook(
        lambda network, _, image: image * sum(each.sum() for each in network.parameters())
    )
    with torch.autocast("cpu", torch.bfloat16):
        prior.computed = prior.fit(3, target())
    assert seen_weights(prior, HALF) is prior.weights


@pytest.mark.parametrize("words", [{"precision": "32-true"}, {"compiled": "default"}])
def test_all_digits_are_kept_without_bfloat16_and_of_a_compiled_network(words):
    prior = Prior(made("dip"))
    assert seen_weights(prior, {"accelerator": HALF["accelerator"] | words}) is prior.weights
    assert seen_weights(prior, {}) is prior.weights
