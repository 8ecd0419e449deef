import gc

import imageio.v3 as iio
import numpy as np
import pytest

from untrained import video

RAMP = np.tile(np.linspace(0, 255, 60).astype(np.uint8)[None, :, None], (40, 1, 3))
FRAMES = [np.roll(RAMP, shift, axis=1) for shift in (0, 10, 20, 30)]


@pytest.mark.parametrize("format", ["gif", "mp4"])
def test_frames_come_back_in_their_order(tmp_path, format):
    path = tmp_path / f"film.{format}"
    gc.freeze()  # imageio collects garbage after an MP4, which would go through all of PyTorch.
    video.write(path, iter(FRAMES), format)
    found = iio.imread(path, **({"plugin": "pyav"} if format == "mp4" else {}))
    assert found.shape[1:] == (40, 60, 3)
    for frame, expected in zip(found, FRAMES, strict=False):
        assert np.abs(frame.astype(int) - expected).mean() < 6


def test_the_last_frame_is_held(tmp_path):
    video.write(tmp_path / "film.gif", FRAMES, "gif")
    durations = [iio.immeta(tmp_path / "film.gif", index=i)["duration"] for i in (0, 3)]
    assert durations == [200, 2400]


def test_a_still_costs_next_to_nothing(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    video.write(tmp_path / "one.gif", [noise], "gif")
    video.write(tmp_path / "ten.gif", [noise] * 10, "gif")
    assert (tmp_path / "ten.gif").stat().st_size < 1.2 * (tmp_path / "one.gif").stat().st_size


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="^format must be 'gif' or 'mp4'"):
        video.check_format("avi")


def test_the_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(video, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"^format mp4 needs the extra: pip install"):
        video.check_format("mp4")
