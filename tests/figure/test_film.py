"""Films, frame by frame."""

import math

import imageio.v3 as imageio
import numpy as np
import pytest

from tests.figure.drawing import RISING, kept, overlapping, picture, run_of, shows, words
from untrained.figure import Tile, film
from untrained.figure.film import Stage


def still(target, clean=None):
    """Return what stands still in a film: the clean image, where it is known, and the target."""
    tiles = [] if clean is None else [Tile("Clean", "", clean)]
    return [*tiles, Tile("Noisy", "20.34 dB", target)]


def test_a_film_has_a_frame_for_each_step_of_any_run(tmp_path):
    runs = [
        run_of("DIP", frames=kept(tmp_path / "dip", 0, 1, 2, 2999)),
        run_of("DD", RISING, frames=kept(tmp_path / "dd", 0, 2, 16)),
    ]
    frames = list(film(runs, still(picture(), picture(seed=1)), 20.34))
    assert len(frames) == 5
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    assert len({frame.shape for frame in frames}) == 1
    assert len({frame.tobytes() for frame in frames}) == 5


def test_a_frame_shows_the_latest_image_of_each_run(tmp_path):
    shape = (256, 256, 3)
    dip = kept(tmp_path / "dip", 0, 2, shape=shape)
    dd = kept(tmp_path / "dd", 0, 1, shape=shape)
    target, clean = picture(256, 256), picture(256, 256, seed=1)
    runs = [run_of(frames=dip), run_of("DD", RISING, frames=dd)]
    first, second, third = film(runs, still(target, clean), 20.34)
    for frame, steps in ((first, (0, 0)), (second, (0, 1)), (third, (2, 1))):
        assert shows(frame, target)
        assert shows(frame, clean)
        for paths, step in zip((dip, dd), steps, strict=True):
            assert shows(frame, imageio.imread(paths[step]))


@pytest.mark.parametrize(
    ("shape", "count", "known"),
    [((33, 47, 0), 1, True), ((900, 1301, 3), 2, False), ((1301, 900, 1), 6, True)],
)
def test_frames_are_even_and_no_wider_than_a_screen(tmp_path, shape, count, known):
    paths = kept(tmp_path / "frames", 0, shape=(33, 47, 3))
    runs = [run_of(last=RISING if known else math.nan, frames=paths)] * count
    clean = picture(*shape, seed=1) if known else None
    (frame,) = film(runs, still(picture(*shape), clean), 20.34 if known else None)
    height, width, channels = frame.shape
    assert (height % 2, width % 2, channels) == (0, 0, 3)
    assert width <= 1750


def test_a_film_is_the_same_twice(tmp_path):
    runs = [run_of("", frames=kept(tmp_path / "frames", 0, 1))]
    first, second = (list(film(runs, still(picture()), None)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_a_frame_tells_its_step_and_quality(tmp_path):
    runs = [run_of("", frames=kept(tmp_path / "frames", 0, 1336))]
    stage = Stage(runs, still(picture(), picture(seed=1)), 20.34, "Noisy")
    stage.at(1336)
    drawn = words(stage.figure)
    for word in ("step 1336", "28.40 dB", "20.34 dB", "against the clean image", "Reconstruction"):
        assert word in drawn
    assert not overlapping(stage.figure)


def test_a_film_says_nothing_of_a_clean_image_that_is_not_known(tmp_path):
    runs = [run_of("", math.nan, frames=kept(tmp_path / "frames", 0))]
    stage = Stage(runs, still(picture()), None, "Noisy")
    stage.at(0)
    drawn = words(stage.figure)
    assert "clean" not in drawn.lower()
    assert "8.00 dB against noisy" in drawn


@pytest.mark.parametrize("count", [2, 6])
def test_the_words_of_a_frame_do_not_overlap(tmp_path, count):
    paths = kept(tmp_path / "frames", 0)
    runs = [run_of(f"model.width={2**n}", last=24.5 + n / 10, frames=paths) for n in range(count)]
    stage = Stage(runs, still(picture(), picture(seed=1)), 24.4, "Noisy")
    stage.at(0)
    assert not overlapping(stage.figure)


def test_a_film_without_images_is_refused():
    for runs in ([], [run_of()]):
        with pytest.raises(ValueError, match="^runs must"):
            film(runs, still(picture()), None)


def test_of_many_steps_each_second_one_is_drawn(tmp_path):
    runs = [run_of("", frames=kept(tmp_path / "frames", *range(25)))]
    assert len(list(film(runs, [], None))) == 13
