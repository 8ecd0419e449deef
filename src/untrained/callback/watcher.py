"""`Watcher`: the base class of what looks at the steps of a run."""

from typing import Any

from untrained.callback.run import Run
from untrained.record.curve import Row
from untrained.step import Step


class Watcher:
    """Look at the steps of a run, and change nothing. `Watch` calls these methods; most do nothing.

    A watcher's name is its word in `callbacks`. Its state stands under that name in a checkpoint.
    """

    def begin(self, run: Run) -> None:
        """Look at a run that begins, or goes on."""

    def see(self, step: Step) -> None:
        """Look at a step."""

    def columns(self, step: Step) -> Row:
        """Return what the curves show of this step, by column; asked at their steps alone."""
        return {}

    def told(self, row: Row) -> None:
        """Look at the whole row of a step, once all watchers have given their columns."""

    def save(self, run: Run) -> None:
        """Save what a run has found; its steps are done."""

    def draw(self, run: Run) -> None:
        """Draw the run; all watchers have saved what they know."""

    def close(self) -> None:
        """Let go of what is open, however the run ended."""

    def take_back(self, run: Run, number: int) -> None:
        """Forget the steps from `number` on, which are to be done anew."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the state from a checkpoint."""
