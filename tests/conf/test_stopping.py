"""Every stopping rule of `conf/`."""

from dataclasses import replace
from itertools import cycle

import pytest
import torch
from hydra.utils import instantiate

from tests.conf.option import options
from tests.stopping.trajectory import problem, same_state, trajectory, watched
from untrained.holdout import Holdout
from untrained.twin import Twin

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
    [
        *zip(
            options("stopping"),
            cycle([(1, 1, 17, 20), (1, 3, 16, 33), (1, 5, 16, 20)]),
            strict=False,
        )
    ],
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
    others = {"fixed", "lowest_residual", "wmv", "rounding", *NEEDS}
    within_blind = {"whiteness", "covariance_penalty"}
    assert rules == set(options("stopping")) - others - within_blind
