"""A run as its watchers know it: what went in, what came out so far, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pytorch_lightning import Trainer
from torch import Tensor

from untrained.baseline.baseline import Outcome
from untrained.image import Origin
from untrained.metric import Metric
from untrained.problem import Problem
from untrained.record.curve import Row
from untrained.record.frame import is_log_spaced
from untrained.refinement import NoRefinement, Refinement
from untrained.stopping.rule import Rule

Status = Literal["finished", "stopped", "interrupted"]


class Last(NamedTuple):
    """The images of the last step, which a checkpoint holds.

    Args:
        reconstruction: The image, `1 c h w`.
        average: The average of the images, alike, or None.
        results: What each of several fits recommends, `K c h w`; None of one fit.
        age: Mean age of the average in steps.
        deviation: Of a blend of tiles, the standard deviation over several fits, alike, or None.
    """

    reconstruction: Tensor
    average: Tensor | None
    results: Tensor | None
    age: float
    deviation: Tensor | None = None


@dataclass
class Run:
    """A run.

    Args:
        folder: Where it leaves its files.
        clean: What is `visible` of the clean image, `1 c h w`, on the CPU; None where nobody knows
            it.
        target: What is fitted, on the CPU.
        problem: What is minimised.
        metric: How good an image is beside the clean one.
        steps: Steps that were asked for.
        parameters: Numbers that are fitted, of all networks but the twins.
        trainer: Lightning's, whose loggers are told.
        words: What a person would call the run by.
        rules: The stopping rules by name.
        choose: The rule whose image is recommended; None for the last step.
        halt: The rule that may end the run sooner, or None.
        halted: The rule that has ended the run, or None.
        rows: The rows of the curves so far.
        done: Steps that are done.
        seconds: Time that they took.
        last: The images of the last of them; None before the first.
        restorations: How often the guard went back to an earlier step.
        origin: What the result is written like.
        memory_mb: The most memory that the fit took; None where nobody knows.
        baselines: What each baseline made of the target, by its name.
        refinement: What is made of the image that is recommended.
        made: The last such image of the networks, and what was made of it; None before the first.
    """

    folder: Path
    clean: Tensor | None
    target: Tensor
    problem: Problem
    metric: Metric
    steps: int
    parameters: int
    trainer: Trainer
    words: Mapping[str, Any]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    choose: str | None = None
    halt: str | None = None
    halted: str | None = None
    rows: list[Row] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0
    last: Last | None = None
    restorations: int = 0
    origin: Origin = field(default_factory=Origin)
    memory_mb: float | None = None
    baselines: dict[str, Outcome] = field(default_factory=dict)
    refinement: Refinement = field(default_factory=NoRefinement)
    made: tuple[Tensor, Tensor] | None = None

    @property
    def status(self) -> Status:
        """The status of the run, as if it ended now.

        'finished' with all of its steps, 'stopped' by the rule in `stopping.halt`, or else
        'interrupted', whoever did it: a signal, `trainer.max_time`, a callback.
        """
        if self.halted:
            return "stopped"
        return "finished" if self.done >= self.steps else "interrupted"

    @property
    def view(self) -> tuple[Tensor, str] | None:
        """The target as an image to draw, `1 c h w`, and what it is called; None of no image."""
        return self.problem.degradation.view(self.target)

    @property
    def view_name(self) -> str | None:
        """The name of the target in drawings, or None if it is not drawn."""
        view = self.view
        return None if view is None else view[1]

    @property
    def level(self) -> float | None:
        """The PSNR in dB that the target itself has, where it is a whole image; else None."""
        if self.problem.known(self.target) is not None:
            return None
        return self.quality_of_view().get("psnr")

    def quality_of_view(self) -> dict[str, float]:
        """Return the metrics of the target as it is drawn; nothing where it is no such image."""
        view = self.view
        if view is None or not self.problem.degradation.view_is_image:
            return {}
        return self.quality(view[0])

    def visible(self, images: Tensor) -> Tensor:
        """Return what of the images is compared and shown, see `Degradation.visible`."""
        return self.problem.degradation.visible(images)

    def quality(self, picture: Tensor | None) -> dict[str, float]:
        """Return the metrics of a picture by name; nothing where it or the clean one is unknown.

        Args:
            picture: What is `visible` of an image, or the target as it is drawn.
        """
        if picture is None or self.clean is None or picture.shape != self.clean.shape:
            return {}
        return self.metric.quality(picture.to(self.clean.device), self.clean)

    def is_shown(self, number: int) -> bool:
        """Whether the image of a step is kept: four steps an octave, and the last one."""
        return is_log_spaced(number) or number == self.steps - 1
