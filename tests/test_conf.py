"""Every option found in `conf/` is composed, built and put through the properties of its kind."""

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf, open_dict

from tests.stopping.trajectory import problem, same_state, trajectory, watched
from untrained.average import NoAverage
from untrained.degradation.identity import Identity
from untrained.fit import Fit, seeded_generators
from untrained.holdout import Holdout
from untrained.metric import psnr
from untrained.problem import Problem
from untrained.stopping.rule import Rule
from untrained.twin import Twin

CONF = Path(__file__).parent.parent / "conf"
SHAPE = (1, 3, 32, 32)


def options(group):
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def built(config, group):
    return instantiate(config[group], _convert_="all")


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


@pytest.mark.parametrize("option", options("degradation"))
def test_degradation_says_what_a_run_asks_of_it(configure, option):
    config = configure(f"degradation={option}", *SMALL.get(option, []))
    degradation, image = built(config, "degradation"), torch.rand(SHAPE)
    target = degradation.observe(degradation.cropped(image))
    assert degradation.shape(target) == SHAPE
    assert degradation(torch.cat([image, image])).shape == (2, *target.shape[1:])
    picture, name = degradation.view(target)
    assert picture.shape[:2] == degradation.visible(image).shape[:2]
    assert name[0].isupper()
    known = degradation.known(target)
    assert known is None or known.expand_as(target).dtype == torch.bool
    assert degradation.merged(image, target).shape == SHAPE
    assert degradation.adjoint(target).shape == SHAPE


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("option", options("noise"))
def test_noise_draws_the_same_whatever_the_global_seed(configure, option, channels):
    config = configure(f"noise={option}")
    image = torch.rand(1, channels, 17, 20)
    torch.manual_seed(1)
    first = built(config, "noise")(image)
    torch.manual_seed(2)
    assert torch.equal(first, built(config, "noise")(image))
    assert first.shape == image.shape
    assert 0 <= first.min() <= first.max() <= 1


def small(model):
    """Choose a model, of few and narrow layers where it has any."""
    return [f"model={model}", *(() if model == "pixels" else ("model.width=8", "model.depth=4"))]


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
@pytest.mark.parametrize(
    ("channels", "size"), [(1, (16, 16)), (3, (33, 50)), (3, (17, 20)), (1, (16, 300))]
)
def test_model_takes_the_common_words_and_any_size(configure, option, channels, size):
    config = configure(*small(option), "image.size=32")
    latent = built(config, "latent")
    network = built(config, "model")(in_channels=latent.channels, out_channels=channels, size=size)
    latent.place(network.code_size)
    image = network(latent(0))
    assert image.shape == (1, channels, *size)
    assert 0 <= image.min() <= image.max() <= 1
    twin = built(config, "model")(in_channels=latent.channels, out_channels=channels, size=size)
    twin.load_state_dict(network.state_dict())
    assert torch.equal(twin(latent(0)), image)


@pytest.mark.parametrize("option", options("latent"))
@pytest.mark.parametrize("model", options("model"))
def test_latent_suits_every_model(configure, option, model):
    if (model, option) == ("pixels", "code"):
        pytest.skip("a code is as wide as the network, and there is none")
    config = configure(*small(model))
    with open_dict(config):
        config.latent = OmegaConf.load(CONF / "latent" / f"{option}.yaml")
    latent = built(config, "latent")
    latent.settle(SHAPE)
    network = built(config, "model")(in_channels=latent.channels, out_channels=3, size=(32, 32))
    has_a_code = network.code_size == (32, 32)
    if option == ("none" if model != "pixels" else "following") or (
        option == "following" and not has_a_code
    ):
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
    if option == "none" or (option == "following" and learn):
        return
    words = [f"latent.learn={learn}"] if option != "following" else ["latent.every=2"]
    config = configure("model=dip", f"latent={option}", "latent.jitter=0.03", *words)
    whole, cut = (moving_fit(configure, config, fits=2) for _ in range(2))
    alone = [moving_fit(configure, config, fits=1, seed=2 + index) for index in range(2)]
    expected = steps_of(whole, range(4))
    steps_of(cut, range(2))
    torch.save([each.state_dict() for each in cut], tmp_path / "cut")
    again = moving_fit(configure, config, fits=2)
    for each, state in zip(again, torch.load(tmp_path / "cut", weights_only=True), strict=True):
        each.load_state_dict(state)
    found = steps_of(again, range(2, 4))
    assert torch.equal(found.images, expected.images)
    singles = torch.cat([steps_of(each, range(4)).images for each in alone])
    assert torch.equal(singles, expected.images)
    moves = learn or option == "following"
    assert (expected.codes is not None) == moves
    assert not moves or expected.codes.shape[0] == 2
    assert not moves or not torch.equal(expected.codes[0], expected.codes[1])


def moving_fit(configure, config, fits, seed=1):
    """Make a small fit of a latent, and its optimizer."""
    latent = built(config, "latent")
    latent.settle(SHAPE)
    make = built(configure("model=dip", "model.width=4", "model.depth=2"), "model")
    generators = seeded_generators(make, latent.channels, SHAPE, seed, fits)
    problem = Problem(Identity(), torch.nn.MSELoss(), twin=Twin(1))
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


@pytest.mark.parametrize("option", options("objective"))
def test_objective_is_zero_for_a_perfect_fit_alone(configure, option):
    objective = built(configure(f"objective={option}"), "objective")
    image = torch.rand(1, 3, 16, 16)
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
    images = torch.rand(2, 3, 5, 4, generator=generator, dtype=torch.float64)
    images.requires_grad_()
    codes = torch.rand(2, 3, 5, 4, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: penalty(x, codes[:1]), images[:1])
    added = Problem(Identity(), torch.nn.MSELoss(), penalties=penalties).penalised(images, codes)
    expected = [0.5 * penalty(images[i : i + 1], codes[i : i + 1]) for i in range(2)]
    assert torch.equal(added[option], torch.stack(expected))


def test_there_is_no_penalty_unless_one_is_typed_and_several_are_a_list(configure):
    assert built(configure(), "penalty") == {}
    assert set(configure("penalty=[tv]").penalty) == {"tv"}


@pytest.mark.parametrize("option", options("average"))
def test_average_keeps_its_state_in_a_checkpoint(configure, option, tmp_path):
    config = configure(f"average={option}")
    first, second = built(config, "average"), built(config, "average")
    images = torch.rand(5, 1, 3, 8, 8)
    for image in images[:4]:
        first(image)
    torch.save(first.state_dict(), tmp_path / "state")
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    one, other = first(images[4]), second(images[4])
    assert one is other is None or torch.equal(one, other)


@pytest.mark.parametrize(
    ("option", "scheduler"),
    [
        *((option, "constant") for option in options("optimizer")),
        *(("adam", scheduler) for scheduler in options("scheduler") if scheduler != "constant"),
    ],
)
def test_optimizer_takes_the_common_word_and_descends(configure, option, scheduler):
    config = configure(f"optimizer={option}", f"scheduler={scheduler}", "optimizer.lr=0.01")
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = built(config, "optimizer")([weight])
    schedule = built(config, "scheduler")(optimizer)

    def loss():
        optimizer.zero_grad()
        value = weight.square().sum()
        value.backward()
        return value

    for _ in range(5):
        optimizer.step(loss)
        schedule.step()
    assert weight.norm() < 3**0.5


@pytest.mark.parametrize("option", options("accelerator"))
def test_accelerator_says_what_the_trainer_needs(configure, option):
    assert set(configure(f"accelerator={option}").accelerator) == set(configure().accelerator)


@pytest.mark.parametrize("option", options("callbacks/video"))
def test_video_is_chosen_by_its_format(configure, option):
    config = configure(f"callbacks/video={option}")
    assert instantiate(config.callbacks.video).format == option


# Beside an experiment, in one config for several tests.
TYPED = ("steps=7", "model.width=8")


@pytest.mark.parametrize("option", options("experiment"))
def test_experiment_opens_with_what_to_expect_and_yields_to_the_command_line(configure, option):
    text = (CONF / "experiment" / f"{option}.yaml").read_text()
    assert text.startswith("# @package _global_\n# ")
    assert configure(f"experiment={option}", *TYPED).steps == 7


@pytest.mark.parametrize("option", options("experiment"))
def test_what_an_experiment_chooses_can_be_built(configure, option):
    config = configure(f"experiment={option}", *TYPED)
    for group in ("degradation", "noise", "objective", "average", "metric", "kernel"):
        assert built(config, group) is not None, group
    latent, size = built(config, "latent"), (64, 64)
    network = built(config, "model")(in_channels=latent.channels, out_channels=3, size=size)
    latent.place(network.code_size)
    assert network(latent(0)).shape == (1, 3, 64, 64)
    rules = [each for each in config.stopping.values() if OmegaConf.is_dict(each)]
    assert all(isinstance(instantiate(each, _convert_="all"), Rule) for each in rules)
    assert config.stopping.choose is None or config.stopping.choose in config.stopping


def plain(config):
    return OmegaConf.to_container(config, resolve=False)


# The words that make one recipe of another: all in which the two differ.
FAST = (
    "optimizer=soap",
    "average=polynomial",
    "refinement=wiener",
    "stopping.halt=blind",
    "steps=1000",
    "accelerator.precision='${fast_precision:${accelerator.name}}'",
)
THIN = "'${thin_widths:${model.depth}}'"
AUTHORS = (
    "optimizer=adam",
    "refinement=none",
    "model.width=128",
    "stopping.halt=null",
    "accelerator.precision=32-true",
)


@pytest.mark.parametrize("model", options("model"))
@pytest.mark.parametrize("option", options("recipe"))
def test_recipe_suits_every_model_and_halts_by_a_rule_that_watches(configure, option, model):
    config = configure(f"recipe={option}", f"model={model}")
    assert config.steps > 0
    assert config.stopping.halt is None or config.stopping.halt in config.stopping


@pytest.mark.parametrize("option", options("recipe/model"))
def test_what_a_recipe_says_of_a_model_is_of_a_recipe_and_a_model_that_are_there(option):
    recipe, _, model = option.partition("_")
    assert recipe in options("recipe")
    assert model in options("model")


@pytest.mark.parametrize("option", options("recipe/degradation"))
def test_what_a_recipe_says_of_a_degradation_is_of_options_that_are_there(option):
    recipe, model, degradation = option.split("_", 2)
    assert recipe in options("recipe")
    assert model in options("model")
    assert degradation in options("degradation")


@pytest.mark.parametrize(
    ("model", "recipe", "optimizer", "rate"),
    [
        ("dd", "fast", "SOAP", 0.003),
        ("unet", "fast", "SOAP", 0.003),
        ("pixels", "fast", "Adam", 0.1),
        ("siren", "fast", "Adam", 0.001),
        ("siren", "authors", "Adam", 0.0001),
        ("convdecoder", "authors", "Adam", 0.008),
    ],
)
def test_a_model_has_the_optimizer_and_the_rate_that_fit_it(
    configure, model, recipe, optimizer, rate
):
    words = configure(f"model={model}", f"recipe={recipe}").optimizer
    assert words._target_.endswith(f".{optimizer}")
    assert words.lr == rate
    assert configure(f"model={model}", f"recipe={recipe}", "optimizer.lr=0.5").optimizer.lr == 0.5
    assert configure(f"model={model}", "optimizer=sgd").optimizer._target_.endswith("SGD")


@pytest.mark.parametrize(("model", "width"), [("dip", THIN), ("dd", 128)])
def test_the_fast_recipe_is_the_default(configure, model, width):
    words = (f"model={model}", "recipe=authors", *FAST, f"model.width={width}")
    assert plain(configure(f"model={model}")) == plain(configure(*words))


@pytest.mark.parametrize(
    ("model", "average", "steps"), [("dip", "exponential", 3000), ("dd", "none", 1900)]
)
def test_the_authors_recipe_is_what_the_authors_set(configure, model, average, steps):
    words = (f"model={model}", *AUTHORS, f"average={average}", f"steps={steps}")
    config = configure(f"model={model}", "recipe=authors")
    assert plain(config) == plain(configure(*words))
    assert model == "dd" or config.average.decay == 0.99


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("avx512f avx512_bf16", "bf16-mixed"), ("amx_bf16", "bf16-mixed"), ("avx2", "32-true")],
)
def test_the_fast_recipe_takes_bfloat16_where_the_cpu_computes_in_it(
    configure, monkeypatch, tmp_path, flags, precision
):
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: fpu {flags} sse\n")
    monkeypatch.setattr("untrained.command.word.CPU_INFO", tmp_path / "cpuinfo")
    assert configure().accelerator.precision == precision
    assert configure("accelerator=gpu").accelerator.precision == "32-true"
    assert configure("recipe=authors").accelerator.precision == "32-true"
    assert configure("accelerator.precision=32-true").accelerator.precision == "32-true"
    monkeypatch.setattr("untrained.command.word.CPU_INFO", tmp_path / "of another system")
    assert configure().accelerator.precision == "32-true"


def test_only_a_noisy_picture_is_fitted_with_thin_fine_scales(configure):
    assert configure("model=dip").model.width == [16, 32, 64, 64, 64]
    assert configure("model=dip", "model.depth=2").model.width == [16, 32]
    assert configure("degradation=inpainting").model.width == 64
    assert configure("model=dip", "recipe=authors").model.width == 128


def test_dip_sooner_is_what_it_was_before_it_became_the_default(configure):
    words = ("model=dip", "recipe=authors", *FAST, f"model.width={THIN}")
    assert plain(configure("experiment=dip_sooner")) == plain(configure(*words))


@pytest.mark.parametrize("option", ["dip_vs_dd", "dd_astronaut", "search"])
def test_an_experiment_s_recipe_goes_before_the_default_one(configure, option):
    config = configure(f"experiment={option}")
    assert plain(config) == plain(configure(f"experiment={option}", "recipe=authors"))
    assert config.stopping.halt is None


def test_an_experiment_s_groups_and_values_go_before_the_recipe(configure, tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(
        "# @package _global_\n"
        "defaults:\n  - override /model: dip\n  - override /average: window\n"
        "model:\n  width: 16\nstopping:\n  halt: emv\nsteps: 7\n"
    )
    mine = (f"hydra.searchpath=[file://{tmp_path}]", "experiment=mine")
    words = ("model=dip", "average=window", "model.width=16", "stopping.halt=emv", "steps=7")
    assert plain(configure(*mine)) == plain(configure(*words))


@pytest.mark.parametrize(
    ("words", "word", "value"),
    [
        (["optimizer=adam"], "optimizer._target_", "torch.optim.Adam"),
        (["average=none"], "average._target_", "untrained.average.NoAverage"),
        (["model=dip", "model.width=128"], "model.width", 128),
        (["steps=3000"], "steps", 3000),
        (["recipe=authors", "steps=7"], "steps", 7),
        (["recipe=authors", "experiment=dip_sooner"], "optimizer._target_", "torch.optim.Adam"),
        (["stopping.halt=null"], "stopping.halt", None),
        (["stopping.halt=emv"], "stopping.halt", "emv"),
        (["recipe=authors", "stopping.halt=blind"], "stopping.halt", "blind"),
        (["recipe=authors"], "stopping.choose", "blind"),
        (["stopping.choose=emv"], "stopping.choose", "emv"),
        (["stopping.choose=emv"], "stopping.halt", "blind"),
        (["stopping.choose=null"], "stopping.choose", None),
        (["stopping.halt=emv"], "stopping.choose", "emv"),
        (["stopping.halt=null"], "stopping.choose", "blind"),
        (["stopping.halt=emv", "stopping.choose=blind"], "stopping.choose", "blind"),
        (["recipe=authors", "stopping.halt=emv"], "stopping.choose", "emv"),
        (["recipe=authors", "stopping.choose=emv"], "stopping.halt", None),
        (["stopping=[emv]"], "stopping.halt", None),
        (["stopping=[emv]"], "stopping.choose", None),
        (["stopping=[]"], "stopping.halt", None),
        (["stopping=[emv]", "stopping.halt=emv"], "stopping.halt", "emv"),
        (["stopping=[emv]", "stopping.halt=emv"], "stopping.choose", "emv"),
        (["stopping=[emv,blind]"], "stopping.halt", "blind"),
        (["recipe=authors", "stopping=[emv,blind]"], "stopping.halt", None),
    ],
)
def test_what_is_typed_goes_before_the_recipe(configure, words, word, value):
    assert OmegaConf.select(configure(*words), word) == value


# What a rule needs beside its own words.
NEEDS = {
    "self_validation": ["holdout.share=0.1"],
    "sure": ["twin.epsilon=1"],
    "pure": ["twin.epsilon=1", "stopping.pure.peak=30"],
}
SHORT = {"patience": 4, "window": 3, "warmup": 2, "every": 2}


def rule_of(configure, option):
    """Build a rule; what it waits for is made short."""
    config = configure(f"stopping=[{option}]", *NEEDS.get(option, []))
    for word in SHORT.keys() & config.stopping[option].keys():
        config.stopping[option][word] = SHORT[word]
    return instantiate(config.stopping[option], _convert_="all")


@pytest.mark.parametrize(
    ("option", "shape"),
    [*zip(options("stopping"), cycle([(1, 1, 17, 20), (1, 3, 16, 33)]), strict=False)],
)
def test_a_stopping_rule_is_restored_bit_for_bit(configure, option, shape, tmp_path):
    of = problem(holdout=Holdout(0.1), twin=Twin(1))
    steps = [
        replace(each, twin=1.01 * each.measurement)
        for each in trajectory(24, shape=shape, turn=9, of=of)
    ]
    whole, first, second = (rule_of(configure, option) for _ in range(3))
    curve = [watched(whole, [step]).curves() for step in steps]
    watched(first, steps[:7])
    torch.save(first.state_dict(), tmp_path / "state")
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    for step, expected in zip(steps[7:], curve[7:], strict=True):
        second.see(step)
        for name, value in second.curves().items():
            assert torch.equal(value, expected[name])
    assert same_state(second.state_dict(), whole.state_dict())
    assert whole.recommended.shape == shape
    assert whole.statistic.isfinite()


def test_every_rule_that_costs_little_and_stops_before_the_noise_is_attached(configure):
    rules = set(configure().stopping) - {"_target_", "halt", "choose"}
    others = {"fixed", "lowest_residual", "wmv", *NEEDS}
    within_blind = {"whiteness", "covariance_penalty"}
    assert rules == set(options("stopping")) - others - within_blind


# What makes a target that a baseline is for, where noise of the default kind does not.
TARGETS = {
    "median": ["noise=salt_and_pepper"],
    "biharmonic": ["degradation=inpainting"],
    "nearest": ["degradation=downsampling"],
    "bicubic": ["degradation=downsampling"],
    "lanczos": ["degradation=downsampling"],
    "wiener": ["degradation=blur", "degradation.boundary=circular"],
    "richardson_lucy": ["degradation=blur", "degradation.boundary=circular"],
    "zero_filled": ["degradation=mri"],
    "fbp": ["degradation=tomography"],
    "sart": ["degradation=tomography"],
}
# A minute's training, made short.
TRAINED = {"zs_n2n": ["baseline.zs_n2n.steps=60"]}


def baseline_of(configure, option):
    """Build a baseline, and A and y of a picture that it is for."""
    if option == "bm3d":
        pytest.importorskip("bm3d")
    words = [f"baseline=[{option}]", *TARGETS.get(option, []), *TRAINED.get(option, [])]
    config = configure(*words, "image.size=64")
    baseline = instantiate(config.baseline[option], _convert_="all")
    return baseline, built(config, "degradation"), built(config, "noise"), built(config, "image")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("option", options("baseline"))
def test_a_baseline_is_better_than_its_target_and_the_same_each_time(configure, option, channels):
    baseline, degradation, noise, picture = baseline_of(configure, option)
    clean = picture[:, :channels]
    target = degradation.masked(noise(degradation(clean)))
    before, state = target.clone(), torch.get_rng_state()
    assert baseline.suits(target, degradation) is None
    image = baseline(target, degradation)
    assert image.shape == clean.shape
    assert image.dtype == torch.float32
    assert image.isfinite().all()
    drawn, shown, known = degradation.view(target)[0], *map(degradation.visible, (image, clean))
    # A square for each pixel is how the target itself is drawn, and k-space with 0 in it.
    assert psnr(shown, known) > psnr(drawn, known) + 1 or option in ("nearest", "zero_filled")
    if channels == 1:
        tolerance = 1e-6 if option == "bm3d" else 0  # Its threads add up in any order.
        assert (baseline(target, degradation) - image).abs().max() <= tolerance
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(target, before)
    assert baseline.name[0].isupper()


@pytest.mark.parametrize("option", options("baseline"))
def test_a_baseline_takes_any_size_and_numbers_outside_of_0_to_1(configure, option):
    baseline, degradation, _, picture = baseline_of(configure, option)
    if option == "zs_n2n":
        baseline.steps = 2
    clean = degradation.cropped(picture[..., :33, :20])
    measurement = degradation(clean)
    noise = torch.randn(measurement.shape, generator=torch.Generator().manual_seed(0))
    image = baseline(degradation.masked(measurement + 0.2 * noise), degradation)
    assert image.shape == clean.shape
    assert image.isfinite().all()


@pytest.fixture(scope="module")
def observed(configure):
    """Every degradation, and what it makes of a picture."""
    picture = built(configure("image.size=64"), "image")
    degradations = [
        built(configure(f"degradation={option}"), "degradation")
        for option in options("degradation")
    ]
    return [(degradation, degradation.observe(picture)) for degradation in degradations]


@pytest.mark.parametrize("option", options("baseline"))
def test_a_baseline_says_which_degradation_it_is_for(configure, observed, option):
    baseline, degradation, _, _ = baseline_of(configure, option)
    for another, target in observed:
        reason = baseline.suits(target, another)
        assert (reason is None) <= (type(another) is type(degradation))
        if reason and type(another) is not type(degradation):
            assert reason.startswith("it is for degradation=")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["nlm", "tv", "wavelet"]),
        (["noise=poisson"], ["nlm", "tv", "wavelet"]),
        (["noise=salt_and_pepper"], ["median"]),
        (["degradation=inpainting"], ["biharmonic"]),
        (["degradation=inpainting", "noise=salt_and_pepper"], ["biharmonic"]),
        (["degradation=downsampling"], ["nearest", "bicubic", "lanczos"]),
        (["degradation=blur"], ["wiener", "richardson_lucy"]),
        (["degradation=mri"], ["zero_filled"]),
        (["degradation=tomography"], ["fbp", "sart"]),
        (["degradation=mosaic"], []),
        (["experiment=hole"], ["biharmonic"]),
        (["experiment=super_resolution"], ["nearest", "bicubic", "lanczos"]),
        (["degradation=downsampling", "baseline=[lanczos]"], ["lanczos"]),
        (["noise=salt_and_pepper", "baseline=[]"], []),
        (["baseline=bm3d"], ["bm3d"]),
        (["baseline=[]"], []),
        (["~baseline.tv"], ["nlm", "wavelet"]),
    ],
)
def test_the_baselines_are_those_of_the_degradation_unless_they_are_typed(configure, words, names):
    assert list(configure(*words).baseline) == ["_target_", *names]


def test_a_baseline_runs_once_the_answer_is_saved_and_before_it_is_summed_up(configure):
    names = list(configure().callbacks)
    assert names.index("pictures") < names.index("baseline") < names.index("summary")


def test_the_guard_restores_and_the_checkpoint_holds_what_every_callback_saw(configure):
    assert list(configure().callbacks)[-2:] == ["guard", "checkpoint"]


@pytest.mark.parametrize("node", ["metric", "kernel", "holdout", "twin"])
def test_a_node_that_is_no_group_is_one_object_of_plain_words(configure, node):
    assert not (CONF / node).exists()
    words = plain(configure())[node]
    assert type(built(configure(), node)).__name__ == words["_target_"].rpartition(".")[2]


def test_there_is_no_target_of_one_s_own_unless_its_path_is_typed(configure):
    assert not (CONF / "target").exists()
    assert configure().target.path is None
    assert configure("target.path=photo.png").target.path == "photo.png"


@pytest.mark.parametrize("option", options("refinement"))
@pytest.mark.parametrize("channels", [1, 3])
def test_refinement_keeps_shape_and_range_and_is_a_function_of_its_images(
    configure, option, channels
):
    refinement = built(configure(f"refinement={option}"), "refinement")
    image, target = torch.rand(1, channels, 17, 20), torch.rand(1, channels, 17, 20)
    refined = refinement(image, target)
    assert refined.shape == image.shape
    assert 0 <= refined.min() <= refined.max() <= 1
    assert torch.equal(refined, refinement(image, target))


def test_no_group_is_left_without_a_test():
    groups = {str(path.parent.relative_to(CONF)) for path in CONF.rglob("*.yaml")} - {"."}
    source = Path(__file__).read_text()
    tested = {group for group in groups if f'options("{group}")' in source}
    # One option each, which every run of test_train.py goes through; test_launcher.py has its own.
    logs = {"hydra/hydra_logging", "hydra/job_logging"}
    assert groups - tested == {"callbacks", "hydra/launcher", "logger", "trainer", *logs}
