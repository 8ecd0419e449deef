"""The code of Self2Self: the target without some of its values, other ones at each step."""

import torch
from torch import Tensor

from untrained import check
from untrained.latent.latent import Latent, refuse_other_size
from untrained.problem import Problem
from untrained.seed import own_seed

AXES = (2, 3)  # of a picture, down and across


class Masked(Latent):
    """The target y without a random share of its values, z_t = m_t y, as in Self2Self.

    Each value of the mask m_t is 1 with the probability `keep`, and 0 otherwise. It is drawn anew
    at each step, and is the same for all networks. The fit counts only the values that the code
    does not show:

        min_theta sum_t f((1 - m_t) A(G(m_t y)), (1 - m_t) y).

    The code is mirrored at random, and the image is mirrored back (`upright`).

    The noise of a hidden value cannot be known from the others, if the noise of each value is
    independent. So the network cannot fit it, and what it learns of a hidden value is the image.
    One image is as good as what 0.7 of the values say; the average over many steps is better. With
    `model.dropout` the images of the steps differ more, which makes their average better still.

    Reference: Quan, Chen, Pang and Ji, "Self2Self with dropout: learning self-supervised denoising
    from a single image", CVPR 2020. We differ in two points: the authors average images that are
    made after the fit, and they take 450,000 steps of Adam.

    Args:
        keep: Probability that the code shows a value, between 0 and 1.
        seed: Seed of the masks.

    Raises:
        ValueError: If a number is out of its range.
    """

    idle_beside = ()

    def __init__(self, keep: float = 0.7, seed: int = 0) -> None:
        super().__init__(None, seed=seed)
        self.keep = check.number("keep", keep, over=0, under=1)
        self.shape: tuple[int, ...] = ()
        self.target: Tensor | None = None

    @property
    def varies(self) -> bool:
        """Whether the input of a step changes if the step is repeated: always."""
        return True

    def settle(self, shape: tuple[int, ...]) -> None:
        """Take the shape of the image, `1 c h w`."""
        super().settle(shape)
        self.shape = shape

    def check(self, problem: Problem) -> None:
        """Refuse a problem for which the code is wrong.

        Raises:
            ValueError: If the target is no picture, or there is a second fit to another target.
        """
        if problem.twin.epsilon:
            raise ValueError("twin.epsilon must be 0 with latent=masked, which shows the target")
        if not problem.degradation.is_picture:
            raise ValueError("latent=masked needs a picture as the target")

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the code before the target is known, `1 channels *size`, which is 0.

        Raises:
            ValueError: If the code of the model has another size than the image.
        """
        refuse_other_size("masked", size, self.shape[2:])
        return torch.zeros(1, self.channels, *size)

    def look(self, target: Tensor) -> None:
        """Take the target, `1 c h w`.

        Raises:
            ValueError: If it has another shape than the image.
        """
        if target.shape != self.shape:
            raise ValueError(
                "latent=masked needs a target of the shape of the image: here the target is "
                f"{check.spoken_shape(target.shape)}, and the image "
                f"{check.spoken_shape(self.shape)}"
            )
        self.target = target

    def forward(self, step: int) -> Tensor:
        """Return the input of the networks at `step`, `1 channels *size`."""
        generator = torch.Generator().manual_seed(own_seed("masked", self.seed, step, self.attempt))
        draw = torch.rand(self.code.shape, generator=generator)
        self.shown = (draw < self.keep).to(self.code.device)
        if self.target is None:
            return self.code
        seen = torch.where(self.shown, self.target.to(self.code), 0.0)
        return seen.flip(self.mirrored(step))

    def mirrored(self, step: int) -> list[int]:
        """Return the axes along which the code is mirrored at `step`."""
        draw = own_seed("mirrored", self.seed, step, self.attempt)
        return [axis for bit, axis in enumerate(AXES) if draw >> bit & 1]

    def upright(self, images: Tensor, step: int) -> Tensor:
        """Return the images of a step, `K c h w`, as the target is."""
        return images.flip(self.mirrored(step))
