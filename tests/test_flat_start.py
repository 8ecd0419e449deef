"""The first image of a fit has the colour of the target (`flat_start`)."""

from argparse import Namespace
from copy import deepcopy

import numpy as np
import pytest
import torch
from imageio.v3 import imread, imwrite
from torch import nn

from untrained.degradation.function import as_degradation
from untrained.degradation.mri import Mri
from untrained.fit import start_at

FIT = (
    "degradation=inpainting",
    "degradation.mask=mask.png",
    "image.path=brown.png",
    "steps=60",
    "model.width=16",
    "baseline=[]",
    "~callbacks.video",
)


@pytest.fixture
def hole(tmp_path):
    """A brown picture with a wave in it, and a mask that hides a quarter of it."""
    rows, columns = np.mgrid[:48, :48]
    wave = 20 * np.sin(rows / 4) * np.cos(columns / 5)
    picture = np.array([170, 90, 40]) + wave[..., None]
    imwrite(tmp_path / "brown.png", picture.astype(np.uint8))
    known = np.ones((48, 48), bool)
    known[12:36, 12:36] = False
    imwrite(tmp_path / "mask.png", (255 * known).astype(np.uint8))
    return ~known


def test_a_hole_gets_the_colour_of_what_is_around_it(run, undrawn, hole):
    assert run(*FIT, "hydra.run.dir=flat")[0] == 0
    assert run(*FIT, "flat_start=false", "hydra.run.dir=not")[0] == 0
    found = [imread(f"{folder}/network.png")[hole].mean(0) for folder in ("flat", "not")]
    errors = [np.abs(each - [170, 90, 40]).max() for each in found]
    assert errors[0] < 20, found
    assert errors[1] > 2 * errors[0], found


def difference(image):
    """A function of images that leaves nothing of their mean but rounding."""
    return image - 0.3 * image.roll(1, -1) - 0.7 * image.roll(2, -1)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (difference, 0.5),
        (torch.sqrt, 0.5),  # without a finite slope at 0
        (torch.zeros_like, 0.5),  # does not depend on the image
        (lambda image: image / 4, 0.3),
    ],
)
def test_a_colour_that_is_not_measured_is_the_middle(function, expected):
    target = function(torch.full((1, 2, 37, 37), 0.3))
    assert as_degradation(function).colour(target).tolist() == pytest.approx([expected] * 2)


def test_coils_without_the_middle_of_k_space_start_at_0():
    kspace = torch.randn(2, 37, 37, 2)
    degradation = Mri(mask=np.arange(37) > 25)
    assert not degradation.colour(degradation.given(kspace)).any()


@pytest.mark.parametrize("last", [nn.Conv2d(4, 12, 3), nn.Flatten(), Namespace(bias=True)])
def test_a_last_layer_that_is_no_colour_is_let_be(last):
    before = deepcopy(last)
    start_at(Namespace(last=last), torch.full((3,), 0.2))
    if isinstance(last, nn.Module):
        before, last = before.state_dict(), last.state_dict()
    assert str(before) == str(last)
