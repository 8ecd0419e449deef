"""A fit without Lightning and Hydra: the networks, their input, and the problem to minimise."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from untrained import check
from untrained.latent import Latent
from untrained.problem import Problem
from untrained.seed import seeded
from untrained.step import Step

DARKEST = 0.02  # a sigmoid that starts at 0 or 1 would have no gradient


class Fit(nn.Module):
    """Fit G_theta(z) to one target: min_theta f(A(G_theta(z)), y) + sum_i w_i R_i(G_theta(z), z).

    A training loop of your own needs no more than this:

        optimizer = torch.optim.Adam(fit.groups(), lr=0.01)
        for number in range(steps):
            step = fit(number, target)
            optimizer.zero_grad()
            step.total.backward()
            optimizer.step()

    A fit has K members: networks of one kind, each with its own weights. A member has the same
    result as in a fit alone. The loss is the sum of the losses of the members, and the members
    share no weight. So an optimizer that updates each parameter on its own (all but L-BFGS) trains
    each member as if it were alone. The members share the code z unless the code changes with the
    fit. With `problem.twin` each member has a second network, which starts from the same weights
    and is fitted to a perturbed target.

    If A has parameters of its own, such as an unknown blur kernel, they are fitted too. Then there
    must be one member. Two members would find two kernels and two shifted images, and their mean
    would be useless.

    Args:
        problem: The problem to minimise, with A, f and R.
        generators: The K networks G. Each maps a code `1 c' *code_size` to an image `1 c h w`.
        latent: Makes the code z of a step.
        average: Takes in the images of a step, and returns their average over the steps or None.

    Raises:
        ValueError: If there are several networks and A has parameters that are fitted, or if the
            code does not suit the problem.
    """

    def __init__(
        self,
        problem: Problem,
        generators: Iterable[nn.Module],
        latent: Latent,
        average: nn.Module,
    ) -> None:
        super().__init__()
        self.generators = nn.ModuleList(generators)
        self.twins = nn.ModuleList()
        if problem.twin.epsilon:
            self.twins.extend(deepcopy(each) for each in self.generators)
        self.latent, self.average, self.problem = latent, average, problem
        if len(self.networks) > 1 and self.parameters_of_a:
            word = "twin.epsilon must be 0" if self.twins else "fits must be 1"
            raise ValueError(
                f"{word} if the degradation is fitted too: each fit would have its own"
            )
        latent.check(problem)
        latent.place(self.generators[0].code_size, len(self.networks))  # type: ignore[arg-type]

    @property
    def networks(self) -> list[nn.Module]:
        """All networks that are trained."""
        return [*self.generators, *self.twins]

    @property
    def count(self) -> int:
        """The number of fitted parameters that the images of the members depend on."""
        found = [*self.generators.parameters(), *self.latent.parameters(), *self.parameters_of_a]
        return sum(each.numel() for each in found if each.requires_grad)

    @property
    def parameters_of_a(self) -> list[nn.Parameter]:
        """The parameters of A that are fitted."""
        return [each for each in self.problem.degradation.parameters() if each.requires_grad]

    def groups(self) -> list[Any]:
        """Return all parameters for an optimizer.

        The parameters of A are a group of their own if they have a learning rate of their own.
        """
        lr = self.problem.degradation.lr
        if lr is None or not self.parameters_of_a:
            return [*self.parameters()]
        apart = {id(each) for each in self.parameters_of_a}
        others = [each for each in self.parameters() if id(each) not in apart]
        return [{"params": others}, {"params": self.parameters_of_a, "lr": lr}]

    def forward(self, number: int, target: Tensor) -> Step:
        """Compute a step, update the average, and let the latent code follow.

        Args:
            number: The step, from 0.
            target: y, `1 *m`.
        """
        return self.taken_in(self.evaluated(number, target))

    def evaluated(self, number: int, target: Tensor) -> Step:
        """Compute a step, and change nothing.

        Args:
            number: The step, from 0.
            target: y, `1 *m`.
        """
        count = len(self.generators)
        every_code = self.code(number, target)
        codes, codes_of_twins = every_code[:count], every_code[-count:]
        images, measurement = self.measured(self.generators, codes, number)
        losses = self.problem.losses(self.hidden(measurement, target), target, number)
        penalties = self.problem.penalised(images, codes)
        total, twin, twin_images = summed(losses, penalties), None, None
        if self.twins:
            others, twin = self.measured(self.twins, codes_of_twins, number)
            of_twins = self.problem.losses(twin, self.problem.twin.perturbed(target), number)
            penalties_of_twins = self.problem.penalised(others, codes_of_twins)
            total = total + summed(of_twins, penalties_of_twins)
            twin, twin_images = twin.detach(), others.detach()
        return Step(
            number=number,
            images=images.detach(),
            measurement=measurement.detach(),
            target=target,
            problem=self.problem,
            losses=losses.detach(),
            penalties={name: each.detach() for name, each in penalties.items()},
            total=total,
            twin=twin,
            twin_images=twin_images,
            # A copy: a code that is learned changes with the update.
            codes=codes.detach().clone() if self.needs_codes else None,
        )

    def code(self, number: int, target: Tensor) -> Tensor:
        """Return the code z of a step; that of some kinds is made of the target."""
        self.latent.look(target)
        return self.latent(number)

    @property
    def needs_codes(self) -> bool:
        """Whether the code cannot be drawn anew from its seed: it changes, or shows the target."""
        return self.latent.moves or self.latent.shown is not None

    def hidden(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Return A(x), `K *m`, with the target where the code shows it: there the error is 0."""
        shown = self.latent.shown
        return measurement if shown is None else torch.where(shown, target, measurement)

    def measured(
        self, networks: Iterable[nn.Module], codes: Tensor, number: int
    ) -> tuple[Tensor, Tensor]:
        """Return the images of the networks, `K c h w`, and A of them, `K *m`.

        Only the networks use autocast. The images have single precision or better, with any last
        layer, and A is computed in this precision.

        Args:
            networks: The K networks.
            codes: The code of each network, `K c' *code_size`, or that of all, `1 c' *code_size`.
            number: The step.
        """
        images = joined_images([*networks], codes, self.latent.seed_of(number))
        images = self.latent.upright(images, number)
        images = images.to(torch.promote_types(images.dtype, torch.float32))
        with torch.autocast(images.device.type, enabled=False):
            return images, self.problem.degradation(images)

    def taken_in(self, step: Step) -> Step:
        """Take the images of a step into the average, and return the step with it."""
        averages = self.average(step.images)
        step = replace(step, averages=averages, age=float(self.average.age))  # type: ignore[arg-type]
        self.latent.follow(step)
        return step


def summed(losses: Tensor, penalties: Mapping[str, Tensor]) -> Tensor:
    """Return all that is minimised, 0-dim: the losses and what the penalties add to them."""
    total = losses.sum()
    for added in penalties.values():
        total = total + added.sum()
    return total


def joined_images(networks: Sequence[Callable[[Tensor], Any]], codes: Tensor, seed: int) -> Tensor:
    """Return the images of several networks as one batch, `K c h w`.

    Args:
        networks: The K networks.
        codes: The code of each network, `K c' *code_size`, or that of all, `1 c' *code_size`.
        seed: Seed of what the networks draw, if they `draw` (dropout).

    Raises:
        ValueError: If a network of your own returns something else than a tensor.
    """
    of_each = codes.unsqueeze(1) if len(codes) > 1 else [codes] * len(networks)
    images = []
    for network, code in zip(networks, of_each, strict=True):
        with seeded(seed) if getattr(network, "draws", False) else nullcontext():
            images.append(network(code))
    if not isinstance(images[0], Tensor):
        raise ValueError(f"model returns a {type(images[0]).__name__}, and an image is a tensor")
    return images[0] if len(images) == 1 else torch.cat(images)


def seeded_generators(
    make: Callable[..., nn.Module],
    in_channels: int,
    shape: tuple[int, ...],
    seed: int = 0,
    fits: int = 1,
) -> list[nn.Module]:
    """Make the networks of a fit, each with weights of a seed of its own.

    K fits have the seeds K seed, ..., K seed + K - 1, so that no two runs of a sweep over `seed`
    share one. PyTorch's own random state stays as it was.

    Args:
        make: Makes a network of `in_channels`, `out_channels` and `size`.
        in_channels: Channels of the code.
        shape: Shape of the image, `1 c h w`.
        seed: Seed of the weights.
        fits: How many networks are fitted side by side.

    Raises:
        ValueError: If a word is out of its range, or the network refuses one.
    """
    check.whole("seed", seed, least=0)
    check.whole("fits", fits)
    _, channels, *size = shape
    networks = []
    for index in range(fits):
        with seeded(fits * seed + index):
            networks.append(make(in_channels=in_channels, out_channels=channels, size=tuple(size)))
    return networks


def start_at(network: nn.Module, colour: Tensor) -> None:
    """Set the last bias of a network, so that its first image has about this colour.

    Batch normalisation keeps the mean of a map over all pixels. While the known pixels are drawn
    towards their colour, pixels that the loss does not see are drawn the other way, and a large
    hole gets the complementary colour. From the right mean there is nothing to draw.

    A network without such a bias stays as it is, as the Deep Decoder of its authors does, or one of
    your own whose `last` is something else.

    Args:
        network: A generator, whose last layer is `last` and has an `activation` behind it.
        colour: The mean of each channel, `out_channels`.
    """
    bias = getattr(getattr(network, "last", None), "bias", None)
    if not isinstance(bias, Tensor) or bias.shape != colour.shape:
        return
    has_sigmoid = getattr(network, "activation", None) == "sigmoid"
    with torch.no_grad():
        bias.copy_(colour.logit(DARKEST) if has_sigmoid else colour)
