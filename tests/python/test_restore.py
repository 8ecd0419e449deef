import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import imageio.v3 as iio
import numpy as np
import pytest
import torch

import untrained
from untrained.image import read
from untrained.python.usual import single_precision

WORDS = ("model.width=4", "model.depth=1", "steps=12")
# For those who do not look at the fit.
BARE = (*WORDS[:2], "steps=3", "optimizer=adam", "stopping=[]", "refinement=none")


@pytest.fixture
def noisy(tmp_path):
    path = tmp_path / "noisy.png"
    iio.imwrite(path, np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8))
    return path


@pytest.mark.usefixtures("undrawn")
def test_from_python_it_is_the_fit_of_the_command_line_bit_for_bit(noisy, run):
    array = iio.imread(noisy)
    result = untrained.restore(array, *WORDS, model="dip", channel_axis=-1, progress=False)
    code, *_ = run(
        f"target.path={noisy}",
        "model=dip",
        *WORDS,
        "~callbacks.video",
        "checkpoint.keep=0",
        "hydra.run.dir=run",
    )
    assert code == 0
    assert np.array_equal(iio.imread("run/reconstruction.png"), result.image)
    loaded = untrained.load("run")
    last = zip(result.fit.generators[0].state_dict().values(), saved("run"), strict=True)
    assert all(torch.equal(*pair) for pair in last)
    assert loaded.step == result.steps - 1


@pytest.mark.parametrize("axis", [0, 2])
def test_bands_come_back_in_their_order_with_a_mask_for_each(axis):
    cube = np.random.default_rng(0).random((24, 20, 5), np.float32)
    known = np.random.default_rng(1).random((24, 20, 5)) < 0.7
    cube, known = np.moveaxis(cube, 2, axis), np.moveaxis(known, 2, axis)
    words = {"channel_axis": axis, "clean": cube, "progress": False, "fits": 2}
    masked = untrained.restore(cube, *BARE, degradation=untrained.Inpainting(mask=known), **words)
    assert masked.image.shape == masked.uncertainty.shape == cube.shape
    assert np.array_equal(masked.image[known], cube[known])
    assert (masked.image[~known] != cube[~known]).any()


def saved(folder):
    checkpoint = torch.load(f"{folder}/record/last.ckpt", weights_only=True)
    state = checkpoint["state_dict"].items()
    return [value for name, value in state if name.startswith("fit.generators")]


def test_the_clean_image_is_for_the_curves_alone():
    noisy, clean = torch.rand(2, 24, 20)
    with_clean = untrained.restore(noisy, *WORDS, clean=clean, progress=False)
    without = untrained.restore(noisy, *WORDS, progress=False)
    assert torch.equal(with_clean.image, without.image)
    assert with_clean.quality["psnr"] > 0
    assert not without.quality
    assert "psnr/last" in with_clean.curves
    assert with_clean.picks.keys() >= {"blind", "emv"}


def test_baselines_are_those_that_were_typed():
    noisy = torch.rand(24, 20)
    assert untrained.restore(noisy, *BARE, progress=False).baselines == {}
    result = untrained.restore(noisy, *BARE, baseline=["nlm", "median"], progress=False)
    assert list(result.baselines) == ["nlm", "median"]
    assert result.baselines["nlm"].shape == noisy.shape
    assert isinstance(result.baselines["nlm"], torch.Tensor)
    alone = untrained.Median()(noisy[None, None], untrained.Identity())
    assert torch.equal(result.baselines["median"], alone[0, 0])


def test_several_fits_have_an_uncertainty():
    result = untrained.restore(torch.rand(24, 20), *BARE, fits=2, progress=False)
    assert result.uncertainty.shape == (24, 20)


def test_a_mask_may_be_an_array_and_known_pixels_stay():
    target, known = np.random.default_rng(1).random((24, 20)), np.ones((24, 20), bool)
    known[4:9, 5:11] = False
    degradation = untrained.Inpainting(mask=known)
    result = untrained.restore(target, *BARE, degradation=degradation, progress=False)
    assert np.allclose(result.image[known], target[known])
    assert result.network.shape == (24, 20)
    assert np.abs(result.image[~known] - target[~known]).max() > 0


def test_noise_beside_a_degradation_of_the_users_own_says_that_the_target_has_some():
    target, words = torch.rand(20, 20), (*BARE, "noise.sigma=10")
    result = untrained.restore(target, *words, degradation=lambda x: x.flip(-1), progress=False)
    assert result.fit.problem.noisy
    with pytest.raises(ValueError, match=r"^noise\.sigma is for a simulated target"):
        untrained.restore(target, *words, progress=False)


def test_the_result_of_a_small_picture_is_large():
    result = untrained.restore(
        torch.rand(16, 16),
        *BARE,
        "degradation.factor=2",
        degradation="downsampling",
        progress=False,
    )
    assert result.image.shape == (32, 32)


def test_two_threads_fit_side_by_side():
    noisy, found = torch.rand(20, 20), []

    def restore():
        found.append(untrained.restore(noisy, *WORDS, progress=False))

    threads = [threading.Thread(target=restore) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(found[0].image, found[1].image)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"model": "vae"}, "vae does not exist; options: convdecoder, dd, dip"),
        ({"lr": 3}, "lr is not a setting"),
        ({"steps": 0}, "steps must be a whole number from 1 up, got 0"),
        ({"degradation": "inpainting"}, "mask is needed"),
    ],
)
def test_a_bad_word_is_one_line(words, line):
    with pytest.raises(ValueError, match=line) as caught:
        untrained.restore(torch.rand(20, 20), progress=False, **words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("photo.jpg", "'photo.jpg' is not a setting, such as"),
        (3, "3 is not a setting, such as"),
        (
            "target.path=a.png",
            "target.path=a.png works only on the command line; the target is the array",
        ),
        ("image.path=a.png", "image.path=a.png works only on the command line; clean="),
        (
            "resume=outputs/a",
            "resume=outputs/a works only on the command line; a fit in memory has no",
        ),
        ("hydra.run.dir=a", "hydra.run.dir=a works only on the command line"),
    ],
)
def test_what_means_nothing_from_python_is_refused(word, line):
    with pytest.raises(ValueError, match=line):
        untrained.restore(torch.rand(20, 20), word, progress=False)


def test_what_is_wrong_with_the_machine_is_one_line_too(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ValueError, match="accelerator=gpu") as caught:
        untrained.restore(torch.rand(20, 20), accelerator="gpu", progress=False)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("degradation", [3, untrained.Inpainting])
def test_what_is_no_degradation_is_refused(degradation):
    with pytest.raises(ValueError, match="degradation must be a name or an object"):
        untrained.restore(torch.rand(20, 20), degradation=degradation, progress=False)


def test_every_name_of_the_package_is_there():
    assert all(getattr(untrained, name) for name in untrained.__all__)
    assert set(untrained.__all__) == set(dir(untrained))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        untrained.nothing  # noqa: B018


def test_a_photo_and_its_array_are_the_same_target(noisy):
    image = read(noisy)
    first = untrained.restore(image, *BARE, progress=False)
    second = untrained.restore(iio.imread(noisy), *BARE, channel_axis=-1, progress=False)
    assert np.array_equal((first.image[0].permute(1, 2, 0) * 255).round(), second.image)


@pytest.mark.parametrize(
    ("words", "options", "line"),
    [
        ((), {"image": "camera"}, "^image=camera works only on the command line; clean="),
        ((), {"resume": "a"}, "^resume=a works only on the command line; a fit in memory"),
        (("model=dip,dd",), {}, r"^model=dip,dd: several values are a sweep, which -m asks for$"),
        ((), {"model": ["dip", "dd"]}, r"^model=\[dip,dd\]: choose one of its options"),
        ((), {"model": 3}, "^model=3: choose one of its options, convdecoder"),
    ],
)
def test_a_word_that_means_nothing_in_memory_is_named(words, options, line):
    with pytest.raises(ValueError, match=line):
        untrained.restore(np.zeros((16, 16)), *words, progress=False, **options)


@pytest.mark.parametrize("factor", [float("nan"), 1e30])
def test_a_first_step_that_overflows_is_refused(factor):
    noisy = torch.rand(1, 3, 16, 16)
    with pytest.raises(
        ValueError, match="^overflow: the loss of the first step is .*cannot begin$"
    ):
        untrained.restore(noisy, *WORDS, degradation=lambda x: factor * x, progress=False)


def test_a_loss_without_a_gradient_is_refused():
    noisy = torch.rand(1, 3, 16, 16)
    with pytest.raises(
        ValueError, match="^model, degradation and objective must be of PyTorch's own"
    ):
        untrained.restore(noisy, *WORDS, degradation=lambda x: x.detach(), progress=False)


@contextmanager
def default_dtype(number):
    torch.set_default_dtype(number)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


def test_the_bits_are_the_same_whatever_pytorch_was_told_and_its_state_stays():
    noisy = torch.rand(20, 20)
    modes = [
        nullcontext(),
        torch.inference_mode(),
        torch.autocast("cpu", torch.bfloat16),
        torch.device("meta"),
        default_dtype(torch.float64),
    ]
    state, found = torch.get_rng_state(), []
    for mode in modes:
        with mode:
            found.append(untrained.restore(noisy, *WORDS, progress=False).image)
    assert all(torch.equal(each, found[0]) for each in found)
    assert torch.equal(torch.get_rng_state(), state)


def test_two_threads_leave_the_default_type_as_it_was_whoever_ends_first():
    with default_dtype(torch.float64):
        first, second = single_precision(), single_precision()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float32, "the second still needs it"
        second.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float64


def test_a_default_type_that_is_set_between_two_threads_is_the_one_that_stays():
    first, second = single_precision(), single_precision()
    first.__enter__()
    with default_dtype(torch.float64):
        second.__enter__()
        second.__exit__(None, None, None)
        first.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float64


def test_fits_in_a_pool_under_another_default_type_have_the_bits_of_one_alone():
    noisy = torch.rand(2, 20, 20)
    words = {"progress": False, "seed": 3}
    alone = [untrained.restore(each, *BARE, **words).image for each in noisy]
    state = torch.get_rng_state()
    with default_dtype(torch.float64), ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda each: untrained.restore(each, *BARE, **words).image, noisy))
        assert torch.get_default_dtype() == torch.float64
    assert all(map(torch.equal, found, alone))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_clean_image_of_another_shape_is_called_clean():
    with pytest.raises(ValueError, match="^clean is 20 x 22, 1 channel and the target needs 20 x"):
        untrained.restore(torch.rand(20, 20), *WORDS, clean=torch.rand(20, 22), progress=False)


@pytest.mark.parametrize("value", [0, 0.5])
def test_a_target_that_shows_nothing_is_refused(value):
    line = f"^target has the value {value} throughout: there is nothing to restore$"
    with pytest.raises(ValueError, match=line):
        untrained.restore(np.full((20, 20), float(value)), *WORDS, progress=False)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"model": {"width": 4}}, "^model must be the name of an option, got a dict"),
        ({"degradation.mask": np.ones((20, 20))}, r"^degradation.mask must not be an array"),
    ],
)
def test_a_dict_or_an_array_in_the_place_of_a_setting_is_refused(options, line):
    with pytest.raises(ValueError, match=line):
        untrained.restore(np.zeros((20, 20)), progress=False, **options)


def test_a_function_of_the_user_s_own_has_not_the_settings_of_a_noisy_picture(configure):
    """Few channels at the fine scales, and more steps, are for a noisy picture alone."""

    def weights(degradation, *words):
        words = ("model.depth=2", *words)
        noisy = np.random.default_rng(0).random((32, 32))
        done = untrained.restore(noisy, *words, steps=1, degradation=degradation, progress=False)
        return sum(each.numel() for each in done.fit.parameters())

    wide = weights(lambda images: images.flip(3))
    assert wide == weights(torch.nn.Identity(), "model.width=64") > weights(torch.nn.Identity())
    assert configure("recipe/degradation=none").steps == 1000


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_target_of_inference_mode_is_fitted(is_inside):
    with torch.inference_mode():
        target = torch.rand(1, 1, 20, 24)
    with torch.inference_mode() if is_inside else nullcontext():
        assert untrained.restore(target, *BARE, progress=False).image.shape == target.shape
