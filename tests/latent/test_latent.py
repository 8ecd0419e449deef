import pytest
import torch

from untrained import image
from untrained.degradation.identity import Identity
from untrained.latent import Following, Grid, Normal, Picture, Uniform
from untrained.latent.latent import PLACES
from untrained.noise.gaussian import Gaussian
from untrained.noise.poisson import Poisson
from untrained.problem import Problem
from untrained.step import Step


def placed(latent, size=(20, 30)):
    latent.place(size)
    return latent


def test_uniform_lies_between_zero_and_its_scale():
    code = placed(Uniform(32, scale=0.1))(0)
    assert code.shape == (1, 32, 20, 30)
    assert 0 <= code.min() < 0.001
    assert 0.099 < code.max() <= 0.1


def test_normal_has_its_scale_as_standard_deviation():
    assert placed(Normal(32, scale=0.1))(0).std().item() == pytest.approx(0.1, rel=0.05)


def test_grid_holds_the_coordinates_x_then_y():
    code = placed(Grid(2, scale=1.0))(0)
    assert torch.equal(code[0, 0, 5], torch.linspace(0, 1, 30))
    assert torch.equal(code[0, 1, :, 5], torch.linspace(0, 1, 20))


def test_grid_has_two_channels_only():
    with pytest.raises(ValueError, match="^channels must be 2"):
        placed(Grid(3))


def test_the_draw_depends_on_its_own_seed_alone():
    torch.manual_seed(1)
    first = placed(Uniform(4))(0)
    torch.manual_seed(2)
    assert torch.equal(first, placed(Uniform(4))(0))
    assert not torch.equal(first, placed(Uniform(4, seed=1))(0))


def test_without_jitter_each_step_is_given_the_same_code():
    latent = placed(Uniform(4))
    assert torch.equal(latent(0), latent(7))


def test_jitter_is_fresh_at_each_step_and_the_same_when_a_step_is_repeated():
    latent = placed(Uniform(32, jitter=1 / 30))
    assert not torch.equal(latent(1), latent(2))
    assert torch.equal(latent(2), latent(2))
    assert (latent(1) - latent.code).std().item() == pytest.approx(1 / 30, rel=0.05)


def test_the_last_part_of_the_field_is_as_long_as_the_first(monkeypatch):
    latent = placed(Uniform(32, jitter=1 / 30))
    monkeypatch.setattr("untrained.latent.latent.own_seed", lambda *words: PLACES - 1)
    assert (latent(1) - latent.code).std().item() == pytest.approx(1 / 30, rel=0.05)


def test_another_attempt_draws_another_jitter_for_the_same_step():
    latent = placed(Uniform(32, jitter=1 / 30))
    first = latent(2)
    latent.attempt = 1
    assert not torch.equal(latent(2), first)
    assert torch.equal(latent(2), latent(2))
    latent.attempt = 0
    assert torch.equal(latent(2), first)


def test_jitter_is_not_the_code_over_again_nor_that_of_another_seed():
    first, second = (placed(Normal(32, seed=seed, jitter=1.0)) for seed in (0, 1))
    noises = [
        (latent(step) - latent.code).flatten() for latent in (first, second) for step in (0, 1)
    ]
    codes = [latent.code.flatten() for latent in (first, second)]
    correlation = torch.corrcoef(torch.stack([*noises, *codes])) - torch.eye(6)
    assert correlation.abs().max() < 0.05


def test_jitter_decays_by_its_factor():
    latent = placed(Uniform(32, jitter=0.1, jitter_decay=0.5, jitter_every=10))
    spread = [(latent(step) - latent.code).std().item() for step in (9, 10, 25)]
    assert spread == pytest.approx([0.1, 0.05, 0.025], rel=0.05)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("channels", 0),
        ("channels", 1.5),
        ("channels", True),
        ("scale", 0),
        ("scale", True),
        ("scale", float("nan")),
        ("seed", -1),
        ("seed", True),
        ("jitter", -1),
        ("jitter", "some"),
        ("jitter", True),
        ("jitter", float("inf")),
        ("jitter_decay", 2),
        ("jitter_decay", True),
        ("jitter_every", 0),
        ("jitter_every", True),
        ("learn", 1),
    ],
)
def test_bad_words_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        Uniform(**({"channels": 4} | {word: value}))


@pytest.mark.parametrize("kind", [Uniform, Normal])
@pytest.mark.parametrize("law", [Gaussian(sigma=25), Poisson(peak=30)])
def test_the_code_says_nothing_of_the_noise_of_the_same_seed(kind, law):
    gray = torch.full((1, 3, 64, 64), 0.5)
    noise = law(gray) - gray
    code = placed(kind(32), size=(64, 64))(0)
    for strength in (noise, noise.abs()):
        channels = torch.cat([strength[0].flatten(1), code[0].flatten(1)])
        correlations = torch.corrcoef(channels)[:3, 3:]
        assert correlations.abs().max() < 0.1  # By chance up to 0.06.


def test_a_code_that_is_learned_is_a_parameter_of_each_network_and_starts_as_drawn():
    latent = Uniform(4, learn=True)
    latent.place((5, 6), networks=3)
    assert [each.shape for each in latent.parameters()] == [(1, 4, 5, 6)] * 3
    drawn = placed(Uniform(4), (5, 6))(0)
    assert torch.equal(latent(0), drawn.expand(3, -1, -1, -1))
    assert latent.moves
    assert not list(placed(Uniform(4)).parameters())


def test_jitter_on_codes_that_move_is_that_of_the_code_itself():
    fixed, learned = Uniform(4, jitter=0.1), Uniform(4, jitter=0.1, learn=True)
    fixed.place((5, 6))
    learned.place((5, 6), networks=2)
    assert torch.equal(learned(3), fixed(3).expand(2, -1, -1, -1))


def test_without_a_number_the_channels_are_the_image_s():
    for latent, channels in ((Uniform(None), 3), (Uniform(8), 8), (Following(), 3)):
        latent.settle((1, 3, 8, 8))
        assert latent.channels == channels


def step_with(images, number, twin_images=None):
    problem = Problem(Identity(), torch.nn.MSELoss())
    return Step(number, images, images, images[:1], problem, twin_images=twin_images)


def following(networks=1, **words):
    latent = Following(**({"jitter": 0.0} | words))
    latent.settle((1, 1, 4, 5))
    latent.place((4, 5), networks)
    return latent


def test_a_code_follows_its_image_by_the_share_when_it_is_time():
    latent = following(networks=3, follow=0.25, every=2)
    before, images = latent(0), torch.rand(2, 1, 4, 5)
    twins = torch.rand(1, 1, 4, 5)
    latent.follow(step_with(images, 0, twins))
    assert torch.equal(latent(1), before)
    latent.follow(step_with(images, 1, twins))
    expected = 0.75 * before + 0.25 * torch.cat([images, twins])
    torch.testing.assert_close(latent(2), expected)


def test_its_jitter_is_held_until_it_moves_and_falls():
    latent = following(jitter=1.0, jitter_decay=0.5, jitter_every=3, every=3)
    noise = [latent(step) - latent.code for step in range(6)]
    assert torch.equal(noise[0], noise[2])
    assert not torch.equal(noise[2], noise[3])
    assert noise[3].std() < noise[0].std()


def test_a_code_that_follows_has_the_image_s_size_and_channels():
    latent = Following()
    latent.settle((1, 3, 32, 40))
    with pytest.raises(ValueError, match="^latent=following needs a model .* 4 x 5, .* 32 x 40$"):
        latent.place((4, 5))
    with pytest.raises(ValueError, match="^channels must be null or 3, as the image has, got 8"):
        Following(channels=8).settle((1, 3, 32, 40))


@pytest.mark.parametrize(("word", "value"), [("follow", 2), ("follow", True), ("every", 0)])
def test_bad_words_of_a_code_that_follows_are_refused(word, value):
    with pytest.raises(ValueError, match=f"^{word} must be"):
        Following(**{word: value})


def test_a_picture_as_the_code_has_to_be_of_the_size_of_the_image(tmp_path):
    image.write(tmp_path / "flash.png", torch.rand(1, 3, 20, 24))
    latent = Picture(tmp_path / "flash.png", scale=2)
    with pytest.raises(ValueError, match=r"flash.png' is 20 x 24 pixels and the image 20 x 30"):
        latent.settle((1, 1, 20, 30))
    latent.settle((1, 1, 20, 24))
    latent.place((20, 24))
    assert torch.equal(latent(3), 2 * image.read(tmp_path / "flash.png"))
