"""One image, observed: the data set of an untrained prior."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset


class Observation(NamedTuple):
    """What is known of one image: y = N(A(x)), and x itself where somebody knows it."""

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
    """Serve the observation of one image, once a step, in one epoch of `steps` steps.

    Where neither a degradation nor a noise changes the image, the target is all that
    is known: `clean` is then None, and nothing is claimed against it.

    Args:
        image: The image x, `1 c h w` in [0, 1].
        degradation: A, from image to measurement.
        noise: N, from measurement to target.
        steps: Steps of the fit.

    Raises:
        ValueError: If `steps` is not a whole number from 1 up.
    """

    def __init__(
        self,
        image: Tensor,
        degradation: Callable[[Tensor], Tensor],
        noise: Callable[[Tensor], Tensor],
        steps: int,
    ) -> None:
        super().__init__()
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"steps must be a whole number from 1 up, got {steps!r}")
        target = noise(degradation(image))
        known = not torch.equal(target, image)
        self.shape, self.steps = image.shape, steps
        self.observation = Observation(image if known else None, target)
        self.placed: Observation | None = None

    def train_dataloader(self) -> DataLoader[Observation]:
        """Repeat the observation; an epoch a step would cost Lightning milliseconds each."""
        return DataLoader(Repeated(self.observation, self.steps), batch_size=None)

    def transfer_batch_to_device(self, batch: Observation, *where: Any) -> Observation:  # noqa: ANN401
        """Give the observation on the device of the fit; brought there once, not at each step."""
        if self.placed is None:
            self.placed = super().transfer_batch_to_device(batch, *where)
        return self.placed
