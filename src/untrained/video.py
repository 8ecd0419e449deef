"""Videos: frames to GIF, or to MP4 through the extra `video`."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from PIL import Image

FRAME_SECONDS = 0.2
HOLD_SECONDS = 2.4
COLOURS = 96  # of a GIF: a quarter smaller than 255

Frame = np.ndarray


def check_format(format: str) -> None:
    """Refuse a format that cannot be written here.

    Raises:
        ValueError: If it is neither 'gif' nor 'mp4', or the extra for the latter is missing.
    """
    if format not in WRITERS:
        raise ValueError(f"format must be 'gif' or 'mp4', got {format!r}")
    if format == "mp4" and find_spec("av") is None:
        raise ValueError("format mp4 needs the extra: pip install -e '.[video]'")


def write(path: Path, frames: Iterable[Frame], format: str) -> None:
    """Write a video and hold its last frame before the loop begins again.

    Args:
        path: The file; its name ends in the format.
        frames: The frames, `h w 3` of 8 bits, all of one size with even sides.
        format: 'gif' or 'mp4'.
    """
    WRITERS[format](path, list(frames))


def write_gif(path: Path, frames: Sequence[Frame]) -> None:
    """Write a GIF of one palette, so that what stands still costs nothing.

    imageio takes no palette: it gives each frame its own, which makes the file
    twice as large and takes four times as long.
    """
    sample = np.vstack([frames[0], frames[len(frames) // 2], frames[-1]])
    palette = Image.fromarray(sample).quantize(COLOURS)
    first, *others = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    )
    seconds = [FRAME_SECONDS] * len(others) + [HOLD_SECONDS]
    milliseconds = [round(1000 * each) for each in seconds]
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0)


def write_mp4(path: Path, frames: Sequence[Frame]) -> None:
    """Write an MP4 that browsers play."""
    rate = round(1 / FRAME_SECONDS)
    with iio.imopen(path, "w", plugin="pyav") as file:
        file.init_video_stream("libx264", fps=rate, pixel_format="yuv420p")
        held = [frames[-1]] * round(HOLD_SECONDS * rate)
        for frame in [*frames, *held]:
            file.write_frame(frame)


WRITERS = {"gif": write_gif, "mp4": write_mp4}
