"""The video of a run: the image beside its growing curve."""

from pathlib import Path
from typing import Literal

from pytorch_lightning import Callback, Trainer

from untrained import figure, image, video
from untrained.callback.curves import columns, curves_of
from untrained.callback.pictures import noisy_psnr, observation_of
from untrained.file import replacing
from untrained.prior import ImagePrior


class Video(Callback):
    """Write `training.gif` or `training.mp4` at the end of a run, from the images that it kept.

    Args:
        format: 'gif', or 'mp4' through the extra `video`.

    Raises:
        ValueError: If `format` is another one, or the extra is missing.
    """

    def __init__(self, format: Literal["gif", "mp4"] = "gif") -> None:
        video.check_format(format)
        self.format = format

    def teardown(self, trainer: Trainer, prior: ImagePrior, stage: str) -> None:  # type: ignore[override]
        """Draw the video."""
        folder = Path(trainer.default_root_dir)
        clean, target = observation_of(trainer)
        curves = curves_of(trainer)
        frames = figure.frames_of(folder)
        if not curves or not frames:
            return
        film = figure.film(
            [figure.Run("", columns(curves.rows), frames)],
            image.pixels(target),
            None if clean is None else image.pixels(clean),
            noisy_psnr(trainer),
        )
        with replacing(folder / f"training.{self.format}") as temporary:
            video.write(temporary, film, self.format)
