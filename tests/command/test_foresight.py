import pytest

from untrained.command import foresight


@pytest.fixture
def free(monkeypatch):
    def have(count):
        monkeypatch.setattr(foresight, "available_memory", lambda: count)

    return have


def test_what_has_no_room_is_refused_with_the_words_that_fit(free, run, tmp_path):
    free(2**30)
    code, _, err = run("image.size=[2000,3000]", "model.width=8", "model.depth=2", "steps=1")
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


def test_a_wider_network_needs_more(configure):
    narrow, wide = (foresight.needed(configure(f"model.width={width}"), 3)[1] for width in (8, 64))
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


def test_a_code_that_is_fitted_is_kept_in_each_snapshot(configure):
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
