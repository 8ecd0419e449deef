"""The image that a run recommends. Every picture, table and file of the run shows it."""

from typing import NamedTuple, cast

import torch
from torch import Tensor

from untrained.callback.run import Last, Run
from untrained.metric import deviation
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
        detected: Whether the choice is final; if not, it is the best so far.
        deviation: The standard deviation over several fits, `1 c h w`; None for one fit.
        network: The image of the network alone, if `image` differs from it; else None.
        merged: Whether `image` has known values put in place.
        refined: Whether `image` is refined.
    """

    image: Tensor
    kind: str
    step: int
    rule: str | None = None
    detected: bool = False
    deviation: Tensor | None = None
    network: Tensor | None = None
    merged: bool = False
    refined: bool = False


def recommendation(run: Run) -> Recommendation:
    """Return the image of the step that the chosen rule picked, or else of the last step.

    If the target has noise, the image may be refined. If it has none, the known part of the target
    is put in place. That is done once for all who ask: a refinement takes as long as many steps.
    """
    found = by_rule(run) or of_last_step(run)
    own, is_noisy = found.image, run.problem.noisy
    if run.made is None or run.made[0] is not own:
        run.made = own, refined(run, own) if is_noisy else merged(run, own)
    image = run.made[1]
    if image is own:
        return found
    return found._replace(image=image, network=own, merged=not is_noisy, refined=is_noisy)


def refined(run: Run, image: Tensor) -> Tensor:
    """Return the refined image, `1 c h w`."""
    target = run.target.to(image)
    pixels = run.problem.degradation.pixels(target)
    return run.refinement(image, target) if pixels is None else run.refinement(image, *pixels)


def merged(run: Run, image: Tensor) -> Tensor:
    """Return the image with the known part of the target put in place, `1 c h w`."""
    return run.problem.degradation.merged(image, run.target.to(image))


def by_rule(run: Run) -> Recommendation | None:
    """Return the image of the rule in `stopping.choose`, or None if no rule chooses."""
    rule = run.rules.get(run.choose or "")
    if rule is None or rule.reconstruction is None:
        return None
    image, kind = picked(run, rule)
    step, detected = int(rule.step), bool(rule.detected)
    return Recommendation(image, kind, step, run.choose, detected, rule.deviation)


def of_last_step(run: Run) -> Recommendation:
    """Return the image of the last step: the average if there is one and it is not behind."""
    last = cast(Last, run.last)
    step = run.done - 1
    spread = last.deviation
    if last.results is not None:
        spread = deviation(run.visible(last.results))
    if last.average is None or is_behind(run, last.average, last.reconstruction, step):
        return Recommendation(last.reconstruction, "last", step, deviation=spread)
    return Recommendation(last.average, "average", step, deviation=spread)


def picked(run: Run, rule: Rule) -> tuple[Tensor, str]:
    """Return the image of a rule's pick, `1 c h w`, and its kind: 'average' or 'last'."""
    last, average = cast(Tensor, rule.reconstruction), rule.average
    if average is None:
        return last, "last"
    if rule.detected or not is_behind(run, average, last, int(rule.step)):
        return average, "average"
    return last, "last"


def is_behind(run: Run, average: Tensor, last: Tensor, step: int) -> bool:
    """Whether an average m still shows the first images, which the last image x no longer shows.

    The residual is r(x) = mean((A(x) - y)^2) over the known entries of y. An average is behind if
    it is old, if its residual is more than the noise, and if the residual of x is smaller:

        age > step / 4,  r(m) > 1.5 sigma^2,  r(m) > r(x).

    An image that is learnt has a residual of at most the noise, sigma^2. A larger residual is a
    missing part of the image. A network that fits noise also has a smaller residual, so r(m) > r(x)
    alone says nothing. The estimated sigma is too small for correlated noise, so r(m) is then
    always large. This is why a young average is never behind.

    If the target has no noise, the smaller residual is the better image, and r(m) > r(x) alone
    decides. If there is noise and nobody knows sigma (`Problem.knows_level`), the second condition
    is left out.

    Args:
        run: The run.
        average: m, `1 c h w`.
        last: x, `1 c h w`.
        step: The step of both.
    """
    of_average = residual(run, average)
    if run.problem.noisy:
        if cast(Last, run.last).age <= OLD * step:
            return False
        if run.problem.knows_level(run.target):
            sigma = run.problem.noise_level(run.target) / 255
            if of_average <= UNLEARNT * sigma.square().item():
                return False
    return of_average > residual(run, last)


@torch.no_grad()
def residual(run: Run, image: Tensor) -> float:
    """Return r(x) of an image x, `1 c h w`; see `is_behind`."""
    measurement = run.problem.degradation(image.cpu())
    return run.problem.residual(measurement, run.target).item()
