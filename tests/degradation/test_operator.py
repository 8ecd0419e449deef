"""Every degradation found in `conf/`, put through the properties of an operator."""

from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate

from untrained.degradation.downsampling import Downsampling
from untrained.degradation.jpeg import JpegFile
from untrained.degradation.tomography import Tomography

CONF = Path(__file__).parent.parent.parent / "conf" / "degradation"
OPTIONS = sorted(path.stem for path in CONF.glob("*.yaml"))
SHAPES = [(1, 1, 16, 16), (1, 3, 17, 20), (2, 3, 33, 18)]

# What makes an operator small enough for the images here.
SMALL = {
    "blur": ["degradation.size=5"],
    "compressed_sensing": ["degradation.block=4"],
    "jpeg": ["degradation.subsampling=4:4:4"],
    "unknown_blur": ["degradation.size=5", "degradation.hidden=10", "degradation.length=5"],
}
# The channels that an operator needs; the others take any.
COLOUR = {"mosaic", "grayscale", "jpeg"}

# How far what is put in place may be from the target.
NEARLY = {
    Downsampling: {"rtol": 0, "atol": 0.05},
    JpegFile: {"rtol": 0, "atol": 0.501},  # A number is up to 1/2 from what was rounded to it.
    Tomography: {"rtol": 0, "atol": 0.07},
}
every_option = pytest.mark.parametrize("option", OPTIONS)
every_shape = pytest.mark.parametrize("shape", SHAPES)


@pytest.fixture
def operator(configure, option):
    config = configure(f"degradation={option}", *SMALL.get(option, []))
    built = instantiate(config.degradation, _convert_="all")
    built.needs_colour = option in COLOUR
    return built


def images_for(operator, shape, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    count, channels, *size = shape
    channels = 3 if operator.needs_colour else channels
    images = torch.rand((count, channels, *size), generator=generator, dtype=dtype)
    return operator.cropped(images)


@every_option
@every_shape
def test_the_adjoint_is_the_adjoint(operator, shape):
    images = images_for(operator, shape)
    measurement = operator(images)
    other = torch.randn_like(measurement)
    back = operator.adjoint(other)
    assert back.shape == images.shape
    there = (measurement * other).sum().item()
    assert (images * back).sum().item() == pytest.approx(there, rel=1e-9)


@every_option
def test_the_adjoint_needs_no_gradient_around_it(operator):
    measurement = operator(images_for(operator, SHAPES[0]))
    expected = operator.adjoint(measurement)
    with torch.no_grad():
        assert torch.equal(operator.adjoint(measurement), expected)
    assert not expected.requires_grad


@every_option
@every_shape
def test_the_shape_of_the_image_is_known_from_the_measurement(operator, shape):
    images = images_for(operator, shape)
    assert operator.shape(operator(images)) == images.shape


@every_option
def test_each_image_of_a_batch_is_measured_as_if_it_were_alone(operator):
    images = images_for(operator, (3, 3, 17, 20))
    alone = torch.cat([operator(image[None]) for image in images])
    torch.testing.assert_close(operator(images), alone)


@every_option
def test_the_gradient_is_that_of_a_small_difference(operator):
    generator = torch.Generator().manual_seed(0)
    channels = 3 if operator.needs_colour else 2
    image = torch.rand((1, channels, 8, 8), generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(operator, image.requires_grad_())


@every_option
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_image_keeps_its_type_and_no_value_is_changed_in_it(operator, dtype):
    image = images_for(operator, (1, 3, 17, 20), dtype)
    before = image.clone()
    assert operator(image).dtype == operator.observe(image).dtype == dtype
    assert torch.equal(image, before)


@every_option
def test_it_is_exact_under_a_lower_precision(operator):
    image = images_for(operator, (1, 3, 32, 32), torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        low = operator(image)
    assert torch.equal(low, operator(image))


@every_option
def test_the_words_alone_decide_the_measurement(configure, option):
    config = configure(f"degradation={option}", *SMALL.get(option, [])).degradation
    image = torch.rand(1, 3, 32, 32)
    first = instantiate(config)(image)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    assert torch.equal(instantiate(config)(image), first)
    assert torch.equal(torch.get_rng_state(), state)


@every_option
def test_it_adds_to_a_checkpoint_what_is_fitted_of_it_alone(operator):
    operator(images_for(operator, SHAPES[0]))
    assert operator.state_dict().keys() == dict(operator.named_parameters()).keys()


@every_option
@every_shape
def test_what_is_drawn_of_a_target_is_a_picture_with_a_name(operator, shape):
    image = images_for(operator, (1, *shape[1:]))
    target = operator.observe(image)
    picture, name = operator.view(target)
    visible = operator.visible(image)
    assert picture.shape[:2] == visible.shape[:2]
    if operator.is_picture:
        assert picture.shape == visible.shape
    assert picture.min() >= 0
    assert picture.max() <= 1 + 1e-6
    assert name[0].isupper()


@every_option
def test_what_is_visible_of_a_batch_is_so_of_each_image(operator):
    images = images_for(operator, (3, 3, 17, 20))
    alone = torch.cat([operator.visible(image[None]) for image in images])
    assert torch.equal(operator.visible(images), alone)
    assert min(alone.shape[2:]) > 0


@every_option
def test_what_is_known_keeps_its_place_and_the_rest_is_the_image(operator):
    image = images_for(operator, SHAPES[1])
    target = operator.observe(image)
    other = torch.rand_like(image)
    merged = operator.merged(other, target)
    assert merged.shape == image.shape
    if merged is not other:  # What is put in place is measured as it was, or nearly so.
        tolerance = NEARLY.get(type(operator), {})
        torch.testing.assert_close(operator(merged), target, **tolerance)
    # A file is made of 8 bits: a few coefficients lie just outside of their cells.
    rounded = {"rtol": 0, "atol": 1e-3} if isinstance(operator, JpegFile) else {}
    torch.testing.assert_close(operator.merged(image, target), image, **rounded)
    known = operator.known(target)
    if known is None:
        assert operator.masked(target) is target
        return
    assert known.dtype == torch.bool
    nothing = operator.masked(torch.full_like(target, float("nan")))
    assert torch.equal(nothing == 0, ~known.expand_as(target))


@every_option
def test_an_operator_of_what_is_no_picture_says_that_no_noise_is_seen(operator):
    assert operator.is_picture or not operator.shows_noise
