"""The base class of latent codes z, and of the jitter that is added to them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from untrained import check
from untrained.problem import Problem
from untrained.seed import own_seed
from untrained.step import Step

PLACES = 2**20  # where the jitter of a step may begin in the field that is drawn


class Latent(nn.Module, ABC):
    """The base class of a latent code z, and of the jitter that is added at each step.

    The input of step t is z + sigma_t * n_t, with n_t ~ N(0, I) and sigma_t = jitter *
    jitter_decay^floor(t / jitter_every). All n_t are parts of one long field of noise: a step draws
    where its part begins, of a million places. The authors draw new numbers at each step. The
    images are as good (docs/evidence/speed.md), and numbers for a picture of 256 x 256 took a tenth
    of a step. The jitter depends on `seed`, t and `attempt` alone, so a resumed run draws the same.
    `attempt` is 0 at first. The guard raises it when it repeats steps, so that these steps have
    another jitter.

    All networks of a fit share one code, unless the code changes with the fit (`moves`), because it
    is learned or follows the image. Then each network has its own code, and all codes start with
    the same values. The jitter is the same for all networks.

    We differ from the Deep Decoder's code in one point: that code decays the jitter at step 0
    already.

    Args:
        channels: Channels of the code. None takes the number of channels of the image (`settle`).
        scale: Size of the code's values. Each kind of code says what it scales.
        seed: Seed of the code and of the jitter.
        jitter: Standard deviation of the jitter at step 0, in the units of z; 0 for none.
        jitter_decay: Factor of the jitter, from 0 to 1.
        jitter_every: Number of steps after which the factor is applied again.
        learn: Whether the code is fitted with the weights, by the same optimizer.

    Raises:
        ValueError: If a number is out of its range.
    """

    code: Tensor
    noise: Tensor
    idle_beside: tuple[tuple[str, object, tuple[str, ...]], ...] = (
        ("jitter", 0, ("jitter_decay", "jitter_every")),
        ("jitter_decay", 1, ("jitter_every",)),
    )
    """See `Degradation.idle_beside`."""

    shown: Tensor | None = None
    """Which values of the target the last input shows, `1 *m`, bool; the fit counts only the
    others. None if it shows none."""

    def __init__(
        self,
        channels: int | None,
        scale: float = 0.1,
        seed: int = 0,
        jitter: float = 0.0,
        jitter_decay: float = 1.0,
        jitter_every: int = 500,
        learn: bool = False,
    ) -> None:
        super().__init__()
        self.channels = 0 if channels is None else check.whole("channels", channels)
        self.scale = check.number("scale", scale, over=0)
        self.seed = check.whole("seed", seed, least=0)
        self.jitter = check.number("jitter", jitter, least=0)
        self.jitter_decay = check.number("jitter_decay", jitter_decay, least=0, most=1)
        self.jitter_every = check.whole("jitter_every", jitter_every)
        self.learn = check.flag("learn", learn)
        self.codes = nn.ParameterList()
        self.attempt = 0

    @property
    def moves(self) -> bool:
        """Whether the code changes with the fit, so that its seed does not determine it."""
        return self.learn

    @property
    def varies(self) -> bool:
        """Whether the input of a step changes if the step is repeated with another `attempt`."""
        return self.jitter > 0

    def settle(self, shape: tuple[int, ...]) -> None:
        """Take the channels of the image, `1 c h w`, if no number of channels was given."""
        self.channels = self.channels or shape[1]

    def check(self, problem: Problem) -> None:
        """Refuse a problem for which the code is wrong. Most codes are for every problem.

        Raises:
            ValueError: If it is wrong.
        """

    @abstractmethod
    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the code, `1 channels *size`."""

    def place(self, size: tuple[int, int], networks: int = 1) -> None:
        """Draw the code for a map of `size`, on the CPU for every device.

        Args:
            size: Height and width of the code, in pixels.
            networks: The number of networks. If the code changes with the fit, each has its own.
        """
        # A seed of its own: with that of the noise, each pixel of the code would say how strong the
        # noise is there, and the network would fit it sooner.
        generator = torch.Generator().manual_seed(own_seed("latent", self.seed))
        code = self.draw(size, generator)
        if self.learn:
            self.codes.extend(code.clone() for _ in range(networks))
        elif self.moves:
            self.register_buffer("code", code.repeat(networks, 1, 1, 1))
        else:
            # Drawn from the seed, so a checkpoint need not hold it.
            # In the layout of the jitter, so that their sum takes one pass.
            code = code.contiguous(memory_format=torch.channels_last)
            self.register_buffer("code", code, persistent=False)
        if self.jitter:
            generator.manual_seed(own_seed("jitter", self.seed))
            noise = torch.randn(code[0].numel() + PLACES, generator=generator)
            self.register_buffer("noise", noise, persistent=False)

    def forward(self, step: int) -> Tensor:
        """Return the input of the networks at `step`.

        Shape:
            `1 channels *size`; `networks channels *size` if the code changes with the fit.
        """
        code = torch.cat([*self.codes]) if self.learn else self.code
        sigma = self.jitter * self.jitter_decay ** (step // self.jitter_every)
        if sigma == 0:
            return code
        words = ["jitter", self.seed, self.draw_of(step)]
        if self.attempt:
            words.append(self.attempt)
        place = own_seed(*words) % PLACES
        _, channels, *size = code.shape
        part = self.noise[place : place + code[0].numel()]
        return code.add(part.view(1, *size, channels).movedim(-1, 1), alpha=sigma)

    def seed_of(self, step: int) -> int:
        """Return the seed of what a network draws at a step (dropout)."""
        return own_seed("dropout", self.seed, step, self.attempt)

    def draw_of(self, step: int) -> int:
        """Return the number of the draw of jitter at a step. By default each step has its own."""
        return step

    def look(self, target: Tensor) -> None:
        """Look at the target y, `1 *m`, before a step. A code that is made of it overrides this."""

    def upright(self, images: Tensor, step: int) -> Tensor:
        """Return the images that the networks make at a step, `K c h w`, turned as the target is.

        A code that is mirrored overrides this.
        """
        return images

    def follow(self, step: Step) -> None:
        """Look at a step after it. A code that follows the image overrides this."""


def refuse_other_size(option: str, code: Sequence[int], size: Sequence[int]) -> None:
    """Refuse a model whose code is not of the size of the image.

    Args:
        option: The option of `latent` that needs such a code.
        code: Height and width of the code of the model.
        size: Height and width of the image.

    Raises:
        ValueError: If the two differ.
    """
    if tuple(code) != tuple(size):
        here, there = check.spoken_shape(code), check.spoken_shape(size)
        raise ValueError(
            f"latent={option} needs a model whose code has the size of the image, as dip and "
            f"unet: here the code is {here}, and the image {there}"
        )
