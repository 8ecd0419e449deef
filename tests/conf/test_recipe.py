"""Every experiment and recipe of `conf/`: which settings win."""

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from tests.conf.option import CONF, built, options, plain
from untrained.stopping.rule import Rule

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
    latent.settle((1, 3, *size))
    network = built(config, "model")(in_channels=latent.channels, out_channels=3, size=size)
    latent.place(network.code_size)
    assert network(latent(0)).shape == (1, 3, 64, 64)
    rules = [each for each in config.stopping.values() if OmegaConf.is_dict(each)]
    assert all(isinstance(instantiate(each, _convert_="all"), Rule) for each in rules)
    assert config.stopping.choose is None or config.stopping.choose in config.stopping


# The words that make one recipe of another: all in which the two differ.
FAST = (
    "optimizer=soap",
    "average=polynomial",
    "refinement=wiener",
    "flat_start=true",
    "stopping.halt=blind",
    "accelerator.precision='${fast_precision:${accelerator.name}}'",
)
DIP = ("steps=2000", "model.width='${thin_widths:${model.depth}}'")
AUTHORS = (
    "optimizer=adam",
    "refinement=none",
    "flat_start=false",
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


@pytest.mark.parametrize(
    ("model", "words"), [("dip", DIP), ("dd", ("steps=1000", "model.width=128"))]
)
def test_the_fast_recipe_is_the_default(configure, model, words):
    words = (f"model={model}", "recipe=authors", *FAST, *words)
    assert plain(configure(f"model={model}")) == plain(configure(*words))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("dip", ("average=exponential", "steps=3000")),
        ("dd", ("average=none", "steps=1900")),
    ],
)
def test_the_authors_recipe_is_what_the_authors_set(configure, model, words):
    words = (f"model={model}", *AUTHORS, *words)
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


def test_only_a_noisy_picture_is_fitted_with_thin_fine_scales_and_more_steps(configure):
    assert configure("model=dip").model.width == [16, 32, 64, 64, 64]
    assert configure("model=dip", "model.depth=2").model.width == [16, 32]
    assert configure("degradation=inpainting").model.width == 64
    assert configure("degradation=inpainting").steps == 500
    assert configure("model=dip", "recipe=authors").model.width == 128


def test_the_deep_decoder_has_a_bias_where_a_hole_needs_its_colour(configure):
    hole = ("model=dd", "degradation=inpainting")
    assert configure(*hole).model.bias is True
    assert configure(*hole, "recipe=authors").model.bias is False
    assert configure("model=dd").model.bias is False


def test_dip_sooner_is_what_it_was_before_it_became_the_default(configure):
    words = ("model=dip", "recipe=authors", *FAST, *DIP)
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
