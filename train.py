"""Fit an untrained network to one image: `python train.py model=dd noise.sigma=25`."""

from untrained.command.quit import quit_on_signal

if __name__ == "__main__":
    quit_on_signal()

import sys

import hydra
from omegaconf import DictConfig

from untrained.command.argument import settled
from untrained.command.complaint import one_line_errors
from untrained.command.job import run
from untrained.command.pictures import expanded
from untrained.console import steady_output


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def train(config: DictConfig) -> float | None:
    """Run one experiment, or one of a sweep."""
    with steady_output(), one_line_errors(config):
        return run(config)


if __name__ == "__main__":
    with steady_output(), one_line_errors():
        sys.argv[1:] = settled(expanded(sys.argv[1:]))
        train()
