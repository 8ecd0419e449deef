"""A code that is a picture of the same scene."""

from pathlib import Path

import torch
from torch import Tensor

from untrained import check, image
from untrained.latent.latent import Latent, refuse_other_size


class Picture(Latent):
    """A picture of the same scene as the code, z = scale times the picture.

    DIP restores a photo without flash from the same photo with flash: the network sees the sharp
    edges of one and fits the colours of the other.

    Args:
        path: The picture, of the size of the image that is restored, in pixels.
        scale: Factor of the picture, which is in [0, 1].
        seed: Seed of the jitter.
        jitter: Standard deviation of the jitter at step 0; 0 for none, as the authors have it.
        jitter_decay: Factor of the jitter, from 0 to 1.
        jitter_every: Steps after which the factor applies again.
        learn: Whether the code is fitted with the weights.
        channel_axis: The axis of the channels of an array of bands, as for `image.read`.

    Raises:
        ValueError: If there is no picture, or a number is out of its range.
    """

    def __init__(
        self,
        path: str | Path,
        scale: float = 1.0,
        seed: int = 0,
        jitter: float = 0.0,
        jitter_decay: float = 1.0,
        jitter_every: int = 500,
        learn: bool = False,
        channel_axis: int | None = None,
    ) -> None:
        super().__init__(None, scale, seed, jitter, jitter_decay, jitter_every, learn)
        self.path = str(path)
        self.picture = image.read(path, channel_axis=channel_axis)
        self.channels = self.picture.shape[1]

    def settle(self, shape: tuple[int, ...]) -> None:
        """Compare the picture with the image, `1 c h w`.

        Raises:
            ValueError: If they are not of one size.
        """
        here, there = (check.spoken_shape(each[2:]) for each in (self.picture.shape, shape))
        if here != there:
            raise ValueError(
                f"path {self.path!r} is {here} pixels and the image {there}; both must be equal"
            )

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the picture, `1 channels *size`. Nothing is drawn.

        Raises:
            ValueError: If the code of the model has another size.
        """
        refuse_other_size("image", size, self.picture.shape[2:])
        return self.picture * self.scale
