"""The default rule, which sees which of three kinds of noise a target has."""

from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.noise.detail import without_impulses
from untrained.noise.kind import is_correlated, is_impulsive
from untrained.step import Step
from untrained.stopping.covariance_penalty import CovariancePenalty
from untrained.stopping.rise import Rise, multiple
from untrained.stopping.whiteness import Whiteness

WHITE, CORRELATED, IMPULSES = "white noise", "correlated noise", "impulses"


class Blind(Rise):
    """Stop where the residual looks like the noise, for three kinds of noise: the default rule.

    The rule looks at the target once, before its first measurement, and decides which noise it has
    (`seen`):

    - White noise of every pixel (Gaussian, Poisson) has no structure. The statistic is that of
      `Whiteness`. It needs no noise level, so a texture that looks like noise does not mislead it.
    - Correlated noise (`is_correlated`), as in a developed photo or a JPEG file, is never white.
      The statistic is that of `CovariancePenalty`.
    - Impulses (salt and pepper; `is_impulsive`) leave a white residual at any step, but differ from
      their neighbours. The statistic is

          mean((A(m) - y')^2), where y' is the target `without_impulses`

      and m is the average, or the reconstruction if there is no average. If the other pixels have
      no noise, the statistic is the true error of all pixels but the impulses. The more noise the
      other pixels have, the later the statistic is lowest.

    If parts of the target are unknown, the noise is taken for white, because the other two tests
    need all neighbours.

    The rule is ours. docs/stopping.md says how close its picks are to the best step.

    Args:
        radius: The greatest lag of the whiteness, in pixels.
        patience: The number of steps to wait for a lower statistic.
        every: The number of steps between two measurements.
        rise: The rule stops once the whiteness is over this multiple of its lowest value...
        sustained: ...at this number of measurements in a row.
        error_rise: The same multiple for the error of impulses, which changes less.
        penalty_rise: The same multiple for the covariance penalty.

    Raises:
        ValueError: If a setting is out of its range.
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
        """Return the statistic for the noise that was seen, 0-dim."""
        if self.seen is None:
            is_whole = step.problem.known(step.target) is None
            self.seen = noise_of(step.target) if is_whole else WHITE
        rule = self.rules[self.seen]
        self.rise, self.gain, self.wait = rule.rise, rule.gain, rule.wait
        return rule.measure(step)

    def lag(self, step: Step) -> Tensor | float:
        """Return how many steps after `at` the average is taken."""
        return self.rules[self.seen].lag(step)


class ImpulseError(Rise):
    """Stop where the average is closest to the target `without_impulses`; see `Blind`."""

    filled: Tensor | None = None

    def measure(self, step: Step) -> Tensor:
        """Return the mean squared error of A(m) to the target `without_impulses`, 0-dim."""
        if self.filled is None:
            self.filled = without_impulses(step.target)
        shown = step.reconstruction if step.average is None else step.average
        return mse_loss(step.problem.degradation(shown), self.filled)

    def lag(self, step: Step) -> float:
        """Return 0, because the error describes the average itself."""
        return 0.0


def noise_of(target: Tensor) -> str:
    """Return which kind of noise a target `1 c h w` has, in words."""
    if is_impulsive(target):
        return IMPULSES
    return CORRELATED if is_correlated(target) else WHITE
