"""What the generators share: the sizes of their scales, and checks of their words."""

import torch
from torch import Tensor, nn
from torch.nn import functional

Size = tuple[int, int]


class Generator(nn.Module):
    """A network G from a code z to an image, G(z) = sigmoid(last(body(z))).

    A family gives `body`, `last`, and `code_size`, the height and width of its code.

    Args:
        channels_last: Compute in the channels-last memory layout.
        fused: Compute by the functions of `untrained.kernel.fused`: the same mathematics in
            fewer passes over memory, for a CPU.

    Raises:
        ValueError: If a word is neither true nor false, or `fused` lacks `channels_last`.
    """

    body: nn.Module
    last: nn.Module
    code_size: Size

    def __init__(self, channels_last: bool, fused: bool) -> None:
        super().__init__()
        check_flag("channels_last", channels_last)
        check_flag("fused", fused)
        if fused and not channels_last:
            raise ValueError("fused must be false where channels_last is")
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.fused = fused

    def forward(self, code: Tensor) -> Tensor:
        """Map `1 in_channels *code_size` to an image in (0, 1), in the precision of the code.

        The image has PyTorch's own layout, as every other image has: to compare two of different
        ones takes 2 to 5 times as long.
        """
        logits = self.logits(code.contiguous(memory_format=self.memory_format))
        return logits.to(code.dtype).contiguous().sigmoid()

    def logits(self, code: Tensor) -> Tensor:
        """Map a code to what the sigmoid takes."""
        return self.last(self.body(code))


def halved(size: Size, smallest: int = 2) -> Size:
    """Halve a map's height and width, rounding up, but to no less than `smallest`.

    A side that would come out smaller is left as it is: batch normalisation
    finds no variance in one pixel, and reflection padding needs as many pixels
    as it adds and one more.

    Example:
        >>> halved((17, 3)), halved((2, 3))
        ((9, 2), (2, 2))
    """
    height, width = (half if (half := (side + 1) // 2) >= smallest else side for side in size)
    return height, width


def check_depth(depth: int, size: Size) -> None:
    """Refuse a depth at which the image would be halved below one pixel.

    Raises:
        ValueError: If `depth` is not a whole number from 1 up, or 2^(depth - 1)
            exceeds the image's shorter side.
    """
    check_count("depth", depth)
    deepest = min(size).bit_length()
    if depth > deepest:
        raise ValueError(
            f"depth must be at most {deepest} for an image of {size[0]} x {size[1]}, got {depth}"
        )


def check_count(name: str, value: object, least: int = 1) -> None:
    """Refuse what is not a whole number from `least` up.

    Raises:
        ValueError: In a line that begins with `name`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number from {least} up, got {value!r}")


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither true nor false: 'no' would mean yes.

    Raises:
        ValueError: In a line that begins with `name`.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, got {value!r}")


def check_upsample(mode: str) -> None:
    """Refuse an interpolation that the authors do not use.

    Raises:
        ValueError: If `mode` is neither 'bilinear' nor 'nearest'.
    """
    if mode not in ("bilinear", "nearest"):
        raise ValueError(f"upsample must be 'bilinear' or 'nearest', got {mode!r}")


def resized(x: Tensor, size: Size, mode: str) -> Tensor:
    """Interpolate to `size`; for an even one this is the authors' x2."""
    return functional.interpolate(x, size=size, mode=mode)


def normalisation(channels: int) -> nn.BatchNorm2d:
    """Batch normalisation of one image by its own statistics, in training and evaluation alike.

    The authors keep running statistics and never use them; without them the
    two modes agree and a checkpoint holds the weights alone.
    """
    return nn.BatchNorm2d(channels, track_running_stats=False)
