"""The results of a run, as a person reads them."""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from untrained.record.name import RECONSTRUCTION
from untrained.record.summary import read_summary
from untrained.stopping.blind import CORRELATED

# Root mean squares of noise, on the 0-255 scale: of a camera at ISO 6400 (docs/real_noise.md), and
# what few cameras have.
CAMERA, STRONG = 9, 15


def print_results(folder: Path) -> None:
    """Print the tables of a run's `summary.json`, what they mean in a line, and where all is."""
    console = Console(soft_wrap=True, highlight=False)
    console.width = console.width or 80  # Where COLUMNS=0 stands for a width that is not known.
    summary = read_summary(folder)
    if summary:
        for part in results(summary):
            console.print(part, markup=False)  # Words have brackets: stopping=[whiteness].
        if not (folder / RECONSTRUCTION).is_file():
            console.print(f"{RECONSTRUCTION} is not written: callbacks.pictures writes it")
        console.print(
            f"{summary['status']} after {summary['steps']} steps, {summary['seconds']:.0f} s "
            f"({summary['seconds_per_step']:.3f} s/step)",
            markup=False,
        )
    console.print(str(folder), markup=False)


def results(summary: Mapping[str, Any]) -> Iterator[Table | str]:
    """Yield the tables of a run, and what they mean in a line.

    Args:
        summary: What `summary.json` holds.
    """
    if summary["reconstruction"]["psnr"] is None:
        yield "The clean image is unknown, so there is no PSNR and no SSIM."
        yield f"{RECONSTRUCTION} is the {origin(summary)}."
        yield from bounded_by_white(summary)
    else:
        yield table_of_images(summary)
        yield from worse_than_target(summary)
    if summary.get("baselines"):
        yield table_of_baselines(summary["baselines"])
        yield from beside_baselines(summary)
    if summary["stopping"]:
        yield table_of_rules(summary["stopping"])
        yield from much_removed(summary)


def much_removed(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line on a result that lacks more than a camera's noise: it may be a texture.

    A fine texture that fills the picture looks like correlated noise.
    """
    level = summary["reconstruction"].get("removed")
    seen = [verdict.get("noise") for verdict in summary["stopping"].values()]
    if CORRELATED in seen and level is not None and level > STRONG:
        yield (
            f"The result is {level:.0f} of 255 away from the target; the noise of a camera at ISO "
            f"6400 is {CAMERA}. If the picture is full of fine texture, type "
            '"stopping=[whiteness]"'
        )


def bounded_by_white(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line on a result of which a part is at white, so that it may be too dark there."""
    share = summary["reconstruction"].get("at_white")
    if share and share >= 0.001:
        yield (
            f"{share:.1%} of it is at white, the brightest that the network can show: "
            "a larger degradation.white has room for larger values"
        )


def origin(summary: Mapping[str, Any]) -> str:
    """Return which image `reconstruction.png` is: 'average of step 640 so far, chosen by blind'."""
    found = summary["reconstruction"]
    if summary.get("tiles"):
        said = origin_in_tiles(summary["tiles"])
    else:
        said = f"{kind_of_answer(summary)} of {origin_of_step(found)}"
    return f"{said}, refined" if found.get("refined") else said


def origin_of_step(found: Mapping[str, Any]) -> str:
    """Return which step was chosen, by whom, and what was done to its image."""
    step = "the last step"
    if found["rule"] is not None:
        step = f"step {step_of(found)}, chosen by {found['rule']}"
    return f"{step}, with the known values in place" if found.get("merged") else step


def origin_in_tiles(tiles: Sequence[Mapping[str, Any]]) -> str:
    """Return which image `reconstruction.png` is, for a photo in tiles."""
    blend = "one tile" if len(tiles) == 1 else f"blend of {len(tiles)} tiles"
    return f"{blend}, {ends_of(tiles)}"


def ends_of(tiles: Sequence[Mapping[str, Any]]) -> str:
    """Return how the fits of the tiles ended.

    Args:
        tiles: The status, the rule and the steps of each tile, as `summary.json` holds them.

    Example:
        >>> stopped = {"status": "stopped", "rule": "blind", "steps": 250}
        >>> ends_of([stopped, {**stopped, "steps": 410}])
        'each ended by blind, after 250 to 410 steps'
        >>> ends_of([{"status": "finished", "rule": None, "steps": 500}])
        'of 500 steps'
    """
    counts = [tile["steps"] for tile in tiles]
    span = " to ".join(map(str, sorted({min(counts), max(counts)})))
    rules = [str(tile["rule"]) for tile in tiles if tile["status"] == "stopped"]
    each = "each " if len(tiles) > 1 else ""
    if not rules:
        return f"{each}of {span} steps"
    count = each if len(rules) == len(tiles) else f"{len(rules)} of them "
    return f"{count}ended by {', '.join(sorted(set(rules)))}, after {span} steps"


def kind_of_answer(summary: Mapping[str, Any]) -> str:
    """Return what `reconstruction.png` is: an average or a reconstruction."""
    return "average" if summary["reconstruction"]["kind"] == "average" else "reconstruction"


def step_of(pick: Mapping[str, Any]) -> str:
    """Return the step of a rule's pick; 'so far' follows where a better step may still come.

    Example:
        >>> step_of({"step": 640, "detected": False})
        '640 so far'
    """
    return str(pick["step"]) if pick["detected"] else f"{pick['step']} so far"


def oracle(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the best image of the curve that is of the kind of `reconstruction.png`."""
    if kind_of_answer(summary) == "average":
        return dict(summary["best_average"] or {})
    psnr, ssim = summary["psnr"], summary["ssim"]
    return {"step": psnr["best_step"], "psnr": psnr["best"], "ssim": ssim["best"]}


def table_of_images(summary: Mapping[str, Any]) -> Table:
    """Return the images of a run with their quality; the first is the answer."""
    table = Table(title=f"{summary['status']}: {summary['steps']} steps", title_justify="left")
    table.add_column("image")
    table.add_column("PSNR, dB", justify="right")
    table.add_column("SSIM", justify="right")
    found, best = summary["reconstruction"], oracle(summary)
    psnr, ssim = summary["psnr"], summary["ssim"]
    oracle_label = f"best {kind_of_answer(summary)} of the curve (oracle, step {best.get('step')})"
    rows = [
        (f"{RECONSTRUCTION}: {origin(summary)}", found["psnr"], found["ssim"]),
        (f"{view_of(summary)} target", psnr["target"], ssim["target"]),
    ]
    if not summary.get("tiles"):
        rows += [
            ("last average", psnr["average"], ssim["average"]),
            ("last reconstruction", psnr["last"], ssim["last"]),
            (oracle_label, best.get("psnr"), best.get("ssim")),
        ]
    for label, decibel, similarity in rows:
        if decibel is not None:
            table.add_row(label, rounded(decibel, 2), rounded(similarity, 3))
    return table


def rounded(value: float | None, digits: int) -> str:
    """Return a number with so many digits after the point; nothing for None.

    Example:
        >>> rounded(27.125, 1), rounded(None, 1)
        ('27.1', '')
    """
    return "" if value is None else f"{value:.{digits}f}"


def worse_than_target(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line on a result that is worse than the target, with what to try."""
    psnr, noisy = summary["reconstruction"]["psnr"], summary["psnr"]["target"]
    if noisy is None or psnr >= noisy:
        return
    worse = f"{noisy - psnr:.1f} dB worse than the {view_of(summary)} image"
    yield f"{RECONSTRUCTION} is {worse}: {advice_on(summary)}"


def advice_on(summary: Mapping[str, Any]) -> str:
    """Return what to try where a result is worse than the target."""
    if was_still_learning(summary):
        return f"the fit was still learning: try more steps than {summary['steps']}"
    if summary["stopping"]:
        return "try a larger model.width, or another rule by stopping.choose"
    return "try a larger model.width"


def was_still_learning(summary: Mapping[str, Any]) -> bool:
    """Whether the best step is among the last tenth of the steps, and no rule ended the run."""
    best = summary["psnr"]["best_step"]
    if best is None or summary["status"] == "stopped":
        return False
    return bool(best >= 0.9 * (summary["steps"] - 1))


def view_of(summary: Mapping[str, Any]) -> str:
    """Return what the target is called: 'noisy', 'masked', 'low resolution'."""
    return str(summary.get("view") or "noisy").lower()


def table_of_baselines(baselines: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return what one would use instead: its quality, where that is known, and its seconds."""
    rows = []
    for each in baselines.values():
        cells = {
            "PSNR, dB": rounded(each.get("psnr"), 2),
            "SSIM": rounded(each.get("ssim"), 3),
            "seconds": rounded(each.get("seconds"), 2),
        }
        rows.append((str(each["name"]), cells))
    return numbers_table("baselines: classical methods on the same target", "baseline", rows)


def numbers_table(title: str, label: str, rows: Sequence[tuple[str, Mapping[str, str]]]) -> Table:
    """Return a table of numbers; a column without a number is left out.

    Args:
        title: What stands above it.
        label: The heading of the first column.
        rows: The name of each row, and its cells by their headings.
    """
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column(label)
    headings = [heading for heading in rows[0][1] if any(cells[heading] for _, cells in rows)]
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, cells in rows:
        table.add_row(name, *(cells[heading] for heading in headings))
    return table


def beside_baselines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line on what the network brings over the best baseline, where that is known."""
    answer, baselines = summary["reconstruction"]["psnr"], summary["baselines"].values()
    if answer is None or any(each.get("psnr") is None for each in baselines):
        return
    best = max(baselines, key=itemgetter("psnr"))
    gain = round(answer - best["psnr"], 2)
    line = f"The network {spoken_gain(gain)} {best['name']}"
    line += f" ({best['psnr']:.2f} dB, {spoken_seconds(best['seconds'])})"
    if len(baselines) > 1:
        line += ", the best baseline by the clean image"
    yield line


def spoken_gain(gain: float) -> str:
    """Return what a network brings over something else, in words.

    Example:
        >>> spoken_gain(0.5), spoken_gain(-0.5), spoken_gain(0)
        ('is 0.50 dB better than', 'is 0.50 dB worse than', 'is as good as')
    """
    if gain > 0:
        return f"is {gain:.2f} dB better than"
    if gain < 0:
        return f"is {-gain:.2f} dB worse than"
    return "is as good as"


def spoken_seconds(seconds: float) -> str:
    """Return a short time as one reads it.

    Example:
        >>> spoken_seconds(0.013), spoken_seconds(3.26)
        ('under 0.1 s', '3.3 s')
    """
    return "under 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s"


def table_of_rules(verdicts: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the stopping rules, what is known of their picks, and what noise they saw."""
    rows = []
    for name, verdict in verdicts.items():
        cells = {
            "step": step_of(verdict),
            "PSNR, dB": rounded(verdict["psnr"], 2),
            "gap, dB": rounded(verdict["gap_db"], 2),
        }
        rows.append((f"{name} (halted)" if verdict["halted"] else name, cells))
    table = numbers_table("stopping rules", "rule", rows)
    table.caption = caption(verdicts)
    return table


def caption(verdicts: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return what noise the rules saw; None where no rule says so.

    Example:
        >>> caption({"blind": {"noise": "impulses"}, "emv": {}})
        'blind saw impulses'
    """
    seen = [f"{name} saw {each['noise']}" for name, each in verdicts.items() if each.get("noise")]
    return ", ".join(seen) or None
