"""Every picture, degradation, noise, objective and penalty of `conf/`."""

import pytest
import torch
from hydra.utils import instantiate

from tests.conf.option import SHAPE, built, options, takes_channels
from untrained.degradation.identity import Identity
from untrained.problem import Problem


@pytest.mark.parametrize("option", [each for each in options("image") if each != "file"])
def test_image(configure, option):
    config = configure(f"image={option}").image
    assert config.size == 256
    image = instantiate(config, size=64)
    assert image.shape[0] == 1
    assert image.shape[1] in (1, 3)
    assert max(image.shape[2:]) == 64
    assert image.dtype == torch.float32
    assert 0 <= image.min() < image.max() <= 1


# What makes a degradation small enough for the images here.
SMALL = {
    "blur": ["degradation.size=5"],
    "compressed_sensing": ["degradation.block=4"],
    "jpeg": ["degradation.subsampling=4:4:4"],
    "unknown_blur": ["degradation.size=5", "degradation.hidden=10", "degradation.length=5"],
}


@pytest.mark.parametrize("option", options("degradation"))
def test_degradation_is_a_pure_function_of_its_config(configure, option):
    config = configure(f"degradation={option}", *SMALL.get(option, []))
    image = torch.rand(1, 3, 32, 32)
    first, second = built(config, "degradation"), built(config, "degradation")
    assert torch.equal(first(image), second(image))
    assert torch.equal(first.observe(image), second.observe(image))


@pytest.mark.parametrize("option", options("degradation"))
def test_beside_another_degradation_no_noise_is_added_unless_it_is_typed(configure, option):
    config = configure(f"degradation={option}")
    assert config.noise.sigma == (25 if option == "identity" else 0)
    assert configure(f"degradation={option}", "noise.sigma=10").noise.sigma == 10


@pytest.mark.parametrize("channels", [3, 5])
@pytest.mark.parametrize("option", options("degradation"))
def test_degradation_says_what_a_run_asks_of_it(configure, option, channels):
    config = configure(f"degradation={option}", *SMALL.get(option, []))
    shape = (1, channels, *SHAPE[2:])
    degradation, image = built(config, "degradation"), torch.rand(shape)
    if not takes_channels(option, channels):
        with pytest.raises(ValueError, match=f"^image must have .* degradation={option}, got 5"):
            degradation.observe(degradation.cropped(image))
        return
    target = degradation.observe(degradation.cropped(image))
    assert degradation.shape(target) == shape
    assert degradation(torch.cat([image, image])).shape == (2, *target.shape[1:])
    picture, name = degradation.view(target)
    assert picture.shape[:2] == degradation.visible(image).shape[:2]
    assert name[0].isupper()
    known = degradation.known(target)
    assert known is None or known.expand_as(target).dtype == torch.bool
    assert degradation.merged(image, target).shape == shape
    assert degradation.adjoint(target).shape == shape


@pytest.mark.parametrize("option", options("degradation"))
def test_degradation_knows_the_colour_of_a_flat_image(configure, option):
    degradation = built(configure(f"degradation={option}"), "degradation")
    colour = torch.tensor([0.2, 0.5, 0.7])
    target = degradation(colour[:, None, None].expand(1, 3, 64, 64).contiguous())
    grey = [0.299 * 0.2 + 0.587 * 0.5 + 0.114 * 0.7] * 3
    expected = grey if option == "grayscale" else colour.tolist()
    assert degradation.colour(target).tolist() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("option", options("noise"))
def test_noise_draws_the_same_whatever_the_global_seed(configure, option, channels):
    config = configure(f"noise={option}")
    image = torch.rand(1, channels, 17, 20)
    if not takes_channels(option, channels):
        with pytest.raises(ValueError, match=f"^noise={option} needs 1 or 3 channels, got 5"):
            built(config, "noise")(image)
        return
    torch.manual_seed(1)
    first = built(config, "noise")(image)
    torch.manual_seed(2)
    assert torch.equal(first, built(config, "noise")(image))
    assert first.shape == image.shape
    assert 0 <= first.min() <= first.max() <= 1


@pytest.mark.parametrize("option", options("objective"))
def test_objective_is_zero_for_a_perfect_fit_alone(configure, option):
    objective = built(configure(f"objective={option}"), "objective")
    image = torch.rand(1, 5, 16, 16)
    assert objective(image, image).item() == pytest.approx(0, abs=1e-6)
    assert objective(image, 1 - image) > 0


@pytest.mark.parametrize("option", options("penalty"))
def test_penalty_has_a_weight_a_gradient_that_is_right_and_a_column(configure, option):
    config = configure(f"penalty={option}", f"penalty.{option}.weight=0.5")
    penalties = built(config, "penalty")
    assert list(penalties) == [option]
    penalty = penalties[option]
    assert penalty.weight == 0.5
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 5, 5, 4, generator=generator, dtype=torch.float64)
    images.requires_grad_()
    codes = torch.rand(2, 5, 5, 4, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: penalty(x, codes[:1]), images[:1])
    added = Problem(Identity(), torch.nn.MSELoss(), penalties=penalties).penalised(images, codes)
    expected = [0.5 * penalty(images[i : i + 1], codes[i : i + 1]) for i in range(2)]
    assert torch.equal(added[option], torch.stack(expected))


def test_there_is_no_penalty_unless_one_is_typed_and_several_are_a_list(configure):
    assert built(configure(), "penalty") == {}
    assert set(configure("penalty=[tv]").penalty) == {"tv"}
