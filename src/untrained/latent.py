"""Latents z: the fixed input of a generator, with an optional jitter at each step."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from untrained import check
from untrained.seed import own_seed
from untrained.step import Step


class Latent(nn.Module, ABC):
    """A fixed code z, and the jitter that each step adds to it.

    Step t is given z + sigma_t * n_t, n_t ~ N(0, I), with sigma_t = jitter *
    jitter_decay^floor(t / jitter_every). The draws depend on `seed`, t and `attempt` alone:
    neither on the global seed nor on the steps before, so that a resumed run draws the same.
    `attempt` is 0 until somebody does steps anew who wants other draws for them.

    Where we differ from the Deep Decoder's code: it decays the jitter at step 0 already.

    Args:
        channels: Channels of the code.
        scale: Size of the code's values; what it scales, each kind of code says.
        seed: Seed of the code and of the jitter.
        jitter: Standard deviation of the jitter at step 0, in the units of z; 0 for none.
        jitter_decay: Factor of the jitter, from 0 to 1.
        jitter_every: Steps after which the factor applies again.

    Raises:
        ValueError: If a number is out of its range.
    """

    code: Tensor

    def __init__(
        self,
        channels: int,
        scale: float = 0.1,
        seed: int = 0,
        jitter: float = 0.0,
        jitter_decay: float = 1.0,
        jitter_every: int = 500,
    ) -> None:
        super().__init__()
        self.channels = check.whole("channels", channels)
        self.scale = check.number("scale", scale, over=0)
        self.seed = check.whole("seed", seed, least=0)
        self.jitter = check.number("jitter", jitter, least=0)
        self.jitter_decay = check.number("jitter_decay", jitter_decay, least=0, most=1)
        self.jitter_every = check.whole("jitter_every", jitter_every)
        self.attempt = 0

    @property
    def varies(self) -> bool:
        """Whether a step that is done anew, with another `attempt`, is given another input."""
        return self.jitter > 0

    @abstractmethod
    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the code, `1 channels *size`."""

    def place(self, size: tuple[int, int]) -> None:
        """Draw the code for a map of `size`, on the CPU whatever device it is moved to later."""
        code = self.draw(size, torch.Generator().manual_seed(self.seed))
        # Drawn from the seed, so a checkpoint need not hold it.
        self.register_buffer("code", code, persistent=False)

    def forward(self, step: int) -> Tensor:
        """Return the input of the generator at `step`."""
        sigma = self.jitter * self.jitter_decay ** (step // self.jitter_every)
        if sigma == 0:
            return self.code
        device = self.code.device
        words = ["jitter", self.seed, step]
        if self.attempt:
            words.append(self.attempt)
        generator = torch.Generator(device).manual_seed(own_seed(*words))
        noise = torch.randn(self.code.shape, generator=generator, device=device)
        return noise.mul_(sigma).add_(self.code)

    def follow(self, step: Step) -> None:
        """Look at a step after it; a code that follows its image overrides this."""


class Uniform(Latent):
    """A code drawn uniformly in [0, scale]: DIP's noise field, Deep Decoder's code."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ U[0, scale]."""
        return torch.rand(1, self.channels, *size, generator=generator) * self.scale


class Normal(Latent):
    """A code of normal noise of standard deviation `scale`."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ N(0, scale^2)."""
        return torch.randn(1, self.channels, *size, generator=generator) * self.scale


class Grid(Latent):
    """The coordinate grid of DIP's inpainting: two channels, x and y, each from 0 to `scale`."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the coordinates; nothing is drawn.

        Raises:
            ValueError: If `channels` is not 2.
        """
        if self.channels != 2:
            raise ValueError(f"channels must be 2 for a coordinate grid, got {self.channels}")
        rows, columns = (torch.linspace(0, self.scale, side) for side in size)
        return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]


class NoCode(Latent):
    """No code, for a model that needs none: one 0 in its place."""

    def __init__(self) -> None:
        super().__init__(channels=1)

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return a 0.

        Raises:
            ValueError: If the model needs a code.
        """
        if size != (1, 1):
            raise ValueError("latent=none is of model=pixels; any other model needs a code")
        return torch.zeros(1, self.channels, *size)
