"""The default rule, which knows three kinds of noise when it sees them."""

from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.stopping.covariance_penalty import CovariancePenalty
from untrained.stopping.level import is_correlated, is_impulsive, without_impulses
from untrained.stopping.rule import Iterate, Rise, multiple
from untrained.stopping.whiteness import Whiteness


class Blind(Rise):
    """Stop where the residual looks like the noise, whatever that is: our default.

    Which noise a target has is seen in the target itself, once, and said (`seen`):

    - White noise that every pixel has (Gaussian, Poisson) has no structure. The statistic is that
      of `Whiteness`. It needs no level, and is not misled by a texture that looks like noise
      to whoever estimates a level.
    - Noise that is alike in neighbouring pixels (`is_correlated`), as that of a developed photo or
      of a JPEG file, is never white. The statistic is that of `CovariancePenalty`.
    - Impulses (salt and pepper; `is_impulsive`) leave a white residual at any time, but stand out
      from their neighbours. The statistic is

          mean((A(m) - y')^2), y' the target `without_impulses`,

      of the average m, or where there is none of the reconstruction. If the other pixels have no
      noise it is the true error but for those few, where it is the error to the median around
      them; the more noise they have, the later it is lowest.

    Pixels that A does not reach would be taken for impulses.

    Args:
        radius: Greatest lag of the whiteness, in pixels.
        patience: Steps to wait for a lower statistic.
        every: Steps between two that are measured.
        rise: The multiple of the lowest whiteness at which the rule waits no longer,
        sustained: if so many statistics in a row have risen that far.
        error_rise: The same multiple of the lowest error of impulses, which moves less.
        penalty_rise: The same multiple of the lowest covariance penalty.

    Raises:
        ValueError: If a word is out of its range.
    """

    def __init__(
        self,
        radius: int = 4,
        patience: int = 1000,
        every: int = 10,
        rise: float = 2.0,
        sustained: int = 5,
        error_rise: float = 1.2,
        penalty_rise: float = 1.03,
    ) -> None:
        super().__init__(patience, every, rise, sustained)
        self.whiteness = Whiteness(radius)
        self.penalty = CovariancePenalty()
        self.error_rise = multiple("error_rise", error_rise)
        self.penalty_rise = multiple("penalty_rise", penalty_rise)
        self.filled: Tensor | None = None

    def measure(self, iterate: Iterate) -> Tensor:
        """Return the statistic of the noise that was seen."""
        if self.seen is None:
            self.seen = noise_of(iterate.target)
        if self.seen == WHITE:
            return self.whiteness.measure(iterate)
        if self.seen == CORRELATED:
            return self.penalty.measure(iterate)
        return self.error(iterate)

    def error(self, iterate: Iterate) -> Tensor:
        """Return the error of what is recommended to the target without its impulses."""
        if self.filled is None:
            self.filled = without_impulses(iterate.target)
        shown = iterate.reconstruction if iterate.average is None else iterate.average
        return mse_loss(iterate.degradation(shown), self.filled)

    def lag(self, iterate: Iterate) -> Tensor | float:
        """Return how many steps later the average is taken; of impulses the error is its own."""
        if self.seen == IMPULSES:
            return 0.0
        return self.penalty.lag(iterate) if self.seen == CORRELATED else iterate.age

    def bar(self) -> float:
        """Return the multiple of the lowest statistic that counts as risen."""
        rises = {WHITE: self.rise, CORRELATED: self.penalty_rise, IMPULSES: self.error_rise}
        return rises.get(self.seen or WHITE, self.rise)


WHITE, CORRELATED, IMPULSES = "white noise", "correlated noise", "impulses"


def noise_of(target: Tensor) -> str:
    """Return which kind of noise a target has, in words."""
    if is_impulsive(target):
        return IMPULSES
    return CORRELATED if is_correlated(target) else WHITE
