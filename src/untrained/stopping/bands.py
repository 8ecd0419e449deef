"""A rule that watches the frequencies: low ones are fitted first, the highest hold the noise."""

import torch
from torch import Tensor

from untrained import check
from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rule import Crossing

NO_DETAIL = "a blurred target has no image in its highest band"


class Bands(Crossing):
    """Stop when the highest band of frequencies begins to fill.

    The correspondence of a band is sum Re(F A(x) conj(F y)) / sum |F y|^2 over its frequencies and
    the channels, F the Fourier transform: the share of the target's band that is fitted, 0 where
    nothing is, 1 where all is. The bands are `count` rings of equal breadth up to the highest
    frequency of the axes; the mean and the corners beyond belong to none. The statistic is 1 -
    correspondence of the highest band, and the pick the first step where it is below 1 - `filled`.

    After the frequency-band correspondence of Shi, Mettes, Maji, Snoek, "On measuring and
    controlling the spectral bias of the deep image prior", IJCV 130, 2022, arXiv 2107.01125. Theirs
    is the mean of min(1, |F A(x)| / |F y|), which has no phase: the random texture of the
    hourglass before its first step would have half of the highest band. To stop by it is ours:
    they stop by the ratio of blurriness to sharpness, which is for their network's layers.

    Args:
        filled: The highest band's correspondence at which to stop, between 0 and 1.
        count: Number of bands.
        every: Steps between two that are measured: a Fourier transform is not free.

    Raises:
        ValueError: If a word is out of its range.
    """

    needs_noise = True
    needs_whole_target = True
    needs_picture = True

    def __init__(self, filled: float = 0.3, count: int = 5, every: int = 10) -> None:
        super().__init__(every)
        self.threshold = 1 - check.number("filled", filled, over=0, under=1)
        self.count = check.whole("count", count, least=2)
        self.correspondence = torch.full((count,), float("nan"))

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule would be wrong: also where A takes the highest band away."""
        reason = super().suits(problem, target)
        if reason is None and not problem.degradation.keeps_detail:
            return NO_DETAIL
        return reason

    def measure(self, step: Step) -> Tensor:
        """Return what is missing of the highest band."""
        self.correspondence = correspondence(step.measurement, step.target, self.count)
        return 1 - self.correspondence[-1]

    def curves(self) -> dict[str, Tensor]:
        """Return the statistic, and the correspondence of each band from the lowest."""
        bands = {str(band + 1): value for band, value in enumerate(self.correspondence)}
        return super().curves() | bands


def correspondence(measurement: Tensor, target: Tensor, count: int) -> Tensor:
    """Return the correspondence, one number a band, from the lowest; see `Bands`.

    Args:
        measurement: A(x) of each fit, `K c h w`.
        target: y, `1 c h w`.
        count: Number of bands.
    """
    fitted = torch.fft.rfft2(measurement)
    known = torch.fft.rfft2(target).expand_as(fitted)
    both = torch.stack([(fitted * known.conj()).real, known.abs().square()]).sum((1, 2))
    down, across = target.shape[-2:]
    vertical = torch.fft.fftfreq(down, device=target.device)
    radius = 2 * torch.hypot(vertical[:, None], torch.fft.rfftfreq(across, device=target.device))
    band = torch.where(radius > 0, (radius * count).floor(), -1)
    ring = band == torch.arange(count, device=target.device)[:, None, None]
    shared, power = (both.flatten(1) @ ring.flatten(1).to(both).T).unbind()
    return shared / power
