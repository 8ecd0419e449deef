"""Latent codes z, the input of a network: fixed, learned, a picture, or following the image."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from untrained import check, image
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


class Uniform(Latent):
    """A code with uniform values in [0, scale], as in DIP and the Deep Decoder."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ U[0, scale], `1 channels *size`."""
        return torch.rand(1, self.channels, *size, generator=generator) * self.scale


class Normal(Latent):
    """A code of normal noise of standard deviation `scale`."""

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Draw z ~ N(0, scale^2), `1 channels *size`."""
        return torch.randn(1, self.channels, *size, generator=generator) * self.scale


class Grid(Latent):
    """The coordinates of each pixel: two channels, x and y, each from 0 to `scale`.

    DIP's inpainting of large holes uses this code.
    """

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return the coordinates, `1 2 *size`. Nothing is drawn.

        Raises:
            ValueError: If `channels` is not 2.
        """
        if self.channels != 2:
            raise ValueError(f"channels must be 2 for a coordinate grid, got {self.channels}")
        rows, columns = (torch.linspace(0, self.scale, side) for side in size)
        return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]


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


class NoCode(Latent):
    """One 0 in the place of a code, for a model that needs none."""

    def __init__(self) -> None:
        super().__init__(channels=1)

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return one 0, `1 1 1 1`.

        Raises:
            ValueError: If the model needs a code.
        """
        if size != (1, 1):
            raise ValueError("latent=none is for model=pixels; any other model needs a latent code")
        return torch.zeros(1, self.channels, *size)


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
