from types import SimpleNamespace

import pytest
import torch

from untrained.command import foresight
from untrained.degradation.downsampling import Downsampling
from untrained.degradation.identity import Identity
from untrained.degradation.mri import Mri
from untrained.degradation.unknown_blur import UnknownBlur


@pytest.fixture
def free(monkeypatch):
    def have(count):
        monkeypatch.setattr(foresight, "available_memory", lambda: count)

    return have


def test_what_has_no_room_is_refused_with_the_words_that_fit(free, run, tmp_path):
    free(2**30)
    words = ["model=dd", "model.width=8", "model.depth=2", "steps=1"]
    code, _, err = run("image.size=[2000,3000]", *words)
    assert code == 1
    assert err.startswith("image of 2000 x 3000 pixels: its fit may take ")
    assert "1.0 GiB are free; tile.size=512 fits it in tiles, image.size=" in err
    side = int(err.rpartition("image.size=")[2].split()[0])
    assert 256 < side < 2500
    assert not list(tmp_path.iterdir())


def test_a_machine_that_is_nearly_full_is_refused_too(free, run):
    free(2**26)
    code, _, err = run("image.size=64", "model.width=8", "model.depth=2", "steps=1")
    assert code == 1
    assert err.startswith("image of 64 x 64 pixels: its fit may take ")
    assert err.count("\n") == 1


@pytest.fixture
def small(monkeypatch):
    """Measure on small images, for tests that compare what is measured."""
    monkeypatch.setattr(foresight, "SIDES", (64, 128))


def test_a_wider_network_needs_more(configure, small):
    narrow, wide = (
        foresight.needed(configure("model=dd", f"model.width={width}"), 3)[1] for width in (8, 64)
    )
    assert 4 < wide / narrow < 12


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        (("model=pixels",), 150, 400),
        (("model=siren", "model.width=64"), 2000, 8000),
        (("model=unet", "model.width=16"), 700, 3000),
        (("model=convdecoder", "model.width=16"), 300, 2000),
    ],
)
def test_each_model_needs_what_it_was_seen_to_take(configure, words, least, most):
    """Bytes a pixel; `peak_memory_mb` of runs at 256 x 256 was up to a tenth below or above."""
    assert least < foresight.needed(configure(*words), 3)[1] < most


def test_a_code_that_is_fitted_is_kept_in_each_snapshot(configure, small):
    words = ("model=dip", "model.width=8", "latent.channels=32", "optimizer=adam")
    fixed, learned = (
        foresight.needed(configure(*words, f"latent.learn={learn}"), 3)[1]
        for learn in (False, True)
    )
    # The code, its gradient and two moments, each of 4 bytes, and three of them twice more.
    assert learned - fixed > (3 + 2 * 3) * 32 * 4


def test_a_small_picture_is_not_looked_at(free, configure, monkeypatch):
    free(2**34)
    monkeypatch.setattr(foresight, "needed", None)
    foresight.check_memory(configure(), (1, 3, 256, 256))
    free(None)  # Nobody knows.
    foresight.check_memory(configure(), (1, 3, 8000, 8000))


def test_as_many_tiles_at_once_as_the_memory_is_enough_for(free, configure, monkeypatch):
    monkeypatch.setattr(foresight, "needed", lambda *_: (1e9, 1000.0))
    free(5.5e9)
    assert foresight.fits_at_once(configure(), (1, 3, 1000, 1000)) == 2


@pytest.mark.parametrize(
    ("degradation", "target", "word"),
    [
        (Identity(), (12000, 16000), "target.size=9984"),
        (Downsampling(factor=4), (3000, 4000), "target.size=2496"),
    ],
)
def test_a_whole_picture_that_is_too_large_for_the_memory_is_refused(
    free, configure, degradation, target, word
):
    data = Data(degradation, (1, 3, 12000, 16000), (1, 3, *target))
    config = configure("target.path=photo.png")
    free(2**36)
    foresight.check_whole(config, data)
    free(2**34)
    line = r"^image of 12000 x 16000 pixels: to put it together from tiles may take 40 GiB"
    with pytest.raises(ValueError, match=line) as caught:
        foresight.check_whole(config, data)
    assert str(caught.value).endswith(f"16 GiB are free; {word} makes it smaller")


class Data:
    """What `check_memory` looks at of the data."""

    def __init__(self, degradation, shape, target):
        self.degradation, self.shape = degradation, shape
        self.observation = SimpleNamespace(target=torch.empty(target, device="meta"))


def test_the_network_of_a_kernel_is_counted(free, configure, monkeypatch):
    monkeypatch.setattr(foresight, "needed", lambda *_: (2.0**28, 1000.0))
    shape = (1, 3, 64, 64)
    free(2**30)
    foresight.check_memory(configure(), shape, Data(UnknownBlur(size=5), shape, shape))
    with pytest.raises(ValueError, match=r"^image of 64 x 64 pixels: its fit may take \d"):
        foresight.check_memory(
            configure(), shape, Data(UnknownBlur(size=31, hidden=20000), shape, shape)
        )


@pytest.mark.parametrize(
    ("degradation", "words", "hint"),
    [
        (Identity(), (), "tile.size=512 fits it in tiles, image.size="),
        (Mri(), (), "free; image.size="),
        (Mri(), ("target.path=k.npy", "model.width=64"), "free; model.width=32 takes less"),
        (Downsampling(4), ("target.path=a.png",), "in tiles, target.size=256 makes"),
    ],
)
def test_what_is_advised_is_possible(free, configure, monkeypatch, degradation, words, hint):
    monkeypatch.setattr(foresight, "needed", lambda *_: (0.0, 700.0))
    free(2**30)
    shape = (1, 3, 4096, 4096)
    small = (1, 3, 1024, 1024)
    target = small if isinstance(degradation, Downsampling) else shape
    with pytest.raises(ValueError, match="^image of 4096 x 4096 pixels") as error:
        foresight.check_memory(configure(*words), shape, Data(degradation, shape, target))
    assert hint in str(error.value)


def test_no_size_is_advised_where_none_fits(free, configure, monkeypatch):
    monkeypatch.setattr(foresight, "needed", lambda *_: (2.0**31, 700.0))
    free(2**20)
    with pytest.raises(ValueError, match="0.0 GiB are free; no smaller image fits either$"):
        foresight.check_memory(configure(), (1, 3, 64, 64))
