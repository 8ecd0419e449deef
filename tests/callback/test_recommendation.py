"""The image that is recommended where an average still shows the first images of a short fit."""

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from tests.left import checkpoint, rows, summary
from tests.stopping.trajectory import problem
from untrained import image
from untrained.callback.recommendation import recommendation
from untrained.callback.run import Last, Run
from untrained.degradation.blur import Blur
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.inpainting import Inpainting
from untrained.degradation.mosaic import Mosaic
from untrained.metric import Metric
from untrained.noise.gaussian import Gaussian

pytestmark = pytest.mark.usefixtures("undrawn")

BARE = (
    "model.depth=3",
    "hydra.run.dir=run",
    "~callbacks.video",
    "baseline=[]",
    "logger=none",
    "checkpoint.keep=0",
    "refinement=none",
)


def images():
    return checkpoint()["images"]


@pytest.mark.parametrize(
    ("model", "steps", "choose"),
    [("dip", 21, "null"), ("dd", 21, "blind")],
)
def test_an_average_of_a_short_fit_gives_way_to_the_reconstruction(run, model, choose, steps):
    words = (*BARE, f"model={model}", "average=exponential", "image.size=32", "model.width=16")
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


def test_a_rule_that_is_detected_has_its_average(run):
    words = (*BARE, "model=dip", "image.size=16", "model.width=4", "stopping=[fixed]")
    words = (*words, "average=exponential", "stopping.fixed.step=4", "stopping.choose=fixed")
    run(*words, "steps=8")
    found = summary()["reconstruction"]
    assert (found["kind"], found["step"], found["detected"]) == ("average", 4, True)
    assert found["psnr"] == summary()["stopping"]["fixed"]["psnr"] != summary()["psnr"]["average"]


CLEAN = torch.linspace(0, 1, 20).expand(1, 3, 24, 20)
LAST, AVERAGE = CLEAN.lerp(CLEAN.flip(3), 0.1), CLEAN.lerp(CLEAN.flip(3), 0.3)


def ended(
    degradation=None, noisy=True, target=None, average=AVERAGE, age=0.0, done=100, results=None
):
    """Make a run that has ended, of which only the last images are known."""
    of = problem(degradation, noisy=noisy)
    target = of.degradation(CLEAN) if target is None else target
    last = Last(LAST, average, results, age)
    return Run(
        *(Path(), CLEAN, target, of, Metric(), done, 7),
        **{"trainer": None, "words": {}, "done": done, "last": last},
    )


def test_without_noise_the_known_pixels_are_put_in_place():
    lost = Inpainting(0.5)
    found = recommendation(ended(lost, noisy=False))
    known = lost.known(CLEAN).expand_as(CLEAN)
    assert torch.equal(found.image[known], CLEAN[known])
    assert torch.equal(found.image, lost.merged(LAST, lost(CLEAN)))
    assert torch.equal(found.network, LAST)


def test_with_noise_the_image_is_the_network_s_own():
    found = recommendation(ended(Inpainting(0.5), noisy=True))
    assert found.image is AVERAGE
    assert found.network is None


def test_where_no_pixel_of_the_image_is_known_none_is_put_in_place():
    found = recommendation(ended(Blur(sigma=1), noisy=False))
    assert found.image is LAST
    assert found.network is None


def test_with_noise_the_image_is_refined_and_the_network_s_own_is_kept():
    run = ended()
    run.refinement = lambda image, target: (image + target) / 2
    found = recommendation(run)
    assert torch.equal(found.image, (AVERAGE + CLEAN) / 2)
    assert found.network is AVERAGE
    assert (found.refined, found.merged, found.kind) == (True, False, "average")
    run.refinement = None
    assert recommendation(run).image is found.image, "it takes long, and is done once"


@pytest.mark.parametrize("age", [0.0, 60.0])
def test_without_noise_the_smaller_residual_is_the_better_image(age):
    assert recommendation(ended(Downsampling(2), noisy=False, age=age)).kind == "last"
    better = ended(Downsampling(2), noisy=False, average=CLEAN, age=age)
    assert recommendation(better).kind == "average"


@pytest.mark.parametrize(("age", "kind"), [(25.0, "average"), (60.0, "last")])
@pytest.mark.parametrize("degradation", [None, Mosaic()], ids=["level seen", "level unknown"])
def test_with_noise_an_average_is_behind_only_where_it_is_old(degradation, age, kind):
    assert recommendation(ended(degradation, age=age, done=101)).kind == kind


def test_with_noise_an_average_that_has_learnt_the_image_is_not_behind_however_old():
    noisy = Gaussian(100)(CLEAN)
    run = ended(target=noisy, average=CLEAN, age=60)
    run.last = run.last._replace(reconstruction=CLEAN.lerp(noisy, 0.5))
    assert recommendation(run).kind == "average"
    run.last = run.last._replace(average=CLEAN.flip(3))
    assert recommendation(run).kind == "last"


def test_what_stands_in_a_lost_pixel_leaves_no_average_behind():
    lost = Inpainting(0.5)
    known = lost.known(CLEAN)
    average = torch.where(known, CLEAN, AVERAGE)
    last = torch.where(known, LAST, CLEAN)
    run = ended(lost, noisy=False, average=average)
    run.last = run.last._replace(reconstruction=last)
    assert recommendation(run).kind == "average"


def test_of_several_fits_the_deviation_is_that_of_their_results():
    results = torch.cat([LAST, AVERAGE])
    found = recommendation(ended(results=results))
    assert torch.equal(found.deviation, results.std(0, keepdim=True))
    assert recommendation(ended()).deviation is None
