"""The pictures of a run: what went in, what came out, and how it came about."""

from collections.abc import Mapping
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untrained import figure, image
from untrained.callback.logbook import log_image
from untrained.callback.recommendation import Recommendation, picked, recommendation
from untrained.callback.run import Run
from untrained.callback.watcher import Watcher
from untrained.record.curve import columns
from untrained.record.file import replacing, write_whole
from untrained.record.frame import frame_path, frames_of, is_power_of_4, remove_frames
from untrained.record.name import (
    BANDS,
    BASELINES,
    CLEAN,
    CURVES,
    KERNEL,
    KERNEL_VALUES,
    NETWORK,
    PANEL,
    RECONSTRUCTION,
    STOPPING,
    TARGET,
    UNCERTAINTY,
    bands_path,
    result_name,
)
from untrained.step import Step

# The share of known pixels above which the others are holes in a picture.
MOSTLY = 0.7
# Baselines in a panel, at most: five pictures stand in a row.
SHOWN = 2


class Pictures(Watcher):
    """Keep the image of each log-spaced step in `record/frames/`, and draw the run at its end.

    TensorBoard is shown those at 0, the powers of 4, and the last step, and the clean image and the
    target as JPEG too.

    First `reconstruction.png` is saved, what we recommend, in the depth and the colours that came
    in. What no PNG holds is saved beside it as `reconstruction.tif` or `.npy`. Drawings of many
    channels show three of them; the clean image and the target are then saved as arrays too.
    `network.png` is saved where the result is refined, or has known pixels in the place of the
    network's. When every watcher has saved what it knows, what the baselines made is saved in
    `record/baseline/`, and the rest is drawn: `panel.jpg`, `curves.png`, `stopping.png`, and
    `bands.png` where that rule is attached. With several fits, `uncertainty.png` is the standard
    deviation over them.

    A kernel that was fitted with the image is saved as `kernel.png`, its largest value white, and
    as `kernel.npy`. It is that of the last step.
    """

    run: Run

    def begin(self, run: Run) -> None:
        """Save what is fitted, and log again the images of a run that was cut short."""
        self.run = run
        like = run.origin.plain
        if run.clean is not None:
            save_image(run.folder / CLEAN, run.clean, like)
            save_bands(run)
            log_image(run.trainer, tagged("clean", run), image.as_jpeg(run.clean, run.origin), 0)
        if run.view is not None:
            picture, name = run.view
            is_picture = run.problem.degradation.is_picture
            save_image(run.folder / TARGET, run.target if is_picture else picture, like)
            # A small target is shown enlarged.
            tag = "target" if name == "Noisy" else f"target ({name.lower()})"
            log_image(run.trainer, tagged(tag, run), image.as_jpeg(picture, run.origin), 0)
        remove_frames(run.folder, run.done)
        for number, path in frames_of(run.folder).items():
            self.log_frame(path, number)

    def see(self, step: Step) -> None:
        """Keep the image, if the step is one to show."""
        if self.run.is_shown(step.number):
            path = frame_path(self.run.folder, step.number)
            picture = self.run.visible(step.reconstruction)
            write_whole(path, image.as_jpeg(picture, self.run.origin))
            self.log_frame(path, step.number)

    def log_frame(self, path: Path, number: int) -> None:
        """Show the image of a step in TensorBoard, if it is one of those few."""
        if is_power_of_4(number) or number == self.run.steps - 1:
            tag = tagged("reconstruction", self.run)
            log_image(self.run.trainer, tag, path.read_bytes(), number)

    def take_back(self, run: Run, number: int) -> None:
        """Remove the images of the steps that are to be done anew."""
        remove_frames(run.folder, number)

    def save(self, run: Run) -> None:
        """Save the image that we recommend."""
        recommended = recommendation(run)
        picture, shown = run.visible(recommended.image), run.origin.shown
        save_image(run.folder / RECONSTRUCTION, picture, shown)
        if run.origin.ending != shown.ending:
            name = result_name(run.origin.ending)
            save_image(run.folder / name, picture, run.origin)
        if recommended.network is not None:
            save_image(run.folder / NETWORK, run.visible(recommended.network), shown)
        kernel = found_kernel(run)
        if kernel is not None:
            save_kernel(run, kernel)

    def draw(self, run: Run) -> None:
        """Save what the baselines made, and draw the run."""
        for name, outcome in run.baselines.items():
            save_image(run.folder / BASELINES / f"{name}.png", outcome.image, run.origin.shown)
        draw_panel(run, recommendation(run))
        draw_curves(run)


def save_bands(run: Run) -> None:
    """Save the clean image and the target as arrays `h w c`, if a drawing has not all channels."""
    assert run.clean is not None
    pictures = {CLEAN: run.clean}
    if run.problem.degradation.is_picture:
        pictures[TARGET] = run.target
    for name, picture in pictures.items():
        if image.is_composite(picture.shape[1]):
            with replacing(bands_path(run.folder / name)) as temporary:
                np.save(temporary, picture[0].permute(1, 2, 0).cpu().numpy())


def draw_panel(run: Run, recommended: Recommendation) -> None:
    """Draw `panel.jpg`, and with several fits `uncertainty.png`."""
    found = run.visible(recommended.image)
    tiles = still_tiles(run)
    tiles.append(figure.Tile("Reconstruction", described(run.quality(found)), seen(run, found)))
    if recommended.deviation is not None:
        deviation = recommended.deviation[0].permute(1, 2, 0)
        uncertainty = figure.uncertainty(deviation.cpu().numpy())
        tiles.append(uncertainty)
        png = iio.imwrite("<bytes>", uncertainty.image, extension=".png")
        write_whole(run.folder / UNCERTAINTY, png)
    kernel = found_kernel(run)
    if kernel is not None:
        height, width = found.shape[2:]
        tiles.append(figure.kernel(kernel, (height, width)))
    tiles += baseline_tiles(run)
    figure.save(figure.panel(tiles, hole(run)), run.folder / PANEL)


def found_kernel(run: Run) -> NDArray[np.float32] | None:
    """Return the kernel that was fitted with the image, `h w`; None where there is none."""
    kernel = run.problem.degradation.found_kernel()
    return None if kernel is None else kernel.cpu().numpy()


def save_kernel(run: Run, kernel: NDArray[np.float32]) -> None:
    """Save a kernel as a picture and as numbers, and show it in TensorBoard."""
    file = iio.imwrite("<bytes>", figure.brightened(kernel), extension=".png")
    write_whole(run.folder / KERNEL, file)
    with replacing(run.folder / KERNEL_VALUES) as temporary:
        np.save(temporary, kernel)
    log_image(run.trainer, "kernel", file, run.done - 1)


def hole(run: Run) -> NDArray[np.bool_] | None:
    """Return which pixels a mask takes away, `h w`, where a panel should show them from near.

    None where no pixel is lost, or so many are that they are everywhere.
    """
    known = run.problem.known(run.target)
    if known is None or not run.problem.degradation.is_picture or known.float().mean() < MOSTLY:
        return None
    return ~known.all(1)[0].cpu().numpy()


def still_tiles(run: Run) -> list[figure.Tile]:
    """Return the clean image, where it is known, and the target, where it can be drawn."""
    tiles = []
    if run.clean is not None:
        tiles.append(figure.Tile("Clean", "", seen(run, run.clean)))
    if run.view is not None:
        picture, name = run.view
        tiles.append(figure.Tile(name, described(run.quality_of_view()), seen(run, picture)))
    return [with_channels(tiles[0], run), *tiles[1:]] if tiles else []


def baseline_tiles(run: Run) -> list[figure.Tile]:
    """Return what the first of the baselines made, in the order in which they were asked for.

    One that shows the target as the target itself is drawn has no tile of its own.
    """
    view = run.view
    tiles = []
    for outcome in run.baselines.values():
        if view is None or not torch.equal(outcome.image, view[0]):
            caption = described(run.quality(outcome.image))
            tiles.append(figure.Tile(outcome.name, caption, seen(run, outcome.image)))
    return tiles[:SHOWN]


def draw_curves(run: Run) -> None:
    """Draw `curves.png` and what the stopping rules saw, where there are curves."""
    if not run.rows:
        return
    series = figure.Series("", columns(run.rows), frames_of(run.folder), picks(run))
    drawings = {
        CURVES: figure.curves([series], run.level, run.view_name),
        STOPPING: figure.stopping(series),
        BANDS: figure.bands(series),
    }
    for file, drawing in drawings.items():
        if drawing is not None:
            figure.save(drawing, run.folder / file)


def picks(run: Run) -> dict[str, figure.Pick]:
    """Return what each stopping rule picked, and the curve that its image is on."""
    found: dict[str, figure.Pick] = {}
    for name, rule in run.rules.items():
        if rule.reconstruction is not None:
            kind = picked(run, rule)[1]
            found[name] = figure.Pick(int(rule.step), bool(rule.detected), kind)
    return found


def with_channels(tile: figure.Tile, run: Run) -> figure.Tile:
    """Return a tile whose caption says which channels are drawn, if these are not all of them."""
    said = figure.drawn_channels_in_words(channels_of(run))
    words = [each for each in (tile.caption, said) if each]
    return tile._replace(caption=" · ".join(words))


def channels_of(run: Run) -> int:
    """Return the number of channels of the pictures of a run."""
    shown = run.clean if run.view is None else run.view[0]
    return 1 if shown is None else shown.shape[1]


def tagged(name: str, run: Run) -> str:
    """Return the name of a picture in TensorBoard, with the channels that are drawn of many."""
    said = figure.drawn_channels_in_words(channels_of(run))
    return f"{name} ({said})" if said else name


def seen(run: Run, picture: Tensor) -> NDArray[np.uint8]:
    """Return an image `1 c h w` as a viewer shows it: `h w` or `h w 3`, 8 bits, sRGB."""
    return image.pixels(picture, run.origin)


def described(found: Mapping[str, float]) -> str:
    """Return the caption of an image that is not the clean one: its PSNR and SSIM, if known."""
    return figure.caption(found.get("psnr"), found.get("ssim"))


def save_image(path: Path, picture: Tensor, like: image.Origin) -> None:
    """Save an image `1 c h w`, whole or not at all."""
    write_whole(path, image.encoded(picture, like))
