"""Videos: frames to GIF, or to MP4 through the extra `video`."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import imageio.v3 as iio
import numpy as np

FRAME_SECONDS = 0.12
HOLD_SECONDS = 2.4


def check_format(format: str) -> None:  # noqa: A002
    """Refuse a format that cannot be written here.

    Raises:
        ValueError: If it is neither 'gif' nor 'mp4', or the extra for the latter is missing.
    """
    if format not in ("gif", "mp4"):
        raise ValueError(f"format must be 'gif' or 'mp4', got {format!r}")
    if format == "mp4" and find_spec("av") is None:
        raise ValueError("format mp4 needs the extra: pip install -e '.[video]'")


def write(path: Path, frames: Iterable[np.ndarray], format: str) -> None:  # noqa: A002
    """Write `h w 3` frames of 8 bits, of even sides, and hold the last one before the loop begins.

    Args:
        path: The file; its name ends in the format.
        frames: The frames, all of one size.
        format: 'gif' or 'mp4'.
    """
    film = list(frames)
    hold = round(HOLD_SECONDS / FRAME_SECONDS)
    if format == "gif":
        seconds = [FRAME_SECONDS] * (len(film) - 1) + [HOLD_SECONDS]
        milliseconds = [round(1000 * each) for each in seconds]
        iio.imwrite(path, film, extension=".gif", duration=milliseconds, loop=0)
    else:
        with iio.imopen(path, "w", plugin="pyav") as file:
            file.init_video_stream("libx264", fps=round(1 / FRAME_SECONDS), pixel_format="yuv420p")
            for frame in film + film[-1:] * hold:
                file.write_frame(frame)
