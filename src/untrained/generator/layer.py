"""What the generators share: the sizes of their scales, their layers, and checks of their words."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from untrained.check import flag

Size = tuple[int, int]

ACTIVATIONS = ("sigmoid", "none")
UPSAMPLINGS = ("bilinear", "nearest")


def rounded(code: Tensor) -> Tensor:
    """Return a code in the precision in which autocast convolves, or as it is without autocast.

    Each convolution rounds its map anyway. Rounded once, the code is also padded in half precision,
    in a tenth of the time.

    Shape:
        `1 c h w` to the same.
    """
    kind = code.device.type
    return code.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else code


def activated(logits: Tensor, code: Tensor, activation: str) -> Tensor:
    """Return the image of a network's last map, in the precision of the code.

    Args:
        logits: The last map, `1 out_channels h w`.
        code: The code that the network was given; its type is the image's.
        activation: 'sigmoid' for values in (0, 1), or 'none' for the map itself.

    Shape:
        `1 out_channels h w` to the same, contiguous.
    """
    # Every other image has PyTorch's own layout. To compare two images of different layouts takes
    # 2 to 5 times as long.
    image = logits.to(code.dtype).contiguous()
    return image.sigmoid() if activation == "sigmoid" else image


def halved(size: Size, smallest: int = 2) -> Size:
    """Halve a map's height and width, rounding up, but to no less than `smallest`.

    A side that would come out smaller is left as it is. Batch normalisation
    finds no variance in one pixel, and reflection padding needs one pixel more than it adds.

    Example:
        >>> halved((17, 3)), halved((2, 3))
        ((9, 2), (2, 2))
    """
    height, width = size
    return halved_side(height, smallest), halved_side(width, smallest)


def halved_side(side: int, smallest: int) -> int:
    """Return half of a side, rounded up; the side itself where that is under `smallest`."""
    half = (side + 1) // 2
    return half if half >= smallest else side


def check_depth(depth: int, size: Size) -> None:
    """Refuse a depth at which the image would be halved below one pixel.

    Raises:
        ValueError: If 2^(depth - 1) exceeds the image's shorter side.
    """
    deepest = min(size).bit_length()
    if depth > deepest:
        raise ValueError(
            f"depth must be at most {deepest} for an image of {size[0]} x {size[1]}, got {depth}"
        )


def resized(x: Tensor, size: Size, mode: str) -> Tensor:
    """Interpolate to `size`. To an even size this is the authors' x2."""
    return functional.interpolate(x, size=size, mode=mode)


def freeze_convolutions(network: nn.Module, freeze: bool) -> None:
    """Keep the convolutions of a network as they were drawn; its normalisations are still fitted.

    Args:
        network: The network, which is changed.
        freeze: Whether to do so, as the user says.

    Raises:
        ValueError: If `freeze` is neither true nor false.

    Reference: Li, Wang, Zhuang and Sun, "Deep Random Projector: Accelerated Deep Image Prior",
    CVPR 2023, where the code is fitted, too (`latent.learn`).
    """
    flag("freeze", freeze)
    for module in network.modules():
        if freeze and isinstance(module, nn.Conv2d):
            module.requires_grad_(False)


def normalisation(channels: int) -> nn.BatchNorm2d:
    """Return batch normalisation of one image by its own statistics, in training and evaluation.

    The authors keep running statistics and never use them. Without them the
    two modes agree and a checkpoint holds the weights alone.
    """
    return nn.BatchNorm2d(channels, track_running_stats=False)
