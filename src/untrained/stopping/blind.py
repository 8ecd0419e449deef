"""The default rule, which knows three kinds of noise when it sees them."""

from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.noise.level import is_correlated, is_impulsive, without_impulses
from untrained.step import Step
from untrained.stopping.covariance_penalty import CovariancePenalty
from untrained.stopping.rise import Rise, multiple
from untrained.stopping.whiteness import Whiteness

WHITE, CORRELATED, IMPULSES = "white noise", "correlated noise", "impulses"


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

      m being the average, or the reconstruction where there is no average. If the other pixels
      have no noise, it is the true error of all pixels but the impulses. The more noise the other
      pixels have, the later it is lowest.

    Where parts of the target are not known, neither neighbours nor medians can be trusted. Then the
    noise is taken for white.

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

    needs_noise = True
    needs_picture = True

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
        multiple("error_rise", error_rise)
        multiple("penalty_rise", penalty_rise)
        self.rules: dict[str | None, Rise] = {
            WHITE: Whiteness(radius, patience, every, rise, sustained),
            IMPULSES: ImpulseError(patience, every, error_rise, sustained),
            CORRELATED: CovariancePenalty(
                patience=patience, every=every, rise=penalty_rise, sustained=sustained
            ),
        }

    def measure(self, step: Step) -> Tensor:
        """Return the statistic of the noise that was seen."""
        if self.seen is None:
            is_whole = step.problem.known(step.target) is None
            self.seen = noise_of(step.target) if is_whole else WHITE
        rule = self.rules[self.seen]
        self.rise, self.gain, self.wait = rule.rise, rule.gain, rule.wait
        return rule.measure(step)

    def lag(self, step: Step) -> Tensor | float:
        """Return how many steps later the average is taken."""
        return self.rules[self.seen].lag(step)


class ImpulseError(Rise):
    """Stop where the average is closest to the target without its impulses; see `Blind`."""

    filled: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared error of what is recommended to that target."""
        if self.filled is None:
            self.filled = without_impulses(step.target)
        shown = step.reconstruction if step.average is None else step.average
        return mse_loss(step.problem.degradation(shown), self.filled)

    def lag(self, step: Step) -> float:
        """Return 0: the error is the average's own."""
        return 0.0


def noise_of(target: Tensor) -> str:
    """Return which kind of noise a target has, in words."""
    if is_impulsive(target):
        return IMPULSES
    return CORRELATED if is_correlated(target) else WHITE
