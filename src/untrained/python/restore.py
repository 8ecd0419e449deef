"""`untrained.restore`: a fit by one call, from Python."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from untrained.callback.recommendation import recommendation
from untrained.callback.run import Run
from untrained.command.argument import without_group
from untrained.command.build import Given
from untrained.command.compose import option_of, spelled
from untrained.command.in_memory import fitted_in_memory
from untrained.command.typed import name_of
from untrained.degradation.function import as_degradation
from untrained.degradation.operator import Degradation
from untrained.fit import Fit
from untrained.python.array import Layout, from_array, like
from untrained.python.usual import usual_pytorch
from untrained.record.curve import columns

# What names a picture on the command line, and what does so here.
IN_PLACE_OF = {
    "target.path": "the target is the array",
    "image.path": "clean=... is the clean image, an array",
    "image": "clean=... is the clean image, an array",
}


@dataclass(frozen=True)
class Pick:
    """The pick of a stopping rule.

    Args:
        step: The step that the rule picked.
        detected: Whether the pick is final. If not, it is the best step so far.
        image: The image of this step, in the layout of the target. It is the average if the fit has
            one.
    """

    step: int
    detected: bool
    image: Any


@dataclass(frozen=True, repr=False)
class Result:
    """The result of `restore`: the restored image, and all that the fit has found.

    Images have the type and the layout of the target: an array `h w` stays an array `h w`.

    Args:
        image: The restored image. On the command line this is `reconstruction.png`.
        step: The step that `image` comes from, from 0.
        picks: The pick of each stopping rule, by the name of the rule.
        curves: The columns of `metrics.csv`, by name.
        uncertainty: The standard deviation of the fits at each pixel. It is None with one fit.
        network: The network's own image, if `image` has known values put in place; else None.
        baselines: The image of each baseline, by its name. Only the baselines of the call are here,
            such as `baseline="nlm"`, and none after an interrupted fit.
        quality: PSNR in dB and SSIM of `image`, by name. It is empty without a clean image.
        status: 'finished', 'stopped' (by a rule) or 'interrupted' (by Ctrl-C).
        steps: The number of steps that were done.
        seconds: The time of these steps, in seconds.
        fit: The networks with their last weights, and the problem that they were fitted to. A
            fitted blur kernel is `fit.problem.degradation.found_kernel()`.
    """

    image: Any
    step: int
    picks: Mapping[str, Pick]
    curves: Mapping[str, NDArray[np.float64]]
    uncertainty: Any
    network: Any
    baselines: Mapping[str, Any]
    quality: Mapping[str, float]
    status: str
    steps: int
    seconds: float
    fit: Fit

    def __repr__(self) -> str:
        """Return what a notebook shows: the images would fill the screen."""
        psnr = f", {self.quality['psnr']:.2f} dB" if "psnr" in self.quality else ""
        done = f"{self.status} after {self.steps} steps in {self.seconds:.0f} s"
        return f"<Result: {done}; the image of step {self.step}{psnr}>"


def restore(
    target: Any,  # noqa: ANN401
    *words: str,
    clean: Any = None,  # noqa: ANN401
    degradation: str | Degradation | None = None,
    channel_axis: int | None = None,
    progress: bool = True,
    **options: object,
) -> Result:
    """Restore one damaged image: fit an untrained network to it, and return the result.

    The call does the same fit as `python train.py target.path=...` with the same settings: the same
    steps, and on a CPU the same bits. It writes no file. Ctrl-C ends it with what it has found.

    Args:
        target: The damaged image y, an array of NumPy or PyTorch: `h w`, `1 c h w`, or three axes
            with `channel_axis`, from 16 x 16 pixels up. Integers are scaled to [0, 1]. Floats must
            be in [0, 1] already.
        *words: Settings of the command line, such as "model.width=32" or "stopping.halt=null".
        clean: The clean image x, if it is known: for the curves and `quality`, never for the fit.
        degradation: A, a name such as "downsampling" or an object such as `Inpainting(mask=known)`.
            An object with parameters to fit, such as `UnknownBlur(size=15)`, is copied.
        channel_axis: The axis of the channels, as in scikit-image. None is a grey image.
        progress: Whether to show a progress bar.
        **options: Settings without a dot, such as `model="dip"`, `steps=500`, `fits=4`, `seed=1`.

    Raises:
        ValueError: If the target or a setting is bad. The message is one line.

    Example:
        >>> noisy = np.random.default_rng(0).random((32, 32), dtype=np.float32)
        >>> restore(noisy, "model.width=4", "model.depth=2", steps=3, progress=False).image.shape
        (32, 32)
    """
    option, chosen = word_and_object(degradation)
    typed = typed_words(option | options, words)
    with usual_pytorch():
        image, layout = from_array("target", target, channel_axis)
        known = None if clean is None else from_array("clean", clean, channel_axis)[0]
        return summed_up(fitted_in_memory(typed, Given(image, known, chosen), progress), layout)


def typed_words(options: Mapping[str, object], words: Sequence[str]) -> list[str]:
    """Return the words of a call as they would be typed, with no baseline unless one is asked for.

    Raises:
        ValueError: If one is no word, or means nothing in memory.

    Example:
        >>> typed_words({"steps": 5}, ["model.width=8"]), typed_words({"baseline": "nlm"}, [])
        (['steps=5', 'model.width=8', 'baseline=[]'], ['baseline=nlm'])
    """
    typed = [spelled(name, plain(name, value)) for name, value in options.items()]
    check_words(typed)
    check_words(words)
    typed += map(without_group, words)
    groups = [name_of(word).partition(".")[0] for word in typed]
    if "baseline" not in groups:
        typed.append("baseline=[]")
    return typed


def plain(name: str, value: object) -> object:
    """Return the value of a setting, with a list in the place of a short array.

    Raises:
        ValueError: If it is a dict, or a larger array.

    Example:
        >>> plain("model.width", np.array([8, 16])), plain("steps", 5)
        ([8, 16], 5)
    """
    if isinstance(value, Mapping):
        raise ValueError(
            f"{name} must be the name of an option, got a dict; "
            f'a setting of the option is a word of its own, such as "{name}.name=value"'
        )
    if not isinstance(value, np.ndarray | Tensor):
        return value
    if value.ndim > 1:
        raise ValueError(
            f"{name} must not be an array; "
            "an object takes one, such as degradation=untrained.Inpainting(mask=array)"
        )
    return value.tolist()


def word_and_object(degradation: object) -> tuple[dict[str, object], object]:
    """Return A as a word and as an object.

    A word brings its defaults: with a mask DIP is fitted by Adam. An object of the class that an
    option builds brings those of this option.
    """
    match degradation:
        case None:
            return {}, None
        case str():
            return {"degradation": degradation}, None
    if isinstance(degradation, type) or not callable(degradation):
        raise ValueError(f"degradation must be a name or an object, got {degradation!r}")
    option = option_of("degradation", as_degradation(degradation))
    # A function of the user's own has no option: its recipe is not that of a noisy picture.
    words: dict[str, object] = {"degradation": option} if option else {"recipe/degradation": "none"}
    return words, copied_if_fitted(degradation)


def copied_if_fitted(degradation: object) -> object:
    """Return A itself, or a copy where the fit would change its parameters."""
    if not isinstance(degradation, nn.Module):
        return degradation
    is_fitted = any(each.requires_grad for each in degradation.parameters())
    return deepcopy(degradation) if is_fitted else degradation


def check_words(words: Sequence[str]) -> None:
    """Refuse what is no word, and words that mean nothing beside arrays and without a folder.

    Raises:
        ValueError: If there is one.
    """
    for word in words:
        if not isinstance(word, str) or not ("=" in word or word.startswith("~")):
            raise ValueError(f'{word!r} is not a setting, such as "model.width=32"')
        name = word.lstrip("+").partition("=")[0]
        if name in IN_PLACE_OF:
            raise ValueError(f"{word} works only on the command line; {IN_PLACE_OF[name]}")
        if name == "resume" or name.startswith("hydra."):
            raise ValueError(
                f"{word} works only on the command line; a fit in memory has no folder"
            )


def summed_up(run: Run, layout: Layout) -> Result:
    """Return what a run has found, laid out as its target was."""
    found = recommendation(run)
    picture = run.visible(found.image)
    network = None if found.network is None else like(run.visible(found.network), layout)
    picks = {}
    for name, rule in run.rules.items():
        if rule.recommended is not None:
            image = like(run.visible(rule.recommended), layout)
            picks[name] = Pick(int(rule.step), bool(rule.detected), image)
    prior: Any = run.trainer.lightning_module
    curves = {name: np.asarray(column) for name, column in columns(run.rows).items()}
    return Result(
        image=like(picture, layout),
        step=found.step,
        picks=picks,
        curves=curves,
        uncertainty=maybe_like(found.deviation, layout),
        network=network,
        baselines={name: like(each.image, layout) for name, each in run.baselines.items()},
        quality=run.quality(picture),
        status=run.status,
        steps=run.done,
        seconds=run.seconds,
        fit=prior.fit,
    )


def maybe_like(image: Tensor | None, layout: Layout) -> Any:  # noqa: ANN401
    """Return an image laid out as an array was; None of None."""
    return None if image is None else like(image, layout)
