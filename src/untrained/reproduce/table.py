"""A published table: its images, its numbers, and the words of the fits that are to give them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).parent / "table"


class Row(NamedTuple):
    """One row of a table: an image, or one image with words of its own.

    Args:
        image: The name that is typed after `--images`.
        published: The published PSNR in dB; None where only a mean was published.
        pictures: That of the authors' own result picture, where it is another number.
        size: Height and width of what is fitted, in pixels.
        words: Words of this row's fit alone, as a tree.
        unlike: Why the published number is of another measure; empty where it is of the same.
    """

    image: str
    published: float | None
    pictures: float | None
    size: tuple[int, int]
    words: Mapping[str, Any]
    unlike: str


class Table(NamedTuple):
    """A published table, as its file in `table/` says it.

    Args:
        name: The name of the file, which is what one types.
        title: What it is, in a line.
        paper: Whose it is.
        source: Where the pictures are to be had.
        published_is: What the published number of an image is.
        files: Words of the fits whose value is a picture in the user's folder: the word and the
            picture's name, in which `{image}` stands for the image.
        crop: Pictures are cropped from the centre to a multiple of as many pixels.
        result: The name of the authors' own result picture; empty where there is none.
        microseconds: What a pixel takes for a step, on two CPU cores.
        fit: The words of all fits, in the form of a file of `conf/experiment/`.
        compare: The number of `summary.json` that stands beside the published one.
        means: The published means over all images, by the number of `summary.json`.
        images: The rows, by name.
        notes: What a reader of the numbers has to know.
    """

    name: str
    title: str
    paper: str
    source: str
    published_is: str
    files: Mapping[str, str]
    crop: int
    result: str
    microseconds: float
    fit: Mapping[str, Any]
    compare: str
    means: Mapping[str, float]
    images: Mapping[str, Row]
    notes: Sequence[str]


def names() -> list[str]:
    """Return the names of the tables."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_table(name: str) -> Table:
    """Read the table of a name.

    Raises:
        ValueError: If there is none.
    """
    if name not in names():
        raise ValueError(f"{name} is not a table; there are {', '.join(names())}")
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    tree = yaml.safe_load(text)
    return Table(
        name=name,
        title=text.partition("\n")[0].removeprefix("# "),
        paper=tree["paper"],
        source=tree["source"],
        published_is=tree["published_is"],
        files=tree["files"],
        crop=tree.get("crop", 1),
        result=tree.get("result", ""),
        microseconds=tree["microseconds"],
        fit=tree["fit"],
        compare=tree["compare"],
        means=tree.get("means", {}),
        images={image: row(image, words) for image, words in tree["images"].items()},
        notes=tree.get("notes", []),
    )


def row(image: str, tree: Mapping[str, Any]) -> Row:
    """Return the row of an image, as the table's file says it."""
    height, width = tree["size"]
    return Row(
        image=image,
        published=tree.get("published"),
        pictures=tree.get("pictures"),
        size=(height, width),
        words=tree.get("words", {}),
        unlike=tree.get("unlike", ""),
    )


def chosen(table: Table, images: str) -> list[Row]:
    """Return the rows that are asked for, in the order of the table.

    Args:
        table: The table.
        images: Their names with commas between them; empty for all.

    Raises:
        ValueError: If the table has no such image.
    """
    asked = [name.strip() for name in images.split(",") if name.strip()]
    for name in asked:
        if name not in table.images:
            known = ", ".join(table.images)
            raise ValueError(f"--images: {name} is not an image of {table.name}; there are {known}")
    if not asked:
        return list(table.images.values())
    return [each for name, each in table.images.items() if name in asked]
