"""A kernel that is fitted with the image."""

import json
from functools import partial
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from tests.bare import CLEAN, made, target
from untrained.average import NoAverage
from untrained.command.build import Given, build_data
from untrained.command.callbacks import build_metric
from untrained.degradation.blur import Blur
from untrained.degradation.identity import Identity
from untrained.degradation.unknown_blur import UnknownBlur
from untrained.fit import Fit, seeded_generators
from untrained.generator.dd import DeepDecoder
from untrained.latent import Uniform
from untrained.problem import Problem
from untrained.python.restore import restore
from untrained.trainer.prior import ImagePrior
from untrained.twin import Twin

SMALL = {"size": 5, "hidden": 20, "kernel": "gaussian", "sigma": 0.5}
SHAPE = (1, 1, 24, 20)
SEEN = torch.rand(SHAPE, generator=torch.Generator().manual_seed(1))


def fit_of(fits=1, lr=1e-4, **words):
    """Make a small fit of a blurred picture, and return it with its target."""
    degradation = UnknownBlur(**SMALL, lr=lr)
    make = partial(DeepDecoder, width=8, depth=2)
    generators = seeded_generators(make, 8, SHAPE, 0, fits)
    problem = Problem(degradation, nn.MSELoss(), **words)
    return Fit(problem, generators, Uniform(8, jitter=0.01), NoAverage()), degradation.observe(SEEN)


def stepped(fit, optimizer, seen, numbers):
    for number in numbers:
        step = fit(number, seen)
        optimizer.zero_grad()
        step.total.backward()
        optimizer.step()
    return step


@pytest.mark.parametrize(("size", "sides"), [(5, (5, 5)), ([3, 7], (3, 7))])
def test_the_kernel_is_a_share_for_each_pixel(size, sides):
    kernel = UnknownBlur(size=size, kernel="gaussian", sigma=0.2).kernel()
    assert kernel.shape == sides
    assert kernel.min() > 0
    assert kernel.sum().item() == pytest.approx(1, abs=1e-6)


def test_the_kernel_starts_in_the_middle_or_evenly():
    """Its network starts with nearly equal numbers."""
    even = UnknownBlur(size=[9, 13], start=None).kernel()
    assert even.max() < 1.5 * even.min()
    kernel = UnknownBlur(size=[9, 13], start=0.2).kernel()
    rows, columns = torch.arange(9.0) - 4, torch.arange(13.0) - 6
    for sides, places in ((kernel.sum(1), rows), (kernel.sum(0), columns)):
        share = len(places)
        assert (sides * places).sum().item() == pytest.approx(0, abs=0.2)
        deviation = (sides * places**2).sum().sqrt().item()
        assert deviation == pytest.approx(0.2 * share, rel=0.15)


def test_its_network_is_that_of_the_authors():
    first, relu, last = UnknownBlur(size=31).network
    assert (first.in_features, first.out_features, last.out_features) == (200, 1000, 31 * 31)
    assert isinstance(relu, nn.ReLU6)


def test_it_is_drawn_from_its_seed_alone():
    one = UnknownBlur(**SMALL, seed=1)
    torch.manual_seed(7)
    assert torch.equal(UnknownBlur(**SMALL, seed=1).kernel(), one.kernel())
    assert not torch.equal(UnknownBlur(**SMALL, seed=2).kernel(), one.kernel())


def test_it_blurs_as_a_known_kernel_does():
    unknown = UnknownBlur(**SMALL)
    known = Blur(unknown.found_kernel().numpy())
    torch.testing.assert_close(unknown(SEEN).detach(), known(SEEN))
    assert unknown.shape(unknown(SEEN)) == SHAPE
    assert torch.equal(unknown.visible(SEEN), known.visible(SEEN))


def test_a_picture_is_blurred_by_the_true_kernel_and_stays_in_its_place():
    point = np.ones((1, 1))
    unknown = UnknownBlur(size=[5, 9], kernel=point)
    torch.testing.assert_close(unknown.observe(SEEN), unknown.visible(SEEN))
    unknown = UnknownBlur(size=[5, 9], kernel=np.ones((3, 5)))
    expected = Blur(np.pad(np.ones((3, 5)), ((1, 1), (2, 2))))(SEEN)
    torch.testing.assert_close(unknown.observe(SEEN), expected)


def test_beside_the_true_image_the_true_kernel_is_found():
    unknown = UnknownBlur(size=7, hidden=50, kernel="motion", length=5, angle=0)
    seen = unknown.observe(SEEN)
    optimizer = torch.optim.Adam(unknown.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        mse_loss(unknown(SEEN), seen).backward()
        optimizer.step()
    true = torch.zeros(7, 7)
    true[3, 1:6] = 0.2
    assert (unknown.found_kernel() - true).abs().max() < 0.02


def test_the_kernel_has_a_learning_rate_of_its_own_which_the_schedule_lowers_too():
    fit, seen = fit_of(lr=1e-3)
    schedule = partial(torch.optim.lr_scheduler.MultiStepLR, milestones=[1], gamma=0.5)
    prior = ImagePrior(fit, partial(torch.optim.Adam, lr=0.01), schedule)
    optimizer, scheduler = prior.made["optimizer"], prior.made["lr_scheduler"]["scheduler"]
    before = fit.problem.degradation.found_kernel()
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, 1e-3]
    counts = [len(group["params"]) for group in optimizer.param_groups]
    assert counts == [len([*fit.generators.parameters()]), 4]
    stepped(fit, optimizer, seen, range(1))
    scheduler.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.005, 5e-4]
    assert not torch.equal(fit.problem.degradation.found_kernel(), before)


def test_an_optimizer_of_one_rate_is_told_how_to_have_one():
    constant = partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0)
    with pytest.raises(
        ValueError, match=r"^optimizer: LBFGS .*; degradation\.lr=null takes one rate"
    ):
        ImagePrior(fit_of()[0], torch.optim.LBFGS, constant)
    assert ImagePrior(fit_of(lr=None)[0], torch.optim.LBFGS, constant).made


def test_the_objective_is_ssim_unless_another_is_typed(configure):
    words = ["degradation=unknown_blur"]
    assert configure(*words).objective._target_.endswith("SSIM")
    assert configure(*words, "objective=mse").objective._target_.endswith("MSELoss")
    config = configure("experiment=selfdeblur")
    assert config.objective._target_.endswith("SSIM")
    assert (config.degradation.lr, config.optimizer.lr) == (1e-4, 0.01)
    assert config.scheduler.milestones == [2000, 3000, 4000]


def test_without_a_rate_of_its_own_the_kernel_has_that_of_the_networks():
    fit, _ = fit_of(lr=None)
    assert [id(each) for each in fit.groups()] == [id(each) for each in fit.parameters()]


def test_a_fit_of_a_known_degradation_hands_its_optimizer_what_it_always_did():
    fit = made()
    assert isinstance(fit.problem.degradation, Identity)
    assert fit.parameters_of_a == []
    assert [id(each) for each in fit.groups()] == [id(each) for each in fit.parameters()]
    assert fit(0, target()).images.shape == CLEAN.shape


def test_the_numbers_of_the_kernel_s_network_are_counted():
    fit, _ = fit_of()
    of_kernel = 200 * 20 + 20 + 20 * 25 + 25
    assert fit.count == sum(each.numel() for each in fit.generators.parameters()) + of_kernel


def test_a_fit_that_is_cut_in_two_goes_on_bit_for_bit(tmp_path):
    whole, seen = fit_of()
    expected = stepped(whole, torch.optim.Adam(whole.groups(), lr=0.01), seen, range(6))
    cut, _ = fit_of()
    optimizer = torch.optim.Adam(cut.groups(), lr=0.01)
    stepped(cut, optimizer, seen, range(3))
    torch.save([cut.state_dict(), optimizer.state_dict()], tmp_path / "cut")
    again, _ = fit_of()
    optimizer = torch.optim.Adam(again.groups(), lr=0.01)
    for each, state in zip((again, optimizer), torch.load(tmp_path / "cut"), strict=True):
        each.load_state_dict(state)
    assert torch.equal(stepped(again, optimizer, seen, range(3, 6)).images, expected.images)
    kernels = [each.problem.degradation.found_kernel() for each in (whole, again)]
    assert torch.equal(*kernels)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"fits": 2}, r"^fits must be 1 if the degradation is fitted too"),
        ({"twin": Twin(1)}, r"^twin\.epsilon must be 0 if the degradation is fitted too"),
    ],
)
def test_several_networks_would_need_several_kernels(words, line):
    with pytest.raises(ValueError, match=line):
        fit_of(**words)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"size": 4}, "size must be an odd number"),
        ({"size": [5, 4]}, "size must be one odd number, or two, [h,w], up to"),
        ({"size": 1}, "size must be at least 3"),
        ({"size": 0}, "size must be a whole number from 1 up"),
        ({"size": "large"}, "size must be a whole number from 1 up"),
        ({"size": None}, "size must be a whole number from 1 up"),
        ({"size": [3]}, "size must be one odd number, or two, "),
        ({"hidden": 0}, "hidden must be a whole number from 1 up"),
        ({"lr": 0}, "lr must be a number over 0"),
        ({"lr": "fast"}, "lr must be a number over 0"),
        ({"start": 0}, "start must be a number over 0"),
        ({"start": "middle"}, "start must be a number over 0"),
        ({"seed": -1}, "seed must be a whole number from 0 up"),
        ({"kernel": "nowhere.png"}, "kernel 'nowhere.png' does not exist"),
        ({"kernel": "gaussian", "length": 3}, "length is for kernel=motion"),
    ],
)
def test_bad_words_are_refused_in_a_line(words, line):
    with pytest.raises(ValueError, match="^[^\n]*$") as error:
        UnknownBlur(**words)
    assert str(error.value).startswith(line)


def test_a_kernel_that_is_too_large_or_too_small_is_refused():
    image = torch.zeros(1, 1, 16, 20)
    with pytest.raises(
        ValueError,
        match=r"^degradation\.size=7: a kernel of 7 x 7 .*a smaller degradation\.size leaves",
    ):
        UnknownBlur(size=7).cropped(image)
    with pytest.raises(
        ValueError, match=r"^degradation\.size must be at least 11 x 11, as the ker"
    ):
        UnknownBlur(size=5).observe(image)
    with pytest.raises(
        ValueError, match=r"^degradation\.size must be at most that of the target, 16"
    ):
        UnknownBlur(size=17).given(image)


@pytest.mark.parametrize(
    ("words", "shift", "border"),
    [
        ([], 5, 5),
        (["metric.border=8"], 5, 8),
        (["image.size=40"], 4, 4),
        (["image.size=31"], 0, 0),
        (["metric.shift=0"], 0, 0),
        (["metric.shift=2", "metric.border=3"], 2, 3),
        (["degradation.size=7", "degradation.length=5"], 3, 3),
    ],
)
def test_the_image_is_compared_at_its_best_place_unless_another_is_typed(
    configure, words, shift, border
):
    first = ["degradation=unknown_blur", "degradation.size=21", "image=camera", "image.size=64"]
    typed = {word.partition("=")[0]: word for word in [*first, *words]}
    config = configure(*typed.values())
    metric = build_metric(config, build_data(config, Given()))
    assert (metric.shift, metric.border) == (shift, border)


WORDS = ("degradation=unknown_blur", "degradation.size=5", "degradation.length=5", "steps=4")
WORDS = (*WORDS, "image=camera", "image.size=32", "model.width=4", "model.depth=2", "fits=1")
WORDS = (*WORDS, "stopping=[]", "refinement=none", "~callbacks.video", "logger=none")
WORDS = (*WORDS, "checkpoint.keep=0", "hydra.run.dir=run")


@pytest.mark.usefixtures("undrawn")
def test_a_run_leaves_the_kernel_and_goes_on_to_the_same_one(run, monkeypatch):
    assert run(*WORDS)[0] == 0
    kernel = np.load("run/kernel.npy")
    assert kernel.shape == (5, 5)
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    drawn = iio.imread("run/kernel.png")
    assert np.array_equal(drawn, np.rint(255 * kernel / kernel.max()).astype(np.uint8))
    summary = json.loads(Path("run/summary.json").read_text())
    assert summary["parameters"] > 200 * 1000
    cut = [word for word in WORDS if not word.startswith(("steps", "hydra"))]
    assert run(*cut, "steps=2", "hydra.run.dir=cut")[0] == 0
    assert run("resume=cut", "steps=4")[0] == 0
    assert np.array_equal(np.load("cut/kernel.npy"), kernel)
    pictures = [Path(name, "reconstruction.png").read_bytes() for name in ("run", "cut")]
    assert pictures[0] == pictures[1]


def test_restore_leaves_the_object_as_it_is_and_gives_the_kernel():
    unknown = UnknownBlur(**SMALL)
    before = unknown.found_kernel()
    seen = unknown.observe(SEEN)[0, 0].numpy()
    words = ("model.width=4", "model.depth=2")
    results = [restore(seen, *words, degradation=unknown, steps=3, progress=False) for _ in "ab"]
    assert torch.equal(unknown.found_kernel(), before)
    assert np.array_equal(results[0].image, results[1].image)
    assert results[0].image.shape == seen.shape
    assert not torch.equal(results[0].fit.problem.degradation.found_kernel(), before)
