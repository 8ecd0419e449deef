"""Channels-last maps as rows of numbers, and their sums."""

import torch
from torch import Tensor

aten = torch.ops.aten
MOST_GROUPS = 64
LONG = 1024  # numbers in a row


def channels_last(x: Tensor) -> Tensor:
    """Return a map `b c h w` in the channels-last layout.

    A single map is transposed as a matrix, which takes half the time of PyTorch's conversion.
    """
    if len(x) > 1:
        return x.contiguous(memory_format=torch.channels_last)
    rows = x.flatten(2)[0].t().contiguous()
    return rows.view(1, *x.shape[2:], x.shape[1]).permute(0, 3, 1, 2)


def matrix(x: Tensor) -> Tensor:
    """View a channels-last map `b c h w` as `b*h*w c`."""
    return x.permute(0, 2, 3, 1).view(-1, x.shape[1])


def grouped(x: Tensor, most: int = MOST_GROUPS) -> tuple[Tensor, int]:
    """View a channels-last map as `pixels/k k*c`, and return k.

    k neighbouring pixels count as channels of their own. So a sum over the pixels becomes k sums
    over fewer rows, and one sum of k numbers. PyTorch's kernels add one by one in single precision,
    so the rounding error is k times smaller. k is the largest number up to `most` that divides the
    number of pixels. If both sides are prime, k is 1 and the sums are those of PyTorch.
    """
    rows = matrix(x)
    pixels, channels = rows.shape
    groups = next(k for k in range(min(most, pixels), 0, -1) if pixels % k == 0)
    return rows.view(-1, groups * channels), groups


def long_rows(x: Tensor) -> Tensor:
    """View a channels-last map as rows of several pixels, `pixels/k k*c`.

    PyTorch multiplies a map by a number for each channel row by row. Rows of 16 numbers take nine
    times as long as rows of 1024 in bfloat16. Longer rows than `LONG` no longer fit in the cache.
    """
    return grouped(x, max(1, min(MOST_GROUPS, LONG // x.shape[1])))[0]


def repeated(of_channels: Tensor, rows: Tensor) -> Tensor:
    """Return numbers of the channels, `c`, once for each pixel of a long row, `k*c`."""
    return of_channels.repeat(rows.shape[1] // len(of_channels))


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the mean and the biased variance of each channel, `c` each, of `b c h w`.

    The moments of a map of half precision have single precision.
    """
    rows, groups = grouped(x)
    # Nobody reads these running statistics. Their single precision makes the results' precision.
    unread = x.new_zeros(rows.shape[1], dtype=wide(x))
    mean, variance = (
        t.view(groups, -1) for t in aten.batch_norm_update_stats(rows, unread, unread.clone(), 0.0)
    )
    whole = mean.mean(0)
    return whole, (variance + (mean - whole).square()).mean(0)


def wide(x: Tensor) -> torch.dtype:
    """Return the type of the statistics of a map: at least single precision."""
    return torch.promote_types(x.dtype, torch.float32)


def gradients(
    g: Tensor, x: Tensor, gain: Tensor, mean: Tensor, inverse: Tensor
) -> tuple[Tensor, Tensor]:
    """Compute the gradients of gain and shift, `c` each.

    They are the sums of g x^ and of g over the pixels, with x^ = (x - mean) inverse.

    Args:
        g: Gradient of the normalised map, `b c h w`.
        x: The map before the normalisation, `b c h w`.
        gain: Gain of each channel, `c`.
        mean: Mean of each channel over the pixels, `c`.
        inverse: One over the standard deviation of each channel, `c`.
    """
    rows, groups = grouped(x)
    gain, mean, inverse = (repeated(t, rows) for t in (gain, mean, inverse))
    _, of_gain, of_shift = aten.native_batch_norm_backward(
        grouped(g)[0], rows, gain, None, None, mean, inverse, True, 0.0, [False, True, True]
    )
    return of_gain.view(groups, -1).sum(0), of_shift.view(groups, -1).sum(0)


def total(x: Tensor) -> Tensor:
    """Compute the sum of each channel, `c`, of `b c h w`.

    The map is summed in as many parts as `grouped` says, and the parts in single precision. In
    bfloat16 each part is rounded once. One sum in single precision took 3.5 times as long.
    """
    rows, groups = grouped(x)
    return rows.view(groups, -1, x.shape[1]).sum(1).to(wide(x)).sum(0)
