"""Estimate the noise level from the noisy image alone."""

import torch
from torch import Tensor

from untrained.noise.detail import HIGH_PASS, NORMAL, noise_variances, without_impulses
from untrained.noise.kind import WIDEST, is_impulsive, reach

# The median of fewer blocks of 2 x 2 known pixels has a standard error of over 6 %.
FEW_BLOCKS = 400
# The shorter side of which every WIDEST-th pixel is as long as HIGH_PASS.
LEAST = WIDEST * len(HIGH_PASS)


def is_readable(target: Tensor) -> bool:
    """Whether the noise of a target can be estimated: a picture `1 c h w` of 16 x 16 pixels up."""
    return target.dim() == 4 and min(target.shape[2:]) >= LEAST


def noise_level(target: Tensor, known: Tensor | None = None) -> Tensor:
    """Estimate the root mean square of the noise, of any of our kinds, on the 0-255 scale.

    For correlated noise (`is_correlated`) the estimate uses the lattices of every k-th pixel, on
    which the noise is white; k is the `reach` of the noise. Fine texture raises this estimate. It
    was 0.4 to 1.9 times the true level for PolyU's camera photographs, and 0.8 to 5 times for
    synthetic noise.

    If only some pixels are known, the noise is taken for white (`known_variance`). The level is
    then the root of the mean variance of the channels.

    Args:
        target: The noisy image, `1 c h w`; it may have values outside of [0, 1].
        known: Which pixels of the target are observed, bool or 0 and 1, of a shape that broadcasts
            to the target; None for all. The values of the other pixels are ignored.

    Returns:
        The level, 0-dim. It is NaN if a channel has no two known pixels side by side.

    Example:
        >>> noisy = 0.5 + 25 / 255 * torch.randn(1, 3, 128, 128)
        >>> round(noise_level(noisy).item() / 25, 1)
        1.0
    """
    if known is not None and not known.all():
        masks = known.to(target.device, torch.bool).expand_as(target)[0]
        pairs = zip(target[0], masks, strict=True)
        return 255 * torch.stack([known_variance(*pair) for pair in pairs]).mean().sqrt()
    filled = without_impulses(target)
    # Between impulses a picture is nearly clean: what reaches far there is its texture.
    stride = 1 if is_impulsive(target) else reach(filled)
    smooth, impulses = noise_variances(target, filled, stride)
    return 255 * (smooth + impulses).sqrt()


def known_variance(channel: Tensor, known: Tensor) -> Tensor:
    """Estimate the variance of white noise from pixels whose neighbours are known.

    The estimate is (median |d| / 0.6745)^2. d = (p - q - r + s) / 2 is the diagonal Haar detail of
    a block of 2 x 2 pixels, `p q` over `r s`, whose four pixels are known. Blocks may overlap. If
    there are fewer than 400 blocks, d is (p - q) / sqrt 2 of known neighbours in a row or a column
    instead. There are more of these pairs, but the edges of the picture raise the estimate.

    Args:
        channel: The noisy channel, `h w`.
        known: Which of its pixels are observed, `h w`, bool.

    Returns:
        The variance in the units of the channel, 0-dim; NaN if no two neighbours are known.
    """
    across, both_across = neighbours(channel, known)
    blocks, all_four = neighbours(across.T, both_across.T)
    details = blocks[all_four]
    if len(details) < FEW_BLOCKS:
        down, both_down = neighbours(channel.T, known.T)
        details = torch.cat([across[both_across], down[both_down]])
    return (details.abs().median() / NORMAL).square()


def neighbours(values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return (p - q) / sqrt 2 of neighbours in a row, `h w-1`, and whether both are known."""
    difference = (values[:, :-1] - values[:, 1:]) / 2**0.5
    return difference, known[:, :-1] & known[:, 1:]
