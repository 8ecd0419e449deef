"""The authors' own result pictures, scored by the protocol of our fits."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from torch import Tensor

from untrained.image import read
from untrained.metric import Metric
from untrained.reproduce.picture import check_files
from untrained.reproduce.table import Row, Table


def scored(table: Table, rows: Sequence[Row], folder: Path) -> list[str]:
    """Return a line for each result picture, its PSNR beside the published one, and the means.

    Raises:
        ValueError: If the table has no such pictures, or one is missing or of another size.
    """
    if not table.result:
        raise ValueError(f"--score: {table.name} has no result pictures of its authors")
    place = folder.expanduser()
    found, published = [], []
    check_files(table, [each for row in rows for each in pair(table, row, place)], folder)
    said = ["image, PSNR in dB of the authors' picture, published, difference"]
    for row in rows:
        psnr = psnr_of(table, *pair(table, row, place))
        known = row.published if row.pictures is None else row.pictures
        found.append(psnr)
        if known is not None:
            published.append(known)
        said.append(f"{row.image}, {psnr:.2f}{beside(psnr, known)}")
    mean = fmean(published) if len(published) == len(found) else None
    return [*said, f"mean of {len(found)}, {fmean(found):.3f}{beside(fmean(found), mean)}"]


def beside(psnr: float, known: float | None) -> str:
    """Return the published number and the difference from it."""
    return "" if known is None else f", {known:.2f}, {psnr - known:+.2f}"


def pair(table: Table, row: Row, folder: Path) -> tuple[Path, Path]:
    """Return the authors' result picture of a row, and the clean one."""
    clean = table.files["image.path"]
    return folder / table.result.format(image=row.image), folder / clean.format(image=row.image)


def psnr_of(table: Table, result: Path, clean: Path) -> float:
    """Return the PSNR of a picture by the table's metric, within its black frame.

    Raises:
        ValueError: If the two are not of one size.
    """
    picture, reference = read(result), read(clean)
    if picture.shape != reference.shape:
        raise ValueError(f"{result} and {clean} are not of one size, or not of as many channels")
    rows, columns = inside(picture)
    metric = Metric(**table.fit.get("metric", {}))
    return metric.psnr(picture[..., rows, columns], reference[..., rows, columns]).item()


def inside(image: Tensor) -> tuple[slice, slice]:
    """Return the rows and columns within a black frame; all of them where there is none.

    Raises:
        ValueError: If the image is black.
    """
    light = image.amax((0, 1)) > 0
    if not light.any():
        raise ValueError("the result picture is black")
    rows, columns = light.any(1).nonzero(), light.any(0).nonzero()
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
