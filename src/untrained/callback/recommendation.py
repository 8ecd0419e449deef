"""The one image that a run recommends, which every picture, table and file of it shows."""

from typing import NamedTuple, cast

import torch
from pytorch_lightning import Trainer
from torch import Tensor
from torch.nn.functional import mse_loss

from untrained.callback.stopping import stopping_of
from untrained.metric import deviation
from untrained.noise.level import noise_level
from untrained.prior import ImagePrior
from untrained.stopping.rule import Rule

OLD = 0.25  # age of an average, as a share of the steps so far
UNLEARNT = 1.5  # residual of an average, as a multiple of the noise's variance


class Recommendation(NamedTuple):
    """The image that is recommended.

    Args:
        image: The image, `1 c h w`.
        kind: 'average', or 'last' for the reconstruction of the step itself.
        step: The step of the image.
        rule: The stopping rule that chose the step; None for the last step.
        detected: Whether the choice stands; else it is the best so far.
        deviation: The standard deviation over several fits, of their averages where there is an
            average; None of one fit.
    """

    image: Tensor
    kind: str
    step: int
    rule: str | None = None
    detected: bool = False
    deviation: Tensor | None = None


def recommendation(trainer: Trainer, prior: ImagePrior) -> Recommendation:
    """Return the image of the chosen rule's step, or else of the last one."""
    stopping = stopping_of(trainer)
    name = stopping.choose if stopping else None
    if stopping and name and stopping.rules[name].reconstruction is not None:
        rule = stopping.rules[name]
        image, kind = picked(trainer, prior, rule)
        detected = bool(rule.detected)
        return Recommendation(image, kind, int(rule.step), name, detected, rule.deviation)
    return of_last_step(trainer, prior)


def of_last_step(trainer: Trainer, prior: ImagePrior) -> Recommendation:
    """Return the image of the last step: the average, unless there is none or it is behind."""
    last, average = cast(Tensor, prior.images["reconstruction"]), prior.images["average"]
    step, results = trainer.global_step - 1, prior.images["results"]
    spread = None if results is None else deviation(results)
    if average is None or is_behind(trainer, prior, average, last, step):
        return Recommendation(last, "last", step, deviation=spread)
    return Recommendation(average, "average", step, deviation=spread)


def picked(trainer: Trainer, prior: ImagePrior, rule: Rule) -> tuple[Tensor, str]:
    """Return the image of a rule's pick and its kind: the average, unless it is behind."""
    last, average = cast(Tensor, rule.reconstruction), rule.average
    if average is None:
        return last, "last"
    if not rule.detected and is_behind(trainer, prior, average, last, int(rule.step)):
        return last, "last"
    return average, "average"


def is_behind(
    trainer: Trainer, prior: ImagePrior, average: Tensor, last: Tensor, step: int
) -> bool:
    """Whether an average m still shows the first images, which the last x has left behind.

    An average is behind if it is old, lacks more than the noise, and x lacks less:

        age > step / 4,  r(m) > 1.5 sigma^2,  r(m) > r(x),  with r(x) = mean((A(x) - y)^2).

    The residual r of an image that has been learnt is at most the noise, sigma^2. What goes
    beyond it is of the image. A network that fits noise has a smaller r too. So r(x) alone says
    nothing. Our sigma is too small for noise that is alike in neighbouring pixels, and r(m) then
    is always large. So an average that is young is never behind.
    """
    if cast(float, prior.average.age) <= OLD * step:
        return False
    target = trainer.datamodule.observation.target  # type: ignore[attr-defined]
    with torch.no_grad():
        old, new = (mse_loss(prior.degradation(each.cpu()), target) for each in (average, last))
        noise = (noise_level(target) / 255).square()
    return bool((old > UNLEARNT * noise) & (old > new))
