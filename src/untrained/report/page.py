"""`report.html`: the runs to explore, in one file that needs no network."""

import hashlib
import io
import json
import re
import shlex
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Any

from PIL import Image

from untrained.image import viewed
from untrained.record.curve import STEP, spaced
from untrained.record.file import path_in, replacing
from untrained.record.name import BASELINES, CLEAN, NETWORK, RECONSTRUCTION, SWEEP_WORDS, TARGET
from untrained.record.run import Record, numbers, overfitting
from untrained.record.tree import Tree, names_of, read_tree
from untrained.report.difference import SEEDS, run_name, swept
from untrained.report.method import section
from untrained.report.target import of_one_target, view_of

# How much of the pictures is kept: each n-th step, the quality of the JPEG, and the most pixels
# for which that is done. Measured on photographs with noise of sigma 12, a byte holds 3.6, 5 and
# 6.6 pixels, and a data URI takes 4/3: none comes to more than 18 MB. More pictures than that lie
# beside the page.
LEVELS = ((1, 75, 48e6), (2, 60, 66e6), (2, 40, 88e6), (1, 75, inf))
LARGEST = 18e6  # bytes of pictures in the page, over which they lie beside it
STILL = {"quality": 90, "subsampling": 0}
# What was typed of these says how a sweep ran, and not what it was.
UNSPOKEN = ("hydra.mode", "hydra.sweep.", "hydra.run.", "resume=")


class Album:
    """The pictures of a page, each once, in it or beside it.

    Args:
        quality: Of the JPEG, 1 to 95.
    """

    def __init__(self, quality: int) -> None:
        self.quality = quality
        self.pictures: list[bytes] = []
        self.numbers: dict[bytes, int] = {}

    def add(self, path: Path, still: bool = False) -> int | None:
        """Take a picture in and return its number, or None where it cannot be read.

        Args:
            path: The picture.
            still: Whether it is no image of a step. There are few of those, so that they are kept
                as `STILL` says, with the colours of single pixels.
        """
        try:
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in self.numbers:
                self.pictures.append(jpeg(path, STILL if still else {"quality": self.quality}))
                self.numbers[digest] = len(self.pictures) - 1
        except (OSError, ValueError, SyntaxError):
            return None
        return self.numbers[digest]

    def addresses(self, folder: Path) -> list[str]:
        """Return where each picture is: in the page, or beside it if they are too many."""
        if sum(map(len, self.pictures)) * 4 / 3 <= LARGEST:
            start = "data:image/jpeg;base64,"
            return [start + b64encode(each).decode() for each in self.pictures]
        return [write_beside(folder, each) for each in self.pictures]


def jpeg(path: Path, words: Mapping[str, Any]) -> bytes:
    """Return a picture as JPEG, saved with some of Pillow's words."""
    buffer = io.BytesIO()
    Image.fromarray(viewed(path)).save(buffer, "JPEG", **words)
    return buffer.getvalue()


def write_beside(folder: Path, picture: bytes) -> str:
    """Write a JPEG into a folder beside the page, and return its address."""
    name = f"{hashlib.sha256(picture).hexdigest()[:16]}.jpg"
    with replacing(folder / name) as temporary:
        temporary.write_bytes(picture)
    return f"{folder.name}/{name}"


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
        "script": own_text("page.js"),
    }
    # What is put at a mark is not searched for marks.
    page = re.sub(r"/\*(\w+)\*/", lambda mark: parts[mark[1]], own_text("page.html"))
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def own_text(name: str) -> str:
    """Return a text that lies beside this module."""
    return (files("untrained.report") / name).read_text(encoding="utf-8")


def block(data: Mapping[str, Any]) -> str:
    """Return data as JSON that may stand in a page, with null for nan and infinity."""
    text = json.dumps(data, default=float)
    plain = json.loads(text, parse_constant=lambda _: None)
    return json.dumps(plain, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def thinning(records: Sequence[Record]) -> tuple[int, int]:
    """Return which steps to keep (each n-th) and the quality, by how many pixels there are."""
    frames = [list(record.frames.values()) for record in records]
    pixels = sum(len(paths) * area(paths[0]) for paths in frames if paths)
    return next((every, quality) for every, quality, most in LEVELS if pixels / every <= most)


def area(path: Path) -> int:
    """Return the pixels of a picture, 0 where it cannot be read."""
    try:
        with Image.open(path) as picture:
            return picture.width * picture.height
    except (OSError, SyntaxError):
        return 0


def entry(record: Record, words: Sequence[str], album: Album, every: int) -> dict[str, Any]:
    """Return what the page shows of one run."""
    steps = sorted(record.frames)
    kept = sorted({*steps[::every], *steps[-1:]})
    numbered = [(step, album.add(record.frames[step])) for step in kept]
    frames = [frame for frame in numbered if frame[1] is not None]
    target = album.add(path_in(record.folder, TARGET), still=True)
    clean = album.add(path_in(record.folder, CLEAN), still=True)
    lost = len(kept) - len(frames)
    is_true = {
        f"{lost} images cannot be read": lost > 0,
        no_target(record): target is None,
        "the clean image is unknown: no PSNR, no SSIM": clean is None,
    }
    return {
        "name": run_name(record, words),
        "folder": str(record.folder),
        "status": record.status,
        "halted": record.halted,
        "error": record.error,
        "notes": [*record.notes, *(note for note in is_true if is_true[note])],
        "values": {word: record.value(word) for word in words},
        "psnr": record.figures("psnr"),
        "ssim": record.figures("ssim"),
        "drop": overfitting(record),
        "seconds": numbers(record).get("seconds"),
        "rules": record.rules(),
        "baselines": baselines(record, album),
        "curve": thinned(record.curve),
        "frames": frames,
        "target": target,
        "clean": clean,
        "view": view_of(record),
        "composite": composite(record, album),
        "command": command(typed_words(record)),
        "machine": record.result.get("machine", {}),
        "versions": record.summary.get("versions", {}),
    }


def no_target(record: Record) -> str:
    """Return why there is no picture of the target of a run."""
    has_view = record.summary.get("view", "") is not None
    return "no picture of the target" if has_view else "the target is not a picture"


def composite(record: Record, album: Album) -> dict[str, Any] | None:
    """Return the result and the network's own image; None where the result is that image."""
    network = album.add(record.folder / NETWORK, still=True)
    result = album.add(record.folder / RECONSTRUCTION, still=True)
    if network is None or result is None:
        return None
    answer = record.figures("reconstruction")
    figures = {name: answer.get(name) for name in ("step", "psnr", "ssim")}
    what = "refined" if answer.get("refined") else "known pixels in place"
    return {"result": result, "network": network, "what": what, **figures}


def baselines(record: Record, album: Album) -> dict[str, dict[str, Any]]:
    """Return what each baseline made of the target of a run: its figures and its image."""
    found = {}
    for name, figures in record.baselines().items():
        picture = album.add(record.folder / BASELINES / f"{name}.png", still=True)
        found[name] = {**figures, "image": picture}
    return found


def typed_words(record: Record) -> list[str]:
    """Return the words of a run as they were typed."""
    return list(record.result.get("words", map("=".join, record.words.items())))


def shown_first(records: Sequence[Record]) -> list[int]:
    """Return the runs that are shown at first: of one target, one seed, each method in its turn."""
    first_seed: dict[tuple[str, ...], int] = {}
    words = [word for word in swept(records) if word not in SEEDS]
    for record in of_one_target(records):
        first_seed.setdefault(tuple(map(record.value, words)), records.index(record))
    kept = list(first_seed.values())
    methods = [records[index].value("model") for index in kept]
    turns = {index: methods[:place].count(methods[place]) for place, index in enumerate(kept)}
    return sorted(kept, key=turns.__getitem__)[:4]


def thinned(curve: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return the points of curves that a logarithmic axis has room for, 1 % of a step apart."""
    kept = spaced(curve[STEP], ratio=1.01)
    rounded = {name: [float(f"{values[i]:.5g}") for i in kept] for name, values in curve.items()}
    return rounded | {STEP: [int(curve[STEP][i]) for i in kept]}


def commands(records: Sequence[Record]) -> list[str]:
    """Return the command of each sweep, and of each run that is of none."""
    runs: dict[Path, list[Record]] = {}
    for record in records:
        runs.setdefault(record.folder.parent, []).append(record)
    found: list[str] = []
    for folder, inside in runs.items():
        if hydra := read_tree(folder / SWEEP_WORDS, []).get("hydra"):
            found.append(sweep_command(hydra))
        else:
            found += map(command, map(typed_words, inside))
    return found


def sweep_command(hydra: Tree) -> str:
    """Return the command of a sweep, by Hydra's own config of it."""
    overrides = hydra.get("overrides", {})
    words = map(str, [*overrides.get("hydra", []), *overrides.get("task", [])])
    return command(["-m", *(word for word in words if not word.startswith(UNSPOKEN))])


def command(words: Sequence[str]) -> str:
    """Return words as a shell takes them, after the program's name."""
    return shlex.join(["python", "train.py", *words])


def differing(records: Sequence[Record], words: Sequence[str]) -> list[dict[str, Any]]:
    """Return the words of the configs that differ and were not swept, with each run's value."""
    found = []
    for word in names_of(record.config for record in records):
        values = [str(record.config.get(word, "")) for record in records]
        # What the swept words bring with them says nothing new.
        if len(set(values)) > 1 and word not in ("resume", *words):
            found.append({"word": word, "values": values})
    return found
