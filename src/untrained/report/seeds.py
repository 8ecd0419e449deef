"""The mean over seeds, and how far they are apart: runs that differ in nothing but a seed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import imageio.v3 as iio
import numpy as np
import torch
from numpy.typing import NDArray

from untrained import figure
from untrained.figure import Tile, caption
from untrained.image import is_composite
from untrained.metric import Metric
from untrained.record.file import file_name, write_csv, write_whole
from untrained.record.name import CLEAN, RECONSTRUCTION
from untrained.record.run import Record
from untrained.report.difference import run_name, swept
from untrained.report.target import observed, picture_path

FIT_SEEDS = ("seed", "latent.seed")  # of the fit; `noise.seed` gives another target
QUALITIES = ("psnr.mean_image", "psnr.mean", "ssim.mean_image", "ssim.mean")
SHOWN = 4  # in the picture

Image = NDArray[np.float64]


class Ensemble(NamedTuple):
    """Fits of one target that differ in their seeds alone.

    Args:
        name: What they have in common, in words.
        runs: The runs.
        mean: The mean of their results, `h w` or `h w c` within [0, 1].
        deviation: Their standard deviation over the runs, alike: how unsure the prior is.
    """

    name: str
    runs: Sequence[Record]
    mean: Image
    deviation: Image

    def qualities(self) -> dict[str, float]:
        """Return PSNR (dB) and SSIM of the mean, and their means over the runs.

        They are of the metric of the runs, as in `summary.json`; nothing without a clean image.
        """
        path = picture_path(self.runs[0], CLEAN)
        if path is None:
            return {}
        clean, metric = as_tensor(pixels(path)), metric_of(self.runs[0])
        each = [metric.quality(as_tensor(image), clean) for image in results(self.runs)]
        of_mean = metric.quality(as_tensor(self.mean), clean)
        found = {}
        for measure in ("psnr", "ssim"):
            found[f"{measure}.mean_image"] = of_mean[measure]
            found[f"{measure}.mean"] = float(np.mean([quality[measure] for quality in each]))
        return found


def write_means(out: Path, records: Sequence[Record]) -> None:
    """Write the means over seeds, where there are two seeds of anything.

    `seeds/<name>.png` is a mean, `seeds.csv` has one row for each, and `seeds.png` shows those of
    the first target with their deviations. In the name of a file a `/` is a `_`, and a second file
    of one name has a number. The DIP paper averages runs too: each of them fits another part of the
    noise.
    """
    found = list(ensembles(records))
    if not found:
        return
    written: Counter[str] = Counter()
    for each in found:
        png = iio.imwrite("<bytes>", bytes_of(each.mean), extension=".png")
        name = file_name(each.name)
        written[name] += 1
        number = f" ({written[name]})" if written[name] > 1 else ""
        write_whole(out / "seeds" / f"{name}{number}.png", png)
    titles = ["name", "seeds", *QUALITIES, "deviation"]
    write_csv(out / "seeds.csv", [titles, *map(row_of, found)])
    draw_means(out / "seeds.png", found)


def row_of(ensemble: Ensemble) -> list[object]:
    """Return the row of an ensemble in `seeds.csv`."""
    seen = ensemble.qualities()
    values = [seen.get(name, "") for name in QUALITIES]
    return [ensemble.name, len(ensemble.runs), *values, 255 * ensemble.deviation.mean()]


def draw_means(path: Path, found: Sequence[Ensemble]) -> None:
    """Draw the means of the first target, each with its deviation."""
    target = found[0].runs[0].target
    alike = [each for each in found if each.runs[0].target == target][:SHOWN]
    shown = list(observed([each.runs[0] for each in alike]))
    for each in alike:
        shown += mean_tiles(each)
    figure.save(figure.panel(shown), path)


def mean_tiles(ensemble: Ensemble) -> Iterator[Tile]:
    """Yield the mean, and the deviation with its scale."""
    seen = ensemble.qualities()
    said = caption(seen.get("psnr.mean_image"), seen.get("ssim.mean_image"))
    yield Tile(f"{ensemble.name}, mean of {len(ensemble.runs)}", said, bytes_of(ensemble.mean))
    yield figure.uncertainty(ensemble.deviation)


def ensembles(records: Sequence[Record]) -> Iterator[Ensemble]:
    """Group the runs that have a result by all that is not a seed of the fit."""
    groups: dict[object, list[Record]] = {}
    for run in records:
        # The picture of many channels shows three of them, so that no mean is taken of it.
        is_whole = not is_composite(run.summary.get("channels", 1))
        if run.target and is_whole and picture_path(run, RECONSTRUCTION):
            groups.setdefault(all_but_seeds(run), []).append(run)
    words = [word for word in swept(records) if word not in FIT_SEEDS]
    for runs in groups.values():
        if len(runs) > 1:
            images = np.stack(results(runs))
            title = run_name(runs[0], words) if words else "Seeds"
            yield Ensemble(title, runs, images.mean(0), images.std(0, ddof=1))


def all_but_seeds(run: Record) -> tuple[object, ...]:
    """Return the target of a run, and its words but for the seeds of the fit."""
    words = run.config | run.words
    rest = sorted(words.keys() - set(FIT_SEEDS))
    return (run.target, *((word, str(words[word])) for word in rest))


def results(runs: Sequence[Record]) -> list[Image]:
    """Read the results of runs."""
    return [pixels(run.folder / RECONSTRUCTION) for run in runs]


def pixels(path: Path) -> Image:
    """Read a picture in numbers from 0 to 1."""
    array = np.asarray(iio.imread(path))
    return array / np.float64(np.iinfo(array.dtype).max)


def bytes_of(image: Image) -> NDArray[np.uint8]:
    """Round an image to 8 bits."""
    return np.rint(255 * image).astype(np.uint8)


def as_tensor(image: Image) -> torch.Tensor:
    """Return an image, `h w` or `h w c`, as `1 c h w`."""
    return torch.tensor(np.atleast_3d(image)).movedim(2, 0)[None]


def metric_of(run: Record) -> Metric:
    """Return the metric of a run's figures: the plain one of an older run, without such words."""
    channel = run.value("metric.channel") or "all"
    return Metric(channel, *(int(run.value(f"metric.{word}") or 0) for word in ("border", "shift")))
