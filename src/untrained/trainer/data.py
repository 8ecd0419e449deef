"""One image, observed: the data set of an untrained prior."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from untrained import check
from untrained.degradation.array import check_array
from untrained.degradation.identity import Identity
from untrained.degradation.operator import Degradation
from untrained.noise.gaussian import Gaussian


class Observation(NamedTuple):
    """The data of one image: the target y, `1 *m`, and the clean image `1 c h w`, or None."""

    clean: Tensor | None
    target: Tensor


class Repeated(Dataset[Observation]):
    """The same observation, `steps` times."""

    def __init__(self, observation: Observation, steps: int) -> None:
        self.observation, self.steps = observation, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Observation:
        return self.observation


class SingleImage(LightningDataModule):
    """The LightningDataModule of a fit: it serves one image, once a step.

    One epoch has `steps` steps. There are three cases:

    - Only an `image` x: the target is simulated, y = N(A(x)), and x is the clean image. If neither
      A nor N changes x, then x counts as a photo that is noisy already. The photo is the target,
      and the clean image is unknown.
    - Only a `target` y: no noise is added to it, and the clean image is unknown.
    - Both: y is fitted, and x is the clean image.

    Args:
        image: The image x, `1 c h w` in [0, 1], or None.
        degradation: A, which maps an image to a measurement.
        noise: N, which maps a measurement to a target. If `target` is given, no noise is added: N
            only says whether the target has noise.
        steps: The number of steps of the fit, at least 1.
        target: Your own target y, or None.

    Raises:
        ValueError: If `steps` is not a whole number from 1 up, if neither `image` nor `target` is
            given, or if A does not map the size of the image to the size of the target.
    """

    def __init__(
        self,
        image: Tensor | None,
        degradation: Degradation,
        noise: Callable[[Tensor], Tensor],
        steps: int,
        target: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.steps = check.whole("steps", steps)
        self.degradation = degradation
        check_noise(degradation, noise)
        is_simulated = target is None
        if target is None:
            if image is None:
                raise ValueError("image is missing, and so is target.path: one of them is needed")
            image = degradation.cropped(image)
            before = degradation.observe(image)
            target = degradation.masked(noise(before))
            self.shape = tuple(image.shape)
            image = degradation.visible(image)
        else:
            before = target = degradation.given(target)
            self.shape = degradation.shape(target)
            if not degradation.is_picture:
                check_array(target, self.shape)
            check_target(degradation, target, self.shape)
            image = paired(degradation, image, self.shape)
        is_identity = isinstance(degradation, Identity)
        # A noise may clip what A overshoots, which is no noise.
        within = before.clamp(0, 1) if degradation.is_picture else before
        is_drawn = not torch.equal(noise(within), within)
        # A photo is hardly ever without noise: without A there is always some to take out.
        self.noisy = is_identity or is_drawn
        self.sigma = noise.sigma if isinstance(noise, Gaussian) and is_drawn else None
        if is_simulated and is_identity and not is_drawn:
            image = None
        self.observation = Observation(image, target)
        self.placed: Observation | None = None

    def train_dataloader(self) -> DataLoader[Observation]:
        """Repeat the observation; an epoch a step would cost Lightning milliseconds each."""
        # A generator of its own: without one it draws a number of PyTorch's global one.
        own = torch.Generator()
        return DataLoader(Repeated(self.observation, self.steps), batch_size=None, generator=own)

    def transfer_batch_to_device(self, batch: Observation, *where: Any) -> Observation:  # noqa: ANN401
        """Return the observation on the device of the fit; brought there once, not at each step."""
        if self.placed is None:
            self.placed = super().transfer_batch_to_device(batch, *where)
        return self.placed


def paired(degradation: Degradation, image: Tensor | None, shape: tuple[int, ...]) -> Tensor | None:
    """Return the visible part of a clean image beside a target, `1 c h w`, or None.

    Args:
        degradation: A.
        image: The clean image, or only its visible part, `1 c h w`; or None.
        shape: The shape of the image that the target needs, `1 c h w`.

    Raises:
        ValueError: If the clean image has another shape.
    """
    if image is None:
        return None
    if not degradation.is_picture:
        # Such a measurement has only the part that A can measure: whole blocks of a JPEG file.
        image = degradation.cropped(image)
    if tuple(image.shape) == shape:
        return degradation.visible(image)
    visible = degradation.visible(image.new_zeros(shape)).shape
    if image.shape == visible:
        return image
    raise ValueError(f"image is {spoken(image.shape)} and the target needs {spoken(visible)}")


def check_noise(degradation: Degradation, noise: Callable[[Tensor], Tensor]) -> None:
    """Refuse a noise for pictures if the measurement of A is not a picture.

    Raises:
        ValueError: If the noise is for pictures. The message names a noise that suits.
    """
    if degradation.is_picture or not getattr(noise, "needs_picture", False):
        return
    name = type(degradation).__name__
    raise ValueError(
        f"noise is for a picture in [0, 1], and the target of {name} is not one: "
        "type noise=unclipped, for example with noise.sigma=10"
    )


def check_target(degradation: Degradation, target: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse a degradation of the user's own whose method `shape` is wrong.

    Args:
        degradation: A.
        target: y, `1 *m`.
        shape: The shape of the image as A says it, `1 c *n`.

    Raises:
        ValueError: If the measurement of this image has another shape than the target.
    """
    with torch.no_grad():
        made = degradation(target.new_zeros(shape)).shape
    if made != target.shape:
        found, image = check.spoken_shape(made), check.spoken_shape(shape)
        given = check.spoken_shape(target.shape)
        raise ValueError(
            f"degradation makes {found} of an image {image}, and the target is {given}: "
            "its method `shape` is to return the shape of the image of a target"
        )


def spoken(shape: tuple[int, ...]) -> str:
    """Return the shape of an image in words: '256 x 384, 3 channels'."""
    _, channels, height, width = shape
    return f"{height} x {width}, {channels} channel{'s' if channels > 1 else ''}"
