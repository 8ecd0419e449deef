"""Every network and latent code of `conf/`."""

import pytest
import torch

from tests.conf.option import SHAPE, built, options
from untrained import image
from untrained.average import NoAverage
from untrained.degradation.identity import Identity
from untrained.fit import Fit, seeded_generators, start_at
from untrained.problem import Problem
from untrained.twin import Twin


def small(model):
    """Choose a model, of few and narrow layers where it has any."""
    return [f"model={model}", *(() if model == "pixels" else ("model.width=8", "model.depth=4"))]


def with_latent(option, folder):
    """Choose a latent code, with the picture of one that is a picture."""
    words = [f"latent={option}"]
    if option == "image":
        image.write(folder / "flash.png", torch.rand(SHAPE, generator=torch.manual_seed(0)))
        words.append(f"latent.path={folder / 'flash.png'}")
    return words


@pytest.mark.parametrize("option", options("model"))
@pytest.mark.parametrize("words", [[], ["model.freeze=true"]])
def test_model_learns_but_for_what_is_frozen(configure, option, words):
    config = configure(*small(option), "optimizer.lr=0.01")
    if words and "freeze" not in config.model:
        return
    config = configure(*small(option), *words)
    latent = built(config, "latent")
    network = built(config, "model")(in_channels=latent.channels, out_channels=3, size=(17, 20))
    latent.place(network.code_size)
    built(config, "kernel").prepare(network)
    network(latent(0)).square().mean().backward()
    for module in network.modules():
        for parameter in module.parameters(recurse=False):
            is_frozen = bool(words) and isinstance(module, torch.nn.Conv2d)
            assert parameter.requires_grad != is_frozen
            assert parameter.grad is None or parameter.grad.isfinite().all()
    assert any(each.grad is not None and each.grad.any() for each in network.parameters())


@pytest.mark.parametrize("option", options("model"))
def test_a_flat_start_moves_the_mean_of_the_first_image(configure, option):
    config = configure(*small(option), "degradation=inpainting", f"model={option}")
    latent, make = built(config, "latent"), built(config, "model")
    colour = torch.tensor([0.2, 0.5, 0.7])
    means = []
    for is_flat in (False, True):
        (network,) = seeded_generators(make, latent.channels, SHAPE)
        if is_flat:
            start_at(network, colour)
        latent.place(network.code_size)
        means.append(network(latent(0)).mean((0, 2, 3)).detach())
    if option == "pixels":  # It is an image itself, and has no bias.
        assert torch.equal(*means)
    else:
        assert (means[1] - colour).abs().max() < 0.2
        assert (means[1] - colour).norm() < (means[0] - colour).norm()


@pytest.mark.parametrize("option", options("model"))
@pytest.mark.parametrize(
    ("channels", "size"),
    [(1, (16, 16)), (3, (33, 50)), (3, (17, 20)), (1, (16, 300)), (5, (17, 20))],
)
def test_model_takes_the_common_words_and_any_size(configure, option, channels, size):
    config = configure(*small(option), "image.size=32")
    latent = built(config, "latent")
    network = built(config, "model")(in_channels=latent.channels, out_channels=channels, size=size)
    latent.place(network.code_size)
    made = network(latent(0))
    assert made.shape == (1, channels, *size)
    assert 0 <= made.min() <= made.max() <= 1
    twin = built(config, "model")(in_channels=latent.channels, out_channels=channels, size=size)
    twin.load_state_dict(network.state_dict())
    assert torch.equal(twin(latent(0)), made)


@pytest.mark.parametrize("option", options("latent"))
@pytest.mark.parametrize("model", options("model"))
def test_latent_suits_every_model(configure, option, model, tmp_path):
    if (model, option) == ("pixels", "code"):
        pytest.skip("a code is as wide as the network, and there is none")
    config = configure(*small(model), *with_latent(option, tmp_path))
    latent = built(config, "latent")
    latent.settle(SHAPE)
    network = built(config, "model")(in_channels=latent.channels, out_channels=3, size=(32, 32))
    has_a_code = network.code_size == (32, 32)
    needs_a_code = option in ("following", "image", "masked")
    if (option == "none" and model != "pixels") or (needs_a_code and not has_a_code):
        with pytest.raises(ValueError, match=f"^latent={option} "):
            latent.place(network.code_size)
        return
    latent.place(network.code_size)
    assert torch.equal(latent(5), latent(5))
    assert network(latent(5)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("learn", [False, True])
@pytest.mark.parametrize("option", options("latent"))
def test_a_latent_that_moves_has_a_code_for_each_network_and_goes_on_bit_for_bit(
    configure, option, learn, tmp_path
):
    """Whatever the code is: three networks, each as it would be alone, and cut in two."""
    if option == "none" or (option in ("following", "masked") and learn):
        return
    words = {"following": ["latent.jitter=0.03", "latent.every=2"], "masked": []}.get(
        option, ["latent.jitter=0.03", f"latent.learn={learn}"]
    )
    config = configure("model=dip", *with_latent(option, tmp_path), *words)
    make = built(configure("model=dip", "model.width=4", "model.depth=2"), "model")
    whole, cut = (moving_fit(make, config, fits=2) for _ in range(2))
    alone = [moving_fit(make, config, fits=1, seed=2 + index) for index in range(2)]
    expected = steps_of(whole, range(3))
    steps_of(cut, range(2))
    torch.save([each.state_dict() for each in cut], tmp_path / "cut")
    again = moving_fit(make, config, fits=2)
    for each, state in zip(again, torch.load(tmp_path / "cut", weights_only=True), strict=True):
        each.load_state_dict(state)
    found = steps_of(again, [2])
    assert torch.equal(found.images, expected.images)
    singles = torch.cat([steps_of(each, range(3)).images for each in alone])
    assert torch.equal(singles, expected.images)
    moves = learn or option == "following"
    assert (expected.codes is not None) == (moves or option == "masked")
    assert not moves or expected.codes.shape[0] == 2
    assert not moves or not torch.equal(expected.codes[0], expected.codes[1])


def moving_fit(make, config, fits, seed=1):
    """Make a small fit of a latent, and its optimizer."""
    latent = built(config, "latent")
    latent.settle(SHAPE)
    generators = seeded_generators(make, latent.channels, SHAPE, seed, fits)
    twin = Twin(0 if "keep" in config.latent else 1)
    problem = Problem(Identity(), torch.nn.MSELoss(), twin=twin)
    fit = Fit(problem, generators, latent, NoAverage())
    return fit, torch.optim.Adam(fit.parameters(), lr=0.01)


def steps_of(fit_and_optimizer, numbers):
    fit, optimizer = fit_and_optimizer
    target = torch.rand(SHAPE, generator=torch.Generator().manual_seed(0))
    for number in numbers:
        step = fit(number, target)
        optimizer.zero_grad()
        step.total.backward()
        optimizer.step()
    return step
