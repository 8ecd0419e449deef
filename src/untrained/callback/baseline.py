"""Run the baselines on the target of a run, once the fit is done."""

import logging
import time
from collections import defaultdict
from collections.abc import Collection

from torch import Tensor

from untrained.baseline.baseline import Baseline, Outcome
from untrained.callback.run import Run
from untrained.callback.watcher import Watcher
from untrained.degradation.operator import Degradation

log = logging.getLogger(__name__)


class Baselines(Watcher):
    """Run each baseline on the target of a run that has all that it was to have.

    What they make stands in `Run.baselines`, by their names. A baseline that fails is left out in a
    line. A run that was interrupted leaves them for when it goes on.

    Args:
        baselines: The baselines by name, in the order in which they are shown.

    Raises:
        ValueError: If one is no baseline.
    """

    def __init__(self, **baselines: Baseline) -> None:
        for name, baseline in baselines.items():
            if not isinstance(baseline, Baseline):
                raise ValueError(f"baseline.{name} must be a baseline, got {baseline!r}")
        self.baselines = baselines

    def leave_out(
        self, degradation: Degradation, target: Tensor, asked_for: Collection[str]
    ) -> None:
        """Drop the baselines that do not apply to a target. The log says why.

        Args:
            degradation: A.
            target: y, `1 *m`, on the CPU.
            asked_for: The baselines that the user typed. These are refused instead of dropped.

        Raises:
            ValueError: If a baseline that the user typed does not apply.
        """
        left_out = defaultdict(list)
        for name, baseline in list(self.baselines.items()):
            reason = baseline.suits(target, degradation)
            if reason is None:
                continue
            if name in asked_for:
                raise ValueError(f"baseline.{name} cannot be used: {reason}")
            left_out[reason].append(name)
            del self.baselines[name]
        for reason, names in left_out.items():
            log.info("baseline: %s left out, because %s", ", ".join(names), reason)

    def save(self, run: Run) -> None:
        """Run the baselines; whoever saves after this one has what they made."""
        if run.status == "interrupted":
            return
        for name, baseline in self.baselines.items():
            try:
                run.baselines[name] = outcome(baseline, run)
            except Exception as error:
                said = " ".join(str(error).split())
                log.warning("baseline.%s is left out: %s: %s", name, type(error).__name__, said)


def outcome(baseline: Baseline, run: Run) -> Outcome:
    """Return what a baseline makes of the target of a run, and how long it takes.

    Raises:
        ValueError: If that is no image of the run.
    """
    degradation = run.problem.degradation
    baseline.known_level = run.problem.sigma if run.problem.noisy else 0
    started = time.perf_counter()
    image = baseline(run.target, degradation)
    seconds = time.perf_counter() - started
    shape = degradation.shape(run.target)
    if image.shape != shape:
        raise ValueError(f"its image is {tuple(image.shape)}, and that of the fit {tuple(shape)}")
    if not image.isfinite().all():
        raise ValueError("its image has values that are not finite")
    return Outcome(baseline.name, run.visible(image).clamp(0, 1), seconds)
