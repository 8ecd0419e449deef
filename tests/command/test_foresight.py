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
    assert "1.0 GiB are free; tile.size=512 fits it piece by piece, image.size=" in err
    side = int(err.rpartition("image.size=")[2].split()[0])
    assert 256 < side < 2500
    assert not list(tmp_path.iterdir())


def test_a_wider_network_needs_more(configure):
    narrow, wide = (foresight.needed(configure(f"model.width={width}"), 3)[1] for width in (8, 64))
    assert 4 < wide / narrow < 12


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
