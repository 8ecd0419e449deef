"""The default rule, which sees which of four kinds of noise a target has."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.noise.detail import without_impulses
from untrained.noise.kind import is_correlated, is_impulsive, may_be_weakly_correlated
from untrained.noise.level import noise_level
from untrained.problem import Problem
from untrained.step import Step
from untrained.stopping.covariance_penalty import CovariancePenalty
from untrained.stopping.rise import Rise, multiple
from untrained.stopping.whiteness import Whiteness

WHITE, CORRELATED, IMPULSES = "white noise", "correlated noise", "impulses"
WEAKLY = "weakly correlated noise"
# The whiteness of a residual that is not white. Of white noise it is about 2 / pixels in the end.
NOT_WHITE = 5e-4
CHANCE = 5  # divided by the number of pixels: what chance alone may give
# The residual at the pick of the covariance penalty over the noise level of the finest details. Of
# weakly correlated noise it is below, of a texture that is not yet fitted it is above.
NOISE_ALONE = 1.6
# A residual that gets whiter by more than this in the last half of the steps may still get white.
SETTLED = 0.5


class Blind(Rise):
    """Stop where the residual looks like the noise, for four kinds of noise: the default rule.

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

    - Noise that is only weakly correlated (`may_be_weakly_correlated`), as in a scanned print, is
      nearly white, but no residual is white. So `CovariancePenalty` watches too. Its pick is the
      answer if it is final, no residual was white or is about to be, and the residual there is not
      much larger than the noise level. A larger one holds texture.

    If parts of the target are unknown, the noise is taken for white, because the other tests need
    all neighbours.

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
        whiteness = Whiteness(radius, patience, every, rise, sustained)
        self.penalty = CovariancePenalty(
            patience=patience, every=every, rise=penalty_rise, sustained=sustained
        )
        self.whitest = torch.empty(0)  # the lowest whiteness at each measurement
        self.rules: dict[str | None, Rise] = {
            WHITE: whiteness,
            WEAKLY: whiteness,
            IMPULSES: ImpulseError(patience, every, error_rise, sustained),
            CORRELATED: self.penalty,
        }

    def suits(self, problem: Problem, target: Tensor) -> str | None:
        """Return why the rule is wrong for a problem, in words; None if it is right."""
        reason = super().suits(problem, target)
        # The noise of a target of which parts are unknown is taken for white.
        return reason or self.rules[WHITE].suits(problem, target)

    def see(self, step: Step) -> None:
        """Look at one step."""
        super().see(step)
        is_due = step.number % self.every == 0
        if self.seen == WHITE and is_due and step.problem.known(step.target) is None:
            self.penalty.see(step)
            self.whitest = torch.cat([self.whitest.to(self.lowest), self.lowest[None]])
            if self.penalty.detected and not self.detected and self.is_weakly_correlated(step):
                self.take_penalty()

    def is_weakly_correlated(self, step: Step) -> bool:
        """Whether no residual gets white, though that of the penalty's pick is noise alone."""
        pixels = step.target.shape[-2] * step.target.shape[-1]
        most = NOISE_ALONE * noise_level(step.target) / 255
        is_coloured = self.lowest > NOT_WHITE + CHANCE / pixels
        is_settled = self.lowest > SETTLED * self.whitest[len(self.whitest) // 2]
        is_noise = self.penalty.residual_there <= most.square()
        found = is_coloured & is_settled & is_noise
        return bool(found) and may_be_weakly_correlated(step.target)

    def take_penalty(self) -> None:
        """Take the pick of the covariance penalty, which is final."""
        self.seen = WEAKLY
        for name in ("at", "step", "reconstruction", "average", "deviation", "detected"):
            setattr(self, name, getattr(self.penalty, name))

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

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with that of the covariance penalty if it watches too."""
        state = super().state_dict()
        return state | {"penalty": self.penalty.state_dict()} if self.seen == WHITE else state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state. That of an earlier version has nothing of the covariance penalty."""
        penalty, own = self.penalty, {"whitest": self.whitest} | state
        if "penalty" in own:
            penalty.load_state_dict(own["penalty"])
        super().load_state_dict(own)
        self.penalty = penalty


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
