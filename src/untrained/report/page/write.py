"""`report.html`: the runs to explore, in one file that needs no network."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from untrained.record.file import write_whole
from untrained.record.run import Record
from untrained.record.tree import names_of
from untrained.report.difference import SEEDS, swept
from untrained.report.method import section
from untrained.report.page.album import Album, thinning
from untrained.report.page.command import commands
from untrained.report.page.entry import entry
from untrained.report.target import of_one_target

SHOWN = 4  # runs, at first
# The modules of the page's script, each after those whose values it reads as it begins.
MODULES = (
    "data",
    "element",
    "target",
    "step",
    "source",
    "pair",
    "curve",
    "gallery",
    "zoom",
    "table",
    "again",
    "main",
)


def write_page(path: Path, records: Sequence[Record], title: str = "") -> None:
    """Write the page; pictures that would make it too large go into a folder beside it.

    Args:
        path: The file.
        records: The runs.
        title: What they are called; the name of the file's folder if empty.
    """
    from plotly.offline import get_plotlyjs

    every, quality = thinning(records)
    album = Album(quality)
    words = swept(records)
    runs = [entry(record, words, album, every) for record in records]
    beside = path.with_name(f"{path.stem}_images")
    data = {
        "title": title or path.resolve().parent.name,
        "words": words,
        "runs": runs,
        "commands": commands(records),
        "differing": differing(records, words),
        "chosen": shown_first(records),
        "images": album.addresses(beside),
    }
    parts = {
        "methods": section(records),
        "style": own_text("page.css"),
        "plotly": get_plotlyjs(),
        "data": block(data),
        "script": script(),
    }
    # What is put at a mark is not searched for marks.
    page = re.sub(r"/\*(\w+)\*/", lambda mark: parts[mark[1]], own_text("page.html"))
    write_whole(path, page)


def own_text(name: str) -> str:
    """Return a text that lies beside this module."""
    return (files("untrained.report.page") / name).read_text(encoding="utf-8")


def script() -> str:
    """Return the modules of the script as one module: a page that is one file can import no other.

    So a name at the top of a module is that of no other module.
    """
    whole = "\n".join(own_text(f"{name}.js") for name in MODULES)
    without_imports = re.sub(r"^import [^;]*;\n", "", whole, flags=re.MULTILINE)
    return re.sub(r"^export ", "", without_imports, flags=re.MULTILINE)


def block(data: Mapping[str, Any]) -> str:
    """Return data as JSON that may stand in a page, with null for nan and infinity."""
    text = json.dumps(data, default=float)
    plain = json.loads(text, parse_constant=lambda _: None)
    return json.dumps(plain, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def shown_first(records: Sequence[Record]) -> list[int]:
    """Return the runs that are shown at first: of one target, one seed, each method in its turn."""
    first_seed: dict[tuple[str, ...], int] = {}
    words = [word for word in swept(records) if word not in SEEDS]
    for record in of_one_target(records):
        first_seed.setdefault(tuple(map(record.value, words)), records.index(record))
    # The first run of each method is before the second run of any.
    turns: dict[int, int] = {}
    count: Counter[str] = Counter()
    for index in first_seed.values():
        method = records[index].value("model")
        turns[index] = count[method]
        count[method] += 1
    return sorted(turns, key=turns.__getitem__)[:SHOWN]


def differing(records: Sequence[Record], words: Sequence[str]) -> list[dict[str, Any]]:
    """Return the words of the configs that differ and were not swept, with each run's value."""
    found = []
    for word in names_of(record.config for record in records):
        values = [str(record.config.get(word, "")) for record in records]
        # What the swept words bring with them says nothing new.
        if len(set(values)) > 1 and word not in ("resume", *words):
            found.append({"word": word, "values": values})
    return found
