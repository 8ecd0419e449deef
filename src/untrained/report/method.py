"""Methods on a set of images: the mean of each, and the difference of each two."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from untrained.record.file import write_csv
from untrained.record.run import Record, numbers
from untrained.report.difference import SEEDS, run_name, swept
from untrained.report.paired import Paired, paired

# Words that say which image it is, and no method.
OF_IMAGES = ("target.path", "image.path", "image")
DONE = ("finished", "stopped")
TITLES = ("Method", "Other", "Difference in PSNR")  # of the page's table
PSNR = "reconstruction.psnr"

Targets = dict[str, dict[str, list[float]]]


class Method(NamedTuple):
    """The results of one method on the images: the fits of some settings, or a baseline.

    Args:
        name: What it is called.
        is_fit: Whether it is fits of ours.
        psnr: By the image and the fingerprint of its target, the PSNR of each fit's result in dB.
    """

    name: str
    is_fit: bool
    psnr: Targets

    def means(self) -> dict[str, float]:
        """Return the mean PSNR on each image, over its targets and the seeds."""
        return {image: fmean(map(fmean, each.values())) for image, each in self.psnr.items()}


class Comparison(NamedTuple):
    """Two methods on the same targets.

    Args:
        one: The one.
        other: The other.
        found: By how much the one is better.
    """

    one: Method
    other: Method
    found: Paired


def write_methods(out: Path, records: Sequence[Record]) -> None:
    """Write what each method made of the images, where the runs are of several.

    `images.csv` has a row for each image and a column for each method: the PSNR in dB of what is
    recommended, the mean over the seeds. Its last row is the mean over the images, where a method
    has them all.

    `comparison.csv` has a row for each two methods of which one is a fit. It says how many images
    the two share, and by how much the first is better in the mean, with the 95 % confidence
    interval.
    """
    found = methods(records)
    images = images_of(found)
    if len(images) < 2:
        return
    rows: list[list[object]] = [["image", *(method.name for method in found)]]
    names = names_of(images)
    for image in images:
        rows.append([names[image], *(method.means().get(image, "") for method in found)])
    rows.append(["mean", *(mean_over(method, images) for method in found)])
    write_csv(out / "images.csv", rows)
    compared = list(comparisons(found))
    if compared:
        titles = ["method", "other", "images", "difference", "low", "high"]
        write_csv(out / "comparison.csv", [titles, *map(row_of, compared)])


def row_of(comparison: Comparison) -> list[object]:
    """Return the row of two methods in `comparison.csv`."""
    found = comparison.found
    names = [comparison.one.name, comparison.other.name]
    return [*names, found.images, found.mean, *found.bounds()]


def mean_over(method: Method, images: Sequence[str]) -> float | str:
    """Return the mean PSNR of a method over some images; empty where it lacks one."""
    means = method.means()
    if not means.keys() >= set(images):
        return ""
    return fmean(means[image] for image in images)


def methods(records: Sequence[Record]) -> list[Method]:
    """Return the methods of some runs: fits that differ in no word but seeds and image, baselines.

    Runs that have not finished, or whose result has no PSNR, are left out.
    """
    done = list(filter(is_measured, records))
    words = [word for word in swept(done) if not is_of_image(word, done)]
    fits: dict[tuple[str, ...], Method] = {}
    for run in done:
        name = run_name(run, words) if words else "fit"
        method = fits.setdefault(tuple(map(run.value, words)), Method(name, True, {}))
        add(method, run, numbers(run)[PSNR])
    return [*fits.values(), *baselines_of(done)]


def is_measured(run: Record) -> bool:
    """Whether a run has finished, and its result has a PSNR."""
    return run.status in DONE and bool(run.target) and PSNR in numbers(run)


def baselines_of(runs: Sequence[Record]) -> list[Method]:
    """Return the baselines of some runs as methods; one whose PSNR is not known is left out."""
    found: dict[str, Method] = {}
    for run in runs:
        for word, figures in run.baselines().items():
            name, psnr = str(figures.get("name", word)), figures.get("psnr")
            if psnr is not None:
                add(found.setdefault(name, Method(name, False, {})), run, psnr)
    return list(found.values())


def add(method: Method, run: Record, psnr: float) -> None:
    """Add a result to a method."""
    targets = method.psnr.setdefault(image_of(run), {})
    targets.setdefault(run.target, []).append(psnr)


def image_of(run: Record) -> str:
    """Return which image a run is of: its file, or the option of `image`."""
    for word in ("image.path", "target.path"):
        path = run.config.get(word) or run.words.get(word)
        if path:
            return str(path)
    return run.value("image")


def names_of(images: Sequence[str]) -> dict[str, str]:
    """Return what each image is called: its file's name, where no other has the same.

    Example:
        >>> names_of(["set/a.png", "set/b.png", "other/b.png"])
        {'set/a.png': 'a', 'set/b.png': 'set/b.png', 'other/b.png': 'other/b.png'}
    """
    stems = {image: Path(image).stem for image in images}
    count = Counter(stems.values())
    return {image: stem if count[stem] == 1 else image for image, stem in stems.items()}


def is_of_image(word: str, runs: Sequence[Record]) -> bool:
    """Whether a word is a seed, or names the image as its path does.

    `experiment` does where each of its options is of one image, as in `untrained.reproduce`.
    """
    if word in (*SEEDS, *OF_IMAGES):
        return True
    if word != "experiment":
        return False
    images: dict[str, set[str]] = {}
    for run in runs:
        images.setdefault(run.value(word), set()).add(image_of(run))
    return all(len(each) == 1 for each in images.values())


def images_of(found: Sequence[Method]) -> list[str]:
    """Return the images of some methods, in the order in which they come."""
    return list(dict.fromkeys(image for method in found for image in method.psnr))


def comparisons(found: Sequence[Method]) -> Iterator[Comparison]:
    """Yield each two methods that share the targets of two images or more; one is a fit."""
    for one, other in combinations(found, 2):
        differences = list(differences_of(one.psnr, other.psnr))
        if len(differences) > 1 and (one.is_fit or other.is_fit):
            yield Comparison(one, other, paired(differences))


def differences_of(
    one: Mapping[str, Mapping[str, Sequence[float]]],
    other: Mapping[str, Mapping[str, Sequence[float]]],
) -> Iterator[float]:
    """Yield for each image by how much the one is better on the targets that both have, in dB."""
    for image in one.keys() & other.keys():
        shared = one[image].keys() & other[image].keys()
        found = [fmean(one[image][each]) - fmean(other[image][each]) for each in shared]
        if found:
            yield fmean(found)


def section(records: Sequence[Record]) -> str:
    """Return the section of the page on the methods, as HTML; empty where there is nothing."""
    compared = list(comparisons(methods(records)))
    if not compared:
        return ""
    titles = "".join(f'<th class="text">{title}</th>' for title in TITLES)
    body = ""
    for one, other, found in compared:
        cells = map(escape, (one.name, other.name, found.spoken()))
        body += "<tr>" + "".join(f'<td class="text">{cell}</td>' for cell in cells) + "</tr>"
    return (
        '<section id="methods" aria-labelledby="methods-h">'
        '<div class="bar"><h2 id="methods-h">Over the images</h2></div>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Table of methods">'
        f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
        '<p class="note">Each image counts once: the mean over its seeds, of the same targets. The '
        "interval is Student's, for images that are independent of each other.</p></section>"
    )
