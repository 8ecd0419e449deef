"""Two methods on the same images: the mean of their difference, and how sure it is."""

from collections.abc import Sequence
from math import nan, sqrt
from statistics import fmean, stdev
from typing import NamedTuple


class Paired(NamedTuple):
    """The mean of differences on the same images, with its 95 % confidence interval.

    Args:
        images: How many differences there are.
        mean: Their mean.
        half: Half of the interval's width; None for one difference, which says nothing of it.
    """

    images: int
    mean: float
    half: float | None

    def bounds(self) -> tuple[float, float]:
        """Return both ends of the interval; nan for one difference."""
        half = nan if self.half is None else self.half
        return self.mean - half, self.mean + half

    def spoken(self) -> str:
        """Return it as a person says it.

        Example:
            >>> Paired(images=3, mean=-0.25, half=0.1).spoken()
            '-0.25 dB, 95 % confidence interval -0.35 to -0.15, over 3 images'
        """
        if self.half is None:
            return f"{self.mean:+.2f} dB"
        low, high = self.bounds()
        over = f"over {self.images} images"
        return f"{self.mean:+.2f} dB, 95 % confidence interval {low:+.2f} to {high:+.2f}, {over}"


def paired(differences: Sequence[float]) -> Paired:
    """Return the mean of differences d_1, ..., d_n and its interval, t_(n-1) s / sqrt(n).

    The interval is Student's, which takes the differences for independent and normal. So a
    difference should be of one image, the mean over its seeds: seeds of one image are not
    independent images.

    Args:
        differences: One or more.

    Example:
        >>> found = paired([1.0, 2.0, 3.0])
        >>> found.mean, round(found.half, 3)
        (2.0, 2.484)
    """
    count, mean = len(differences), fmean(differences)
    if count < 2:
        return Paired(count, mean, None)
    from scipy.stats import t  # Late: it takes a second.

    quantile = float(t.ppf(0.975, count - 1))
    return Paired(count, mean, quantile * stdev(differences) / sqrt(count))
