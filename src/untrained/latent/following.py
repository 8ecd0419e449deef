"""A code that follows the image of the fit."""

import torch
from torch import Tensor

from untrained import check
from untrained.latent.drawn import Normal
from untrained.latent.latent import refuse_other_size
from untrained.step import Step


class Following(Normal):
    """A code that follows the image, z <- (1 - follow) z + follow G(z), each `every` steps.

    The code starts as normal noise of standard deviation `scale`. It has the size and the channels
    of the image. The jitter is drawn anew when the code moves, and falls by `jitter_decay`. Several
    methods are settings of this class:

    - Self-diffusion: `follow=1`, and a jitter that falls from 1 to near 0 while the code moves each
      `every` steps. Here it falls geometrically, which is our schedule, not the authors'. ("Self-
      diffusion for Solving Inverse Problems", NeurIPS 2025, arXiv 2510.21417: 40 times 150 steps.)
    - aSeqDIP: `follow=1 jitter=0` and `every` from 2 to 10, beside `penalty=autoencoder`. The
      authors start from the adjoint of the target and keep its known entries. We do not.
      ("Image Reconstruction Via Autoencoding Sequential Deep Image Prior", NeurIPS 2024.)
    - Tada-DIP: `follow=0.01 every=1` with the same penalty. The code is an average of the images.

    Args:
        channels: Channels of the code: None, or the number of channels of the image.
        scale: Standard deviation of the code at the start.
        seed: Seed of the code and of the jitter.
        jitter: Standard deviation of the jitter at step 0; 0 for none.
        jitter_decay: Factor of the jitter, from 0 to 1.
        jitter_every: Steps after which the factor applies again.
        follow: Share of the image, from 0 to 1.
        every: Steps between two moves.

    Raises:
        ValueError: If a number is out of its range.
    """

    def __init__(
        self,
        channels: int | None = None,
        scale: float = 1.0,
        seed: int = 0,
        jitter: float = 1.0,
        jitter_decay: float = 0.9,
        jitter_every: int = 25,
        follow: float = 1.0,
        every: int = 25,
    ) -> None:
        super().__init__(channels, scale, seed, jitter, jitter_decay, jitter_every)
        self.share = check.number("follow", follow, least=0, most=1)
        self.every = check.whole("every", every)
        self.shape: tuple[int, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether the code changes with the fit: always, because it follows the image."""
        return True

    def settle(self, shape: tuple[int, ...]) -> None:
        """Take the channels of the image, `1 c h w`.

        Raises:
            ValueError: If another number of channels was given.
        """
        super().settle(shape)
        self.shape = shape
        if self.channels != shape[1]:
            raise ValueError(
                f"channels must be null or {shape[1]}, as the image has, got {self.channels}"
            )

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ N(0, scale^2), `1 channels *size`.

        Raises:
            ValueError: If the code of the model has another size than the image.
        """
        refuse_other_size("following", size, self.shape[2:])
        return super().draw(size, generator)

    def draw_of(self, step: int) -> int:
        """Return how often the code has moved before a step."""
        return step // self.every

    def follow(self, step: Step) -> None:
        """Move the code of each network towards its image."""
        if (step.number + 1) % self.every:
            return
        images = step.images
        if step.twin_images is not None:
            images = torch.cat([images, step.twin_images])
        # Not in place: the gradient of the step is still to be computed.
        self.code = self.code.lerp(images.to(self.code), self.share)
