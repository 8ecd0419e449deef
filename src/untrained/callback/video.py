"""The video of a run: the image beside its growing curve."""

from typing import Literal

from untrained import figure, video
from untrained.callback.pictures import still_tiles
from untrained.callback.run import Run
from untrained.callback.watcher import Watcher
from untrained.record.curve import columns
from untrained.record.file import replacing
from untrained.record.frame import frames_of
from untrained.record.name import FILM


class Video(Watcher):
    """Write `training.gif` or `training.mp4` at the end of a run, from the images that it kept.

    Args:
        format: 'gif', or 'mp4' through the extra `video`.

    Raises:
        ValueError: If `format` is another one, or the extra is missing.
    """

    def __init__(self, format: Literal["gif", "mp4"] = "gif") -> None:
        video.check_format(format)
        self.format = format

    def draw(self, run: Run) -> None:
        """Draw the video, where there are images of the steps and curves."""
        frames = frames_of(run.folder)
        if not frames or not run.rows:
            return
        series = figure.Series("", columns(run.rows), frames)
        film = figure.film([series], still_tiles(run), run.level, run.view_name)
        with replacing(run.folder / f"{FILM}.{self.format}") as temporary:
            video.write(temporary, film, self.format)
