"""Every baseline of `conf/`."""

import pytest
import torch
from hydra.utils import instantiate

from tests.conf.option import built, options
from untrained.metric import psnr

# What makes a target that a baseline is for, where noise of the default kind does not.
TARGETS = {
    "median": ["noise=salt_and_pepper"],
    "biharmonic": ["degradation=inpainting"],
    "nearest": ["degradation=downsampling"],
    "bicubic": ["degradation=downsampling"],
    "lanczos": ["degradation=downsampling"],
    "wiener": ["degradation=blur", "degradation.boundary=circular"],
    "richardson_lucy": ["degradation=blur", "degradation.boundary=circular"],
    "zero_filled": ["degradation=mri"],
    "colour_differences": ["degradation=mosaic"],
    "fbp": ["degradation=tomography"],
    "sart": ["degradation=tomography"],
}
# Those that take longest, made short.
SHORT = {
    "zs_n2n": ["baseline.zs_n2n.steps=60", "image.size=40"],
    "bm3d": ["image.size=32"],
    "sart": ["image.size=40"],
}


@pytest.fixture(autouse=True)
def one_thread(request, monkeypatch):
    """Let BM3D have one thread, where it is installed: several take longer and add in any order."""
    if request.node.callspec.params.get("option") == "bm3d":
        profiles = pytest.importorskip("bm3d.profiles")
        monkeypatch.setattr(profiles.BM3DProfile, "num_threads", 1)


def baseline_of(configure, option):
    """Build a baseline, and A and y of a picture that it is for."""
    words = [f"baseline=[{option}]", *TARGETS.get(option, []), *SHORT.get(option, [])]
    config = configure("image.size=64", *words)
    baseline = instantiate(config.baseline[option], _convert_="all")
    return baseline, built(config, "degradation"), built(config, "noise"), built(config, "image")


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("option", options("baseline"))
def test_a_baseline_is_better_than_its_target_and_the_same_each_time(configure, option, channels):
    baseline, degradation, noise, picture = baseline_of(configure, option)
    if option == "colour_differences" and channels != 3:
        pytest.skip("a mosaic is of three colours")
    clean = picture[:, [0, 1, 2, 1, 0][:channels]]
    target = degradation.masked(noise(degradation(clean)))
    before, state = target.clone(), torch.get_rng_state()
    assert baseline.suits(target, degradation) is None
    image = baseline(target, degradation)
    assert image.shape == clean.shape
    assert image.dtype == torch.float32
    assert image.isfinite().all()
    drawn, shown, known = degradation.view(target)[0], *map(degradation.visible, (image, clean))
    # A square for each pixel is how the target itself is drawn, and k-space with 0 in it.
    assert psnr(shown, known) > psnr(drawn, known) + 1 or option in ("nearest", "zero_filled")
    if channels == 1:
        assert torch.equal(baseline(target, degradation), image)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(target, before)
    assert baseline.name[0].isupper()


@pytest.mark.parametrize("option", options("baseline"))
def test_a_baseline_takes_any_size_and_numbers_outside_of_0_to_1(configure, option):
    baseline, degradation, _, picture = baseline_of(configure, option)
    if option == "zs_n2n":
        baseline.steps = 2
    clean = degradation.cropped(picture[..., :33, :20])
    measurement = degradation(clean)
    noise = torch.randn(measurement.shape, generator=torch.Generator().manual_seed(0))
    image = baseline(degradation.masked(measurement + 0.2 * noise), degradation)
    assert image.shape == clean.shape
    assert image.isfinite().all()


@pytest.fixture(scope="module")
def observed(configure):
    """Every degradation, and what it makes of a picture."""
    picture = built(configure("image.size=32"), "image")
    degradations = [
        built(configure(f"degradation={option}"), "degradation")
        for option in options("degradation")
    ]
    return [(degradation, degradation.observe(picture)) for degradation in degradations]


@pytest.mark.parametrize("option", options("baseline"))
def test_a_baseline_says_which_degradation_it_is_for(configure, observed, option):
    baseline, degradation, _, _ = baseline_of(configure, option)
    for another, target in observed:
        reason = baseline.suits(target, another)
        if reason is None:
            assert baseline(target, another).shape == another.shape(target)
        elif type(another) is not type(degradation):
            assert reason.startswith("it is for degradation=")


@pytest.mark.parametrize("option", options("degradation"))
def test_the_baselines_of_a_degradation_suit_it(configure, option):
    config = configure("image.size=64", f"degradation={option}")
    degradation = built(config, "degradation")
    noise, picture = built(config, "noise"), built(config, "image")
    target = degradation.masked(noise(degradation.observe(degradation.cropped(picture))))
    baselines = [name for name in config.baseline if name != "_target_"]
    assert baselines or option in ("grayscale", "unknown_blur")
    for name in baselines:
        assert instantiate(config.baseline[name]).suits(target, degradation) is None


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["nlm", "tv", "wavelet"]),
        (["noise=poisson"], ["nlm", "tv", "wavelet"]),
        (["noise=salt_and_pepper"], ["median"]),
        (["degradation=inpainting"], ["biharmonic"]),
        (["degradation=inpainting", "noise=salt_and_pepper"], ["biharmonic"]),
        (["degradation=downsampling"], ["tv", "lanczos", "bicubic", "nearest"]),
        (["degradation=blur"], ["tv", "richardson_lucy", "wiener"]),
        (["degradation=mri"], ["tv", "zero_filled"]),
        (["degradation=tomography"], ["tv", "sart", "fbp"]),
        (["degradation=compressed_sensing"], ["tv"]),
        (["degradation=jpeg"], ["nlm", "tv", "wavelet"]),
        (["degradation=mosaic"], ["colour_differences"]),
        (["experiment=hole"], ["biharmonic"]),
        (["experiment=super_resolution"], ["tv", "lanczos", "bicubic", "nearest"]),
        (["degradation=downsampling", "baseline=[lanczos]"], ["lanczos"]),
        (["noise=salt_and_pepper", "baseline=[]"], []),
        (["baseline=bm3d"], ["bm3d"]),
        (["baseline=[]"], []),
        (["~baseline.tv"], ["nlm", "wavelet"]),
    ],
)
def test_the_baselines_are_those_of_the_degradation_unless_they_are_typed(configure, words, names):
    assert list(configure(*words).baseline) == ["_target_", *names]
