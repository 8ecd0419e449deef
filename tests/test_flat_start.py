"""The first image of a fit has the colour of the target (`flat_start`)."""

import numpy as np
import pytest
from imageio.v3 import imread, imwrite

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
