"""The other groups of `conf/`, and that none is left without a test."""

from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate

from tests.conf.option import CONF, built, options, plain


@pytest.mark.parametrize("option", options("average"))
def test_average_keeps_its_state_in_a_checkpoint(configure, option, tmp_path):
    config = configure(f"average={option}")
    first, second = built(config, "average"), built(config, "average")
    images = torch.rand(5, 1, 5, 8, 8)
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
@pytest.mark.parametrize("channels", [1, 3, 5])
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
    files = Path(__file__).parent.glob("test_*.py")
    source = "".join(path.read_text() for path in files)
    tested = {group for group in groups if f'options("{group}")' in source}
    # One option each, which every run of test_train.py goes through; test_launcher.py has its own.
    logs = {"hydra/hydra_logging", "hydra/job_logging"}
    assert groups - tested == {"callbacks", "hydra/launcher", "logger", "trainer", *logs}
