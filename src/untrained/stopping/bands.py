"""A rule that watches bands of frequencies: low ones are fitted first, the highest are noise."""

import torch
from torch import Tensor

from untrained import check
from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.rule import Crossing

NO_DETAIL = "a blurred target has no image in its highest band"


class Bands(Crossing):
    """Stop when the highest band of frequencies begins to be fitted.

    The correspondence of a band is sum Re(F A(x) conj(F y)) / sum |F y|^2 over the frequencies of
    the band and the channels, where F is the Fourier transform. It is the share of the target that
    is fitted: 0 is nothing, 1 is all. The bands are `count` rings of equal breadth up to the
    highest frequency of the axes. The mean and the corners belong to no band. The statistic is 1
    minus the correspondence of the highest band. The pick is the first step at which the statistic
    is below 1 - `filled`.

    Reference: Shi, Mettes, Maji, Snoek, "On measuring and controlling the spectral bias of the deep
    image prior", IJCV 130, 2022, arXiv 2107.01125. We differ in two points. Their correspondence is
    the mean of min(1, |F A(x)| / |F y|), which ignores the phase: the random texture of the
    hourglass before its first step would have half of the highest band. They stop by the ratio of
    blurriness to sharpness, which suits the layers of their network; we stop by the correspondence.

    Args:
        filled: The correspondence of the highest band at which to stop, between 0 and 1.
        count: The number of bands, from 2 up.
        every: The number of steps between two measurements, since a Fourier transform takes time.

    Raises:
        ValueError: If a setting is out of its range.
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
        """Return why the rule is wrong for a problem, also if A removes the highest band."""
        reason = super().suits(problem, target)
        if reason is None and not problem.degradation.keeps_detail:
            return NO_DETAIL
        return reason

    def measure(self, step: Step) -> Tensor:
        """Return 1 minus the correspondence of the highest band, 0-dim."""
        self.correspondence = correspondence(step.measurement, step.target, self.count)
        return 1 - self.correspondence[-1]

    def curves(self) -> dict[str, Tensor]:
        """Return the statistic, and the correspondence of each band, '1' being the lowest."""
        bands = {str(band + 1): value for band, value in enumerate(self.correspondence)}
        return super().curves() | bands


def correspondence(measurement: Tensor, target: Tensor, count: int) -> Tensor:
    """Return the correspondence of each band, `count`, the lowest band first; see `Bands`.

    Args:
        measurement: A(x) of each fit, `K c h w`.
        target: y, `1 c h w`.
        count: The number of bands.

    Example:
        >>> target = torch.rand(1, 1, 32, 32)
        >>> correspondence(0.5 * target, target, count=2)
        tensor([0.5000, 0.5000])
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
