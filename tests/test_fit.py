"""A fit is its bare loop: nothing of Lightning, nothing of Hydra."""

import shutil

import pytest
import torch
from torch import nn

from tests.bare import CLEAN, GENERATORS, SHAPE, fitted, made, same, target
from untrained.average import ExponentialAverage, NoAverage
from untrained.degradation.function import Function
from untrained.fit import Fit, seeded_generators
from untrained.holdout import Holdout
from untrained.kernel.kernel import Kernel
from untrained.latent import Uniform
from untrained.penalty import TotalVariation
from untrained.problem import Problem
from untrained.twin import Twin


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_words_give_the_same_weights(generator):
    torch.manual_seed(1)
    first = fitted(made(generator, jitter=0.03))
    torch.manual_seed(2)
    assert same(first, fitted(made(generator, jitter=0.03)))


def test_the_three_seeds_are_separate():
    weights = made().generators.state_dict()
    assert not same(weights, made(seed=1).generators.state_dict())
    assert same(weights, made(latent_seed=1).generators.state_dict())
    assert torch.equal(made().latent.code, made(seed=1).latent.code)
    assert not torch.equal(made().latent.code, made(latent_seed=1).latent.code)


def test_making_a_network_leaves_the_global_random_state_alone():
    state = torch.get_rng_state()
    made(fits=2)
    assert torch.equal(state, torch.get_rng_state())


def test_a_fit_is_the_loss_of_its_image_brought_down():
    fit = made()
    (generator,), seen = fit.generators, target()
    optimizer = torch.optim.Adam(generator.parameters(), lr=0.01)
    for number in range(8):
        optimizer.zero_grad()
        nn.functional.mse_loss(generator(fit.latent(number)), seen).backward()
        optimizer.step()
    assert same(fit.generators.state_dict(), fitted(made()))


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("words", [{}, {"holdout": Holdout(0.1)}, {"twin": Twin(1.0)}])
def test_each_of_several_fits_is_what_it_would_be_alone(generator, words):
    together = made(generator, seed=1, jitter=0.03, fits=3, **words)
    fitted(together)
    for index in range(3):
        alone = made(generator, seed=3 + index, jitter=0.03, **words)
        fitted(alone)
        for several, single in (
            (together.generators, alone.generators),
            (together.twins, alone.twins),
        ):
            for network in single:
                assert same(several[index].state_dict(), network.state_dict())


@pytest.mark.parametrize("twin", [None, Twin(1.0)])
def test_what_is_minimised_is_the_loss_and_the_penalties(twin):
    penalty = TotalVariation(0.5)
    plain = made(fits=2, twin=twin)(0, CLEAN)
    step = made(fits=2, twin=twin, penalties={"tv": penalty})(0, CLEAN)
    assert torch.equal(step.losses, plain.losses)
    added = torch.stack([0.5 * penalty(image[None], None) for image in step.images])
    assert torch.equal(step.penalties["tv"], added)
    # Before the first update a twin has the image of its network.
    times = 2 if twin else 1
    torch.testing.assert_close(step.total, plain.total + times * added.sum())


def test_without_a_penalty_the_total_is_the_sum_of_the_losses_bit_for_bit():
    step = made(fits=2)(0, CLEAN)
    assert step.penalties == {}
    assert torch.equal(step.total, step.losses.sum())


def test_no_two_runs_of_a_sweep_over_the_seed_share_a_network():
    weights = [
        next(network.parameters())
        for seed in range(3)
        for network in made(seed=seed, fits=2).generators
    ]
    for index, one in enumerate(weights):
        assert not any(torch.equal(one, other) for other in weights[:index])


def test_a_step_of_several_fits_gives_their_mean():
    fit, alone = made(fits=2), [made(seed=seed) for seed in range(2)]
    step = fit(0, CLEAN)
    each = [one(0, CLEAN) for one in alone]
    assert torch.equal(step.losses, torch.cat([one.losses for one in each]))
    torch.testing.assert_close(step.total, sum(one.total for one in each))
    for name in ("reconstruction", "average"):
        expected = sum(getattr(one, name) for one in each) / 2
        torch.testing.assert_close(getattr(step, name), expected)
    for name, single in (("results", "average"), ("measurement", "measurement")):
        expected = torch.cat([getattr(one, single) for one in each])
        assert torch.equal(getattr(step, name), expected)
    expected = step.results.clamp(0, 1).std(0, keepdim=True)
    assert torch.equal(step.deviation, expected)
    assert each[0].deviation is None


def test_a_step_gives_the_image_of_the_weights_before_it():
    fit = made()
    before = fit.generators[0](fit.latent(0))
    step = fit(0, CLEAN)
    assert torch.equal(step.reconstruction, before)
    assert torch.equal(step.average, before)
    assert torch.equal(step.measurement, before)
    for shown in (step.images, step.averages, step.measurement, step.losses):
        assert not shown.requires_grad
    assert step.total.requires_grad


def test_a_step_that_is_only_computed_changes_nothing():
    fit = made(jitter=0.03)
    fitted(fit, steps=3)
    state = {
        key: torch.clone(value) for key, value in fit.state_dict().items() if torch.is_tensor(value)
    }
    average = fit.average.value.clone()
    step = fit.evaluated(3, CLEAN)
    assert step.averages is None
    assert (fit.average.step, step.age) == (3, 0)
    assert torch.equal(fit.average.value, average)
    assert all(
        torch.equal(value, state[key]) for key, value in fit.state_dict().items() if key in state
    )
    taken = fit.taken_in(step)
    assert (fit.average.step, taken.age) == (4, fit.average.age)
    assert torch.equal(taken.averages, fit.average.value)
    assert taken.total is step.total


def test_a_latent_follows_the_step_that_was_taken_in():
    fit, seen = made(), []
    fit.latent.follow = seen.append
    fit.evaluated(0, CLEAN)
    assert not seen
    step = fit(1, CLEAN)
    assert seen == [step]
    assert torch.equal(seen[0].averages, step.averages)


def test_without_an_average_the_image_is_the_result():
    step = made(average=NoAverage())(0, CLEAN)
    assert step.average is step.averages is None
    assert step.results is step.images
    assert step.age == 0


def test_a_fit_goes_on_from_its_state_bit_for_bit(tmp_path):
    whole, first, second = (
        made("dip", jitter=0.03, average=ExponentialAverage(0.9)) for _ in range(3)
    )
    seen = target()
    optimizers = [torch.optim.Adam(fit.parameters(), lr=0.01) for fit in (whole, first, second)]

    def go_on(fit, optimizer, numbers):
        for number in numbers:
            step = fit(number, seen)
            optimizer.zero_grad()
            step.total.backward()
            optimizer.step()
        return step

    expected = go_on(whole, optimizers[0], range(6))
    go_on(first, optimizers[1], range(3))
    torch.save([first.state_dict(), optimizers[1].state_dict()], tmp_path / "fit.pt")
    fit, optimizer = torch.load(tmp_path / "fit.pt", weights_only=True)
    second.load_state_dict(fit)
    optimizers[2].load_state_dict(optimizer)
    found = go_on(second, optimizers[2], range(3, 6))
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.averages, expected.averages)
    assert found.age == expected.age


@pytest.mark.parametrize("fits", [0, -1, 1.5, True, "many"])
def test_bad_number_of_fits_is_refused(fits):
    with pytest.raises(ValueError, match="^fits must be"):
        made(fits=fits)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_bad_seed_is_refused(seed):
    with pytest.raises(ValueError, match="^seed must be"):
        made(seed=seed)


def test_a_network_is_made_for_the_channels_and_the_size_of_the_image():
    (network,) = seeded_generators(dict, 8, (1, 1, 24, 20))
    assert network == {"in_channels": 8, "out_channels": 1, "size": (24, 20)}


@pytest.mark.slow  # half a minute to compile
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("words", [{}, {"fits": 2}, {"twin": Twin(1.0)}], ids=str)
@pytest.mark.parametrize("generator", GENERATORS)
def test_a_compiled_generator_fits_as_it_would_uncompiled(generator, words):
    plain, compiled = made(generator, **words), made(generator, **words)
    for network in compiled.networks:
        Kernel(compiled="default").prepare(network)
    assert all(each._compiled_call_impl for each in compiled.networks)
    expected, found = fitted(plain), fitted(compiled)
    assert expected.keys() == found.keys()
    loss, other = (fit(8, CLEAN).total for fit in (plain, compiled))
    torch.testing.assert_close(loss, other, rtol=1e-4, atol=0)


def test_the_image_has_the_shape_that_was_asked_for():
    assert made(fits=2)(0, CLEAN).images.shape == (2, *SHAPE[1:])


class Convolved(nn.Conv2d):
    """A network of the user's own, which ends with a convolution."""

    code_size = SHAPE[2:]


def test_autocast_is_the_networks_alone():
    """A network may end in bfloat16: the rules need single precision, and so does A."""
    blur = Function(nn.Conv2d(3, 3, 3, padding=1))
    fit = Fit(Problem(blur, nn.MSELoss()), [Convolved(8, 3, 1)], Uniform(8), NoAverage())
    seen = torch.rand(SHAPE)
    with torch.autocast("cpu", torch.bfloat16):
        step = fit(0, seen)
    assert step.images.dtype == step.measurement.dtype == torch.float32
    assert torch.equal(step.measurement, blur(step.images))
