"""What a run has left in its folder."""

import csv
import json
from pathlib import Path

import torch

from untrained.record.name import CHECKPOINT


def summary(folder="run"):
    return json.loads(Path(folder, "summary.json").read_text())


def rows(folder="run"):
    with Path(folder, "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def checkpoint(folder="run"):
    """Return what a run is resumed from; `resume` reads it with `weights_only`, at leisure."""
    return torch.load(Path(folder, CHECKPOINT), weights_only=False)


def state(folder="run"):
    """Return every tensor of the fit: weights, averages, codes."""
    found = checkpoint(folder)["state_dict"]
    return {key: value for key, value in found.items() if torch.is_tensor(value)}


def weights(folder="run"):
    """Return the weights of the networks; there are some."""
    every = state(folder)
    found = {key: every[key] for key in every if key.startswith("fit.generators.")}
    assert found
    return found


def rules(folder="run"):
    """Return the states of the stopping rules, by name."""
    return checkpoint(folder)["callbacks"]["Watch"]["watchers"]["stopping"]["rules"]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)
