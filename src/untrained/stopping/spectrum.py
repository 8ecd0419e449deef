"""A rule that watches the frequencies: low ones are fitted first, the highest hold the noise."""

import torch
from torch import Tensor

from untrained.stopping.rule import Crossing, Iterate, between, whole


class Bands(Crossing):
    """Stop when the highest band of frequencies begins to fill.

    The frequency-band correspondence of band b is the mean over its frequencies of
    min(1, |F A(x)| / |F y|), F the Fourier transform: 0 where nothing is fitted, 1 where all is.
    The bands are `count` rings of equal breadth up to the highest frequency of the axes; the
    corners beyond belong to none. Shi, Mettes, Maji, Snoek, "On measuring and controlling the
    spectral bias of the deep image prior", IJCV 130, 2022, arXiv 2107.01125.

    The measure is theirs; they transform the grey image, we each channel and average. The rule is
    ours: they stop by the ratio of blurriness to sharpness, which needs their network's layers. The
    statistic is 1 - correspondence of the highest band, and the pick the first step at which it
    is below 1 - `filled`.

    Args:
        filled: The highest band's correspondence at which to stop, between 0 and 1.
        count: Number of bands.
        every: Steps between two that are measured: a Fourier transform is not free.

    Raises:
        ValueError: If a word is out of its range.
    """

    def __init__(self, filled: float = 0.2, count: int = 5, every: int = 10) -> None:
        super().__init__(every)
        self.threshold = 1 - between("filled", filled, 0, 1)
        self.count = whole("count", count, least=2)
        self.correspondence = torch.full((count,), float("nan"))

    def measure(self, iterate: Iterate) -> Tensor:
        """Give what is missing of the highest band."""
        self.correspondence = correspondence(iterate.measurement, iterate.target, self.count)
        return 1 - self.correspondence[-1]

    def curves(self) -> dict[str, Tensor]:
        """Give the statistic, and the correspondence of each band from the lowest."""
        bands = {str(band + 1): value for band, value in enumerate(self.correspondence)}
        return super().curves() | bands


def correspondence(measurement: Tensor, target: Tensor, count: int) -> Tensor:
    """Give the frequency-band correspondence, one number a band, from the lowest."""
    fitted, known = torch.fft.rfft2(measurement).abs(), torch.fft.rfft2(target).abs()
    share = (fitted / (known + 1e-8)).clamp(max=1).mean((0, 1))
    down, across = target.shape[-2:]
    vertical = torch.fft.fftfreq(down, device=target.device)
    radius = 2 * torch.hypot(vertical[:, None], torch.fft.rfftfreq(across, device=target.device))
    edges = torch.arange(count, device=target.device)[:, None, None] / count
    ring = (radius >= edges) & (radius < edges + 1 / count)
    return (share * ring).sum((1, 2)) / ring.sum((1, 2))
