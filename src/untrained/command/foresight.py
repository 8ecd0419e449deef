"""The memory and the time that a fit will take, known before it begins."""

import time
from collections.abc import Callable
from functools import partial
from statistics import fmean
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from untrained.command.build import Given, build_data, fit_of
from untrained.kernel.memory import Taken, available_memory

# A smaller image is never looked at, where a fit of this many bytes a pixel has room.
SMALL = 2**19
MUCH = 24000  # SIREN takes 20,000, and the authors' DIP 11,000
MANY = 16  # channels, over which the images themselves take much, too
# Python, PyTorch and Lightning: a run of 32 x 32 pixels.
BASE = 490 * 2**20
# What the C library takes for the blocks of a step, over what is in them: a block that is aligned
# does not fit where one of its size has been. And a small object that is put into the rest of such
# a place makes it useless: a few maps of the largest size are then made anew.
# docs/evidence/photos.md has both.
KEPT = 1.3
LOST_MAPS = 2
# The share of the free memory that a fit may be foreseen to need: it has taken up to a third more.
SHARE = 0.75
SNAPSHOTS = 2  # that the guard keeps of all that is fitted
# Of a number that A has of its own: itself and two moments, with those in snapshots, its gradient.
BYTES_HELD = 4 * (3 + 3 * SNAPSHOTS + 1)
# What a picture takes that is put together from tiles, written and drawn: of each of its values
# 26 bytes were measured, 40 with 16 bits, and 50 where its target is enlarged beside it.
WHOLE = 55
SIDES = (128, 256)
TILES = (512, 384, 256)
# Steps that are not timed, since the first are slow, and those that are.
UNTIMED, TIMED = 2, 5


def check_memory(config: DictConfig, shape: tuple[int, ...], data: Any = None) -> None:  # noqa: ANN401
    """Refuse a fit that the memory is too small for, before it begins.

    Args:
        config: The config.
        shape: Shape of the image, `1 c h w`.
        data: What is fitted, where it is known; A may have weights of its own.

    Raises:
        ValueError: If it needs more than there is; the words that fit are named.
    """
    free = available_memory()
    _, channels, height, width = shape
    pixels = height * width
    if free is None or config.accelerator.name != "cpu":
        return
    own = 0 if data is None else bytes_of_own(data.degradation)
    room = SHARE * free - own
    much = MUCH * max(1.0, channels / MANY)
    if pixels < SMALL and much * config.fits * pixels < room:
        return
    fixed, each = needed(config, channels)
    if fixed + each * pixels < room:
        return
    most = spoken_size((fixed + each * pixels + own) / SHARE)
    side = fitting_side(room - fixed, each, height, width)
    hints = [smaller(config, data, side) if fixed < room else "no smaller image fits either"]
    size = next((side for side in TILES if fixed + each * side**2 < room), None)
    if size is not None and config.tile.size is None and goes_with_tiles(data):
        hints.insert(0, f"tile.size={size} fits it in tiles")
    raise ValueError(
        f"image of {height} x {width} pixels: its fit may take {most} of memory, and "
        f"{spoken_size(free)} are free; "
        f"{', '.join(hints)}"
    )


def check_whole(config: DictConfig, data: Any) -> None:  # noqa: ANN401
    """Refuse tiles whose whole picture the memory is too small for.

    Args:
        config: The config.
        data: What is fitted.

    Raises:
        ValueError: If it needs more than there is; the word that makes it smaller is named.
    """
    free = available_memory()
    _, channels, height, width = data.shape
    needs = BASE + WHOLE * channels * height * width
    if free is None or needs < SHARE * free:
        return
    side = fitting_side(SHARE * free - BASE, WHOLE * channels, height, width)
    raise ValueError(
        f"image of {height} x {width} pixels: to put it together from tiles may take "
        f"{spoken_size(needs / SHARE)} of memory, and {spoken_size(free)} are free; "
        f"{smaller(config, data, side)}"
    )


def bytes_of_own(degradation: Any) -> float:  # noqa: ANN401
    """Return the bytes of what A has of its own to be fitted: a network that makes a kernel."""
    return sum(BYTES_HELD * each.numel() for each in degradation.parameters())


def goes_with_tiles(data: Any) -> bool:  # noqa: ANN401
    """Whether a photo may be fitted in tiles: A then has a part of its own for each."""
    from untrained.tile import Window

    if data is None:
        return True
    target = data.observation.target
    try:
        data.degradation.windowed(target, Window(0, 0, *data.degradation.grid(target)))
    except ValueError:
        return False
    return True


def smaller(config: DictConfig, data: Any, side: int) -> str:  # noqa: ANN401
    """Return which word makes an image smaller.

    Args:
        config: The config.
        data: What is fitted; None where it is not known.
        side: The longer side of an image that fits.
    """
    if config.target.path is None:
        return f"image.size={side} makes it smaller"
    if data is not None and not data.degradation.is_picture:
        return f"model.width={max(8, config.model.get('width', 16) // 2)} takes less"
    factor = 1 if data is None else data.shape[-1] // data.observation.target.shape[-1]
    return f"target.size={side // max(factor, 1)} makes it smaller"


def fits_at_once(config: DictConfig, shape: tuple[int, ...]) -> int:
    """Return how many fits of such an image the memory is enough for, each in its own process.

    Raises:
        ValueError: If it is too small for one of them.
    """
    check_memory(config, shape)
    free = available_memory()
    if free is None:
        return 1
    fixed, each = needed(config, shape[1])
    return max(1, int(SHARE * free / (fixed + each * shape[2] * shape[3])))


def needed(config: DictConfig, channels: int) -> tuple[float, float]:
    """Return the bytes that a fit takes, whatever the image, and those for each of its pixels.

    Two small fits of the same words are made, a step of each is watched, and a line is drawn
    through them: all that grows in a fit are maps.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        small, large = (bytes_of_step(config, channels, side) for side in SIDES)
    finally:
        torch.set_num_threads(threads)
    each = (large - small) / (SIDES[1] ** 2 - SIDES[0] ** 2)
    fixed = BASE + max(0.0, small - each * SIDES[0] ** 2)
    return fixed, each


def bytes_of_step(config: DictConfig, channels: int, side: int) -> float:
    """Return the bytes that the steps of a fit take, for a square image."""
    import torch

    from untrained.degradation.identity import Identity

    with Taken() as taken:
        target = torch.zeros(1, channels, side, side)
        step, optimizer = step_of(config, Given(target=target, degradation=Identity()))
        step()  # The optimizer makes what it keeps.
        taken.peak = taken.now
        step()
    tensors = taken.peak + SNAPSHOTS * bytes_held(optimizer)
    return KEPT * tensors + LOST_MAPS * taken.largest


def bytes_held(optimizer: Any) -> int:  # noqa: ANN401
    """Return the bytes of what is fitted and of what its optimizer keeps.

    They grow with the image where its pixels or its code are fitted.
    """
    import torch

    total = 0
    for group in optimizer.param_groups:
        total += sum(weight.nbytes for weight in group["params"])
    for state in optimizer.state.values():
        total += sum(value.nbytes for value in state.values() if torch.is_tensor(value))
    return total


def seconds_of_step(config: DictConfig, given: Given) -> float:
    """Return how long a step of a fit takes by one thread, by a few of them."""
    step, _ = step_of(config, given)
    for _ in range(UNTIMED):
        seconds_of_call(step)
    return fmean(seconds_of_call(step) for _ in range(TIMED))


def seconds_of_call(function: Callable[..., object], *arguments: object) -> float:
    """Return how long a call of a function takes by one thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    started = time.perf_counter()
    try:
        function(*arguments)
    finally:
        torch.set_num_threads(threads)
    return time.perf_counter() - started


def step_of(config: DictConfig, given: Given) -> tuple[Callable[[], object], Any]:
    """Build a fit, and return a function that does a step of it, to be measured.

    Returns:
        The function, and the optimizer that it calls.
    """
    import torch

    fit = fit_of(config, build_data(config, given))  # Its memory is not checked: it is measured.
    optimizer: Any = instantiate(config.optimizer, _convert_="all")(fit.groups())
    half = is_half(config)

    def loss() -> Any:  # noqa: ANN401
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            total = fit(0, given.target).total
        total.backward()
        return total

    return partial(optimizer.step, loss), optimizer


def is_half(config: DictConfig) -> bool:
    """Whether the networks compute in bfloat16."""
    return "bf16" in str(config.accelerator.precision)


def fitting_side(room: float, each: float, height: int, width: int) -> int:
    """Return the longer side of the largest image of this aspect that fits, in round numbers.

    Args:
        room: Bytes that are left for the maps.
        each: Bytes that each pixel of the image takes.
        height: Height of the image, in pixels.
        width: Its width, alike.
    """
    pixels = max(0.0, room) / each
    side = int((pixels * max(height, width) / min(height, width)) ** 0.5)
    return max(16, side // 64 * 64)


def spoken_size(count: float) -> str:
    """Return a number of bytes as a person says it.

    Example:
        >>> spoken_size(3 * 2**29), spoken_size(80 * 2**30)
        ('1.5 GiB', '80 GiB')
    """
    gibibytes = count / 2**30
    return f"{gibibytes:.1f} GiB" if gibibytes < 10 else f"{gibibytes:.0f} GiB"
