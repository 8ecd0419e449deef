"""The pictures of a run: what went in, what came out, and how it came about."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imageio.v3 as iio
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from torch import Tensor

from untrained import figure, image
from untrained.callback.curves import columns, curves_of, is_shown
from untrained.callback.stopping import stopping_of
from untrained.data import Observation
from untrained.file import replacing
from untrained.metric import deviation, psnr, quality
from untrained.prior import ImagePrior


class Pictures(Callback):
    """Keep the image of each log-spaced step under `frames/`, and draw the run at its end.

    At the end: `reconstruction.png`, what we recommend (the average where there is one),
    `panel.png`, `curves.png`, `stopping.png`, `bands.png` where that rule is attached, and of
    several fits `uncertainty.png`, the standard deviation of what we recommend over them.
    """

    def __init__(self) -> None:
        self.outputs: Mapping[str, Tensor] = {}

    def on_train_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Save what is fitted, and log again the images of a run that was cut short."""
        folder = Path(trainer.default_root_dir)
        for name, picture in observation_of(trainer)._asdict().items():
            if picture is not None:
                show(trainer, name, save(folder / f"{name}.png", picture), 0)
        remove_frames(trainer)
        for step, path in figure.frames_of(folder).items():
            show(trainer, "reconstruction", path.read_bytes(), step)

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        outputs: Mapping[str, Tensor],
        *_: Any,  # noqa: ANN401
    ) -> None:
        """Keep the image, if the step is one to show."""
        self.outputs = outputs
        step = trainer.global_step - 1
        if is_shown(step, trainer):
            path = Path(trainer.default_root_dir) / "frames" / f"{step:08d}.png"
            show(trainer, "reconstruction", save(path, outputs["reconstruction"]), step)

    def on_train_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Draw the run."""
        folder = Path(trainer.default_root_dir)
        recommended = recommendation(trainer, self.outputs)
        save(folder / "reconstruction.png", recommended)
        clean, target = observation_of(trainer)
        pictures = {"Clean": clean, "Noisy": target, "Reconstruction": recommended}
        tiles = [
            figure.Tile(title, described(picture, clean), image.pixels(picture))
            for title, picture in pictures.items()
            if picture is not None
        ]
        unsure = uncertainty(trainer, self.outputs)
        if unsure is not None:
            tiles.append(figure.uncertainty(unsure[0].permute(1, 2, 0).cpu().numpy()))
            with replacing(folder / "uncertainty.png") as temporary:
                iio.imwrite(temporary, tiles[-1].image, extension=".png")
        panel = figure.panel(tiles)
        with replacing(folder / "panel.png") as temporary:
            figure.save(panel, temporary)
        if curves := curves_of(trainer):
            run = figure.Run("", columns(curves.rows), figure.frames_of(folder), picks(trainer))
            drawings = {
                "curves.png": figure.curves([run], noisy_psnr(trainer)),
                "stopping.png": figure.stopping(run),
                "bands.png": figure.bands(run),
            }
            for name, drawing in drawings.items():
                if drawing is not None:
                    with replacing(folder / name) as temporary:
                        figure.save(drawing, temporary)


def remove_frames(trainer: Trainer) -> None:
    """Remove the images of the steps from the present one on, which are to be done anew."""
    for step, path in figure.frames_of(Path(trainer.default_root_dir)).items():
        if step >= trainer.global_step:
            path.unlink()


def take_back(trainer: Trainer) -> None:
    """Take back what the folder and TensorBoard show of the steps from the present one on."""
    remove_frames(trainer)
    if isinstance(trainer.logger, TensorBoardLogger):
        # The mark of a restart: TensorBoard drops what came before it of these steps.
        restart = SessionLog(status=SessionLog.START)
        writer = trainer.logger.experiment.file_writer
        writer.add_event(Event(session_log=restart), step=trainer.global_step)


def recommendation(trainer: Trainer, outputs: Mapping[str, Tensor]) -> Tensor:
    """Give the image that we recommend, of the chosen rule's step, or else of the last.

    It is the average where there is one, else the reconstruction.
    """
    stopping = stopping_of(trainer)
    if stopping and stopping.chosen and stopping.chosen.recommended is not None:
        return stopping.chosen.recommended
    return outputs["reconstruction"] if outputs["average"] is None else outputs["average"]


def uncertainty(trainer: Trainer, outputs: Mapping[str, Tensor]) -> Tensor | None:
    """Give the standard deviation over the fits of what we recommend; None of one fit."""
    stopping = stopping_of(trainer)
    if stopping and stopping.chosen and stopping.chosen.recommended is not None:
        return stopping.chosen.deviation
    return None if outputs["results"] is None else deviation(outputs["results"])


def picks(trainer: Trainer) -> dict[str, figure.Pick]:
    """Give what each stopping rule picked."""
    stopping = stopping_of(trainer)
    rules = stopping.rules if stopping else {}
    return {name: figure.Pick(int(r.step), bool(r.detected)) for name, r in rules.items()}


def observation_of(trainer: Trainer) -> Observation:
    """Give what is fitted, on the CPU."""
    return trainer.datamodule.observation  # type: ignore[attr-defined]


def noisy_psnr(trainer: Trainer) -> float | None:
    """Give the PSNR of the target against the clean image, where one of its shape is known."""
    clean, target = observation_of(trainer)
    return None if clean is None or clean.shape != target.shape else psnr(target, clean).item()


def described(picture: Tensor, clean: Tensor | None) -> str:
    """Give the caption of an image that is not the clean one."""
    if clean is None or picture is clean or picture.shape != clean.shape:
        return ""
    figures = quality(picture.to(clean.device), clean)
    return figure.caption(figures["psnr"], figures["ssim"])


def save(path: Path, picture: Tensor) -> bytes:
    """Save one image, whole or not at all, and give the bytes of its file."""
    with replacing(path) as temporary:
        return image.write(temporary, picture)


def show(trainer: Trainer, name: str, png: bytes, step: int) -> None:
    """Give one image to TensorBoard, where that is the logger."""
    if isinstance(trainer.logger, TensorBoardLogger):
        # Where each PNG says how large it is. `add_image` would compress the pixels once more.
        width, height = struct.unpack(">II", png[16:24])
        picture = Summary.Image(width=width, height=height, encoded_image_string=png)
        summary = Summary(value=[Summary.Value(tag=name, image=picture)])
        trainer.logger.experiment.file_writer.add_summary(summary, step)
