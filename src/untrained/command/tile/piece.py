"""What the fit of one tile has found, in a file of its own, from which a run goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from untrained.record.name import TILES, TILES_SECONDS


class Piece(NamedTuple):
    """What the fit of one tile has found; it is a file of its own, from which a run goes on.

    Args:
        image: What is visible of the image that is recommended, `1 c h w`.
        step: Its step.
        rule: The stopping rule that chose it, or None.
        detected: Whether that choice stands.
        status: 'finished' or 'stopped'.
        steps: Steps that were done.
        seconds: Time that they took.
        parameters: Numbers that were fitted.
        refined: Whether the image is refined; pieces of older versions do not say it.
        deviation: The standard deviation over several fits, like the image; None for one fit.
    """

    image: Any
    step: int
    rule: str | None
    detected: bool
    status: str
    steps: int
    seconds: float
    parameters: int
    refined: bool = False
    deviation: Any = None


def piece_of(run: Any) -> Piece:  # noqa: ANN401
    """Return what the fit of a tile has found."""
    from untrained.callback.recommendation import recommendation

    found = recommendation(run)
    return Piece(
        image=run.visible(found.image).cpu(),
        step=found.step,
        rule=found.rule,
        detected=found.detected,
        status=run.status,
        steps=run.done,
        seconds=run.seconds,
        parameters=run.parameters,
        refined=found.refined,
        deviation=None if found.deviation is None else found.deviation.cpu(),
    )


def piece_path(folder: Path, number: int) -> Path:
    """Return the file of what a tile's fit has found."""
    return folder / TILES / f"{number:04}.pt"


def pieces(folder: Path, count: int) -> Iterator[Piece]:
    """Yield what each fit has found, in the order of the tiles.

    Raises:
        ValueError: If one of the files is damaged.
    """
    from untrained.record.weights import read_saved

    for number in range(count):
        yield Piece(**read_saved(piece_path(folder, number)))


def remove_pieces(folder: Path) -> None:
    """Remove what the fits of the tiles have found, once the whole picture is saved."""
    for path in (folder / TILES).glob("*.pt"):
        path.unlink()
    (folder / TILES_SECONDS).unlink(missing_ok=True)
