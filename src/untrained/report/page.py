"""`report.html`: the runs to explore, in one file that needs no network."""

import hashlib
import io
import json
import math
import shlex
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from untrained.record.curve import STEP
from untrained.record.file import replacing
from untrained.record.name import CLEAN, NETWORK, RECONSTRUCTION, SWEEP_WORDS, TARGET
from untrained.record.run import Record, numbers, overfitting
from untrained.record.tree import read_tree
from untrained.report.difference import SEEDS, name, swept
from untrained.report.target import of_one_target, view_of

# How much of the pictures is kept: each n-th step, the quality of the JPEG, and the most pixels
# for which that is done. Measured on photographs with noise of sigma 12, a byte holds 3.6, 5 and
# 6.6 pixels, and a data URI takes 4/3: none comes to more than 18 MB.
LEVELS = ((1, 75, 48e6), (2, 60, 66e6), (2, 40, 88e6))
LARGEST = 18e6  # bytes of pictures in the page, over which they lie beside it
BESIDE = (1, 75)
STILL = {"quality": 90, "subsampling": 0}


class Album:
    """The pictures of a page, each once, in it or beside it.

    Args:
        quality: Of the JPEG, 1 to 95.
    """

    def __init__(self, quality: int) -> None:
        self.quality = quality
        self.pictures: list[bytes] = []
        self.known: dict[bytes, int] = {}

    def add(self, path: Path, still: bool = False) -> int | None:
        """Take a picture in and return its number, or None where it cannot be read.

        Args:
            path: The picture.
            still: Whether it is no image of a step. There are few of those, so that they are kept
                as `STILL` says, with the colours of single pixels.
        """
        try:
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in self.known:
                with Image.open(path) as picture, io.BytesIO() as buffer:
                    mode = "L" if picture.mode == "L" else "RGB"
                    words = STILL if still else {"quality": self.quality}
                    picture.convert(mode).save(buffer, "JPEG", **words)
                    self.pictures.append(buffer.getvalue())
                self.known[digest] = len(self.pictures) - 1
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError):
            return None
        return self.known[digest]

    def addresses(self, folder: Path) -> list[str]:
        """Return where each picture is: in the page, or beside it if they are too many."""
        if sum(map(len, self.pictures)) * 4 / 3 <= LARGEST:
            start = "data:image/jpeg;base64,"
            return [start + b64encode(each).decode() for each in self.pictures]
        folder.mkdir(parents=True, exist_ok=True)
        found = []
        for picture in self.pictures:
            path = folder / f"{hashlib.sha256(picture).hexdigest()[:16]}.jpg"
            if not path.exists():
                with replacing(path) as temporary:
                    temporary.write_bytes(picture)
            found.append(f"{folder.name}/{path.name}")
        return found


def write_page(path: Path, records: Sequence[Record], title: str = "") -> None:
    """Write the page; pictures that would make it too large go into a folder beside it.

    Args:
        path: The file.
        records: The runs.
        title: What they are called; the name of the file's folder if empty.
    """
    from plotly.offline import get_plotlyjs

    every, quality = level(records)
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
    block = json.dumps(known(data), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    room = files("untrained.report")
    page = (room / "page.html").read_text(encoding="utf-8")
    parts = {
        "/*style*/": (room / "page.css").read_text(encoding="utf-8"),
        "/*plotly*/": get_plotlyjs(),
        "/*data*/": block,
        "/*script*/": (room / "page.js").read_text(encoding="utf-8"),
    }
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for piece in split(page, list(parts)):
            file.write(parts.get(piece, piece))


def split(page: str, marks: Sequence[str]) -> list[str]:
    """Cut a page at its marks, and keep them; what is put there is not searched again."""
    pieces = [page]
    for mark in marks:
        head, found, tail = pieces.pop().partition(mark)
        pieces += [head, found, tail]
    return pieces


def level(records: Sequence[Record]) -> tuple[int, int]:
    """Return which steps to keep (each n-th) and the quality, by how many pixels there are."""
    pixels = 0.0
    for record in records:
        if record.frames:
            pixels += len(record.frames) * area(next(iter(record.frames.values())))
    levels = ((n, quality) for n, quality, most in LEVELS if pixels / n <= most)
    return next(levels, BESIDE)


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
    kept = [step for i, step in enumerate(steps) if i % every == 0 or step == steps[-1]]
    frames = [[step, album.add(record.frames[step])] for step in kept]
    lost = sum(number is None for _, number in frames)
    notes = [*record.notes, *([f"{lost} images cannot be read"] if lost else [])]
    psnr, ssim = (record.summary.get(metric) or {} for metric in ("psnr", "ssim"))
    target, clean = (album.add(record.folder / each, still=True) for each in (TARGET, CLEAN))
    if target is None:
        notes.append(no_target(record))
    if clean is None:
        notes.append("no clean image: nothing is measured against it")
    return {
        "name": name(record, words),
        "folder": str(record.folder),
        "status": record.status,
        "halted": record.halted,
        "error": record.error,
        "notes": notes,
        "values": {word: record.value(word) for word in words},
        "psnr": psnr,
        "ssim": ssim,
        "drop": overfitting(record),
        "seconds": numbers(record).get("seconds"),
        "rules": record.rules(),
        "curve": thinned(record.curve),
        "frames": [frame for frame in frames if frame[1] is not None],
        "target": target,
        "clean": clean,
        "view": view_of(record),
        "composite": composite(record, album),
        "command": "python train.py " + " ".join(shlex.quote(w) for w in typed(record)),
        "machine": record.result.get("machine", {}),
        "versions": record.summary.get("versions", {}),
    }


def no_target(record: Record) -> str:
    """Return why there is no picture of the target of a run."""
    is_no_picture = "view" in record.summary and record.summary["view"] is None
    return "the target is no picture" if is_no_picture else "no picture of the target"


def composite(record: Record, album: Album) -> dict[str, Any] | None:
    """Return the result with the known pixels in place and the network's own; None without one."""
    network = album.add(record.folder / NETWORK, still=True)
    result = album.add(record.folder / RECONSTRUCTION, still=True)
    if network is None or result is None:
        return None
    answer = record.summary.get("reconstruction") or {}
    figures = {key: answer.get(key) for key in ("step", "psnr", "ssim")}
    return {"result": result, "network": network, **figures}


def typed(record: Record) -> list[str]:
    """Return the words of a run as they were typed."""
    return list(record.result.get("words", [f"{k}={v}" for k, v in record.words.items()]))


def shown_first(records: Sequence[Record]) -> list[int]:
    """Return the runs that are shown at first: of one target, one seed, each method in its turn."""
    kept: dict[tuple[str, ...], int] = {}
    words = [word for word in swept(records) if word not in SEEDS]
    shown = of_one_target(records)
    for index, record in enumerate(records):
        if record in shown:
            kept.setdefault(tuple(record.value(word) for word in words), index)
    methods = [records[index].value("model") for index in kept.values()]
    turns = [(methods[:place].count(method), place) for place, method in enumerate(methods)]
    return [list(kept.values())[place] for _, place in sorted(turns)][:4]


def thinned(curve: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return the points of curves that a logarithmic axis has room for, 1 % of a step apart."""
    steps = curve[STEP]
    kept: list[int] = []
    for index, step in enumerate(steps):
        if not kept or step >= 1.01 * steps[kept[-1]] + 0.5 or index == len(steps) - 1:
            kept.append(index)
    return {
        column: [float(f"{values[i]:.5g}") if column != STEP else int(values[i]) for i in kept]
        for column, values in curve.items()
    }


def commands(records: Sequence[Record]) -> list[str]:
    """Return the command of each sweep, and of each run that is of none."""
    found = []
    for folder in dict.fromkeys(record.folder.parent for record in records):
        hydra = read_tree(folder / SWEEP_WORDS, []).get("hydra", {})
        if hydra:
            words = hydra.get("overrides", {}).get("task", [])
            own = [w for w in hydra.get("overrides", {}).get("hydra", []) if is_spoken(str(w))]
            said = [w for w in map(str, [*own, *words]) if not w.startswith("resume=")]
            found.append(shlex.join(["python", "train.py", "-m", *said]))
        else:
            found += [
                shlex.join(["python", "train.py", *typed(record)])
                for record in records
                if record.folder.parent == folder
            ]
    return found


def is_spoken(word: str) -> bool:
    """Whether one of Hydra's own words was typed, and matters elsewhere."""
    return not word.startswith(("hydra.mode", "hydra.sweep.", "hydra.run."))


def differing(records: Sequence[Record], words: Sequence[str]) -> list[dict[str, Any]]:
    """Return the words of the configs that differ and were not swept, with each run's value."""
    names = dict.fromkeys(word for record in records for word in record.config)
    # What the swept words bring with them says nothing new.
    hidden = {"resume", *words}
    found = []
    for word in names:
        values = [str(record.config.get(word, "")) for record in records]
        if word not in hidden and len(set(values)) > 1:
            found.append({"word": word, "values": values})
    return found


def known(value: Any) -> Any:  # noqa: ANN401 - a tree of JSON
    """Return a tree with null for what JSON has no sign for: nan and infinity."""
    if isinstance(value, Mapping):
        return {str(key): known(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [known(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
