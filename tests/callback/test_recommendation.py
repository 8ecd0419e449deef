"""The image that is recommended where an average still shows the first images of a short fit."""

import imageio.v3 as iio
import numpy as np
import pytest

from tests.left import checkpoint, rows, summary
from untrained import image

BARE = ("model.depth=3", "hydra.run.dir=run", "~callbacks.video", "logger=none")


def images():
    return checkpoint()["images"]


@pytest.mark.parametrize("choose", ["null", "blind"])
@pytest.mark.parametrize("model", ["dip", "dd"])
@pytest.mark.parametrize("steps", [21, 51])
def test_an_average_of_a_short_fit_gives_way_to_the_reconstruction(run, model, choose, steps):
    words = (*BARE, f"model={model}", "average=exponential", "image.size=64", "model.width=16")
    run(*words, f"steps={steps}", f"stopping.choose={choose}")
    found = summary()
    assert found["reconstruction"]["kind"] == "last"
    assert found["reconstruction"]["psnr"] == pytest.approx(found["psnr"]["last"])
    assert found["psnr"]["last"] > found["psnr"]["average"] + 1.5
    last = image.pixels(images()["reconstruction"])
    assert np.array_equal(iio.imread("run/reconstruction.png"), last)
    # What a rule that is not detected picked is of the same kind, and so is its gap.
    verdict = found["stopping"]["discrepancy"]
    best = max(float(row["psnr/last"]) for row in rows())
    assert verdict["psnr"] == pytest.approx(found["psnr"]["last"])
    assert verdict["gap_db"] == pytest.approx(best - verdict["psnr"])


def test_a_young_average_is_recommended_however_far_it_is(run):
    words = (*BARE, "model=dip", "average=polynomial", "image.size=64", "model.width=16")
    run(*words, "steps=21", "stopping.choose=null")
    assert summary()["reconstruction"]["kind"] == "average"
    assert summary()["reconstruction"]["psnr"] == summary()["psnr"]["average"]


def test_an_average_that_has_learnt_the_image_is_recommended_however_old(run):
    words = (*BARE, "model=dip", "image.size=32", "model.width=16", "noise.sigma=100")
    run(*words, "average=snapshot", "average.start=0", "steps=150", "stopping.choose=null")
    found = summary()
    assert found["reconstruction"]["kind"] == "average"
    assert found["psnr"]["average"] > found["psnr"]["last"]


def test_a_rule_that_is_detected_has_its_average(run):
    words = (*BARE, "model=dip", "image.size=64", "model.width=16", "stopping=[fixed]")
    run(*words, "stopping.fixed.step=9", "steps=21", "stopping.choose=fixed")
    found = summary()["reconstruction"]
    assert (found["kind"], found["step"], found["detected"]) == ("average", 9, True)
