"""The pictures of a run: what went in, what came out, and how it came about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imageio.v3 as iio
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor

from untrained import figure, image
from untrained.callback.curves import columns, curves_of, is_shown
from untrained.callback.logbook import log_image
from untrained.callback.recommendation import Recommendation, picked, recommendation
from untrained.callback.stopping import stopping_of
from untrained.data import Observation
from untrained.file import replacing
from untrained.metric import psnr, quality
from untrained.prior import ImagePrior


class Pictures(Callback):
    """Keep the image of each log-spaced step under `frames/`, and draw the run at its end.

    First `reconstruction.png` is saved, what we recommend (the average where there is one). When
    every callback has saved what it knows, the rest is drawn: `panel.png`, `curves.png`,
    `stopping.png`, `bands.png` where that rule is attached, and of several fits
    `uncertainty.png`, the standard deviation of what we recommend over them.
    """

    def __init__(self) -> None:
        self.begins = 0

    def on_load_checkpoint(
        self,
        trainer: Trainer,
        prior: LightningModule,
        checkpoint: Mapping[str, Any],
    ) -> None:
        """Note at which step a run that was cut short goes on."""
        self.begins = checkpoint["global_step"]

    def on_fit_start(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Save what is fitted, and log again the images of a run that was cut short."""
        folder = Path(trainer.default_root_dir)
        for name, picture in observation_of(trainer)._asdict().items():
            if picture is not None:
                log_image(trainer, name, save(folder / f"{name}.png", picture), 0)
        remove_frames(trainer, self.begins)
        for step, path in figure.frames_of(folder).items():
            log_image(trainer, "reconstruction", path.read_bytes(), step)

    def on_train_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        prior: ImagePrior,
        outputs: Mapping[str, Tensor],
        *_: Any,  # noqa: ANN401
    ) -> None:
        """Keep the image, if the step is one to show."""
        step = trainer.global_step - 1
        if is_shown(step, trainer):
            path = Path(trainer.default_root_dir) / "frames" / f"{step:08d}.png"
            log_image(trainer, "reconstruction", save(path, outputs["reconstruction"]), step)

    def on_fit_end(self, trainer: Trainer, prior: ImagePrior) -> None:  # type: ignore[override]
        """Save the image that we recommend."""
        if prior.images:
            path = Path(trainer.default_root_dir) / "reconstruction.png"
            save(path, recommendation(trainer, prior).image)

    def teardown(self, trainer: Trainer, prior: ImagePrior, stage: str) -> None:  # type: ignore[override]
        """Draw the run, now that all of it is saved."""
        if prior.images:
            draw_panel(trainer, recommendation(trainer, prior))
            draw_curves(trainer, prior)


def draw_panel(trainer: Trainer, recommended: Recommendation) -> None:
    """Draw `panel.png`, and of several fits `uncertainty.png`."""
    folder = Path(trainer.default_root_dir)
    clean, target = observation_of(trainer)
    pictures = {"Clean": clean, "Noisy": target, "Reconstruction": recommended.image}
    tiles = [
        figure.Tile(title, described(picture, clean), image.pixels(picture))
        for title, picture in pictures.items()
        if picture is not None
    ]
    if recommended.deviation is not None:
        unsure = recommended.deviation[0].permute(1, 2, 0)
        tiles.append(figure.uncertainty(unsure.cpu().numpy()))
        with replacing(folder / "uncertainty.png") as temporary:
            iio.imwrite(temporary, tiles[-1].image, extension=".png")
    with replacing(folder / "panel.png") as temporary:
        figure.save(figure.panel(tiles), temporary)


def draw_curves(trainer: Trainer, prior: ImagePrior) -> None:
    """Draw `curves.png` and what the stopping rules saw, where there are curves."""
    folder, curves = Path(trainer.default_root_dir), curves_of(trainer)
    if curves is None:
        return
    run = figure.Run("", columns(curves.rows), figure.frames_of(folder), picks(trainer, prior))
    drawings = {
        "curves.png": figure.curves([run], noisy_psnr(trainer)),
        "stopping.png": figure.stopping(run),
        "bands.png": figure.bands(run),
    }
    for name, drawing in drawings.items():
        if drawing is not None:
            with replacing(folder / name) as temporary:
                figure.save(drawing, temporary)


def remove_frames(trainer: Trainer, begins: int) -> None:
    """Remove the images of the steps from `begins` on, which are to be done anew."""
    for step, path in figure.frames_of(Path(trainer.default_root_dir)).items():
        if step >= begins:
            path.unlink()


def picks(trainer: Trainer, prior: ImagePrior) -> dict[str, figure.Pick]:
    """Return what each stopping rule picked, and of which curve its image is."""
    stopping = stopping_of(trainer)
    found = {}
    for name, rule in stopping.rules.items() if stopping else ():
        kind = picked(trainer, prior, rule)[1]
        found[name] = figure.Pick(int(rule.step), bool(rule.detected), kind)
    return found


def observation_of(trainer: Trainer) -> Observation:
    """Return what is fitted, on the CPU."""
    return trainer.datamodule.observation  # type: ignore[attr-defined]


def noisy_psnr(trainer: Trainer) -> float | None:
    """Return the PSNR of the target against the clean image, where one of its shape is known."""
    clean, target = observation_of(trainer)
    return None if clean is None or clean.shape != target.shape else psnr(target, clean).item()


def described(picture: Tensor, clean: Tensor | None) -> str:
    """Return the caption of an image that is not the clean one."""
    if clean is None or picture is clean or picture.shape != clean.shape:
        return ""
    figures = quality(picture.to(clean.device), clean)
    return figure.caption(figures["psnr"], figures["ssim"])


def save(path: Path, picture: Tensor) -> bytes:
    """Save one image, whole or not at all, and return the bytes of its file."""
    with replacing(path) as temporary:
        return image.write(temporary, picture)
