"""Optimizers that PyTorch does not have."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from untrained import check
from untrained.seed import own_seed


class SGLD(torch.optim.Adam):
    """Adam with normal noise on the weights after each step: Langevin dynamics.

    The weights do not converge. They are samples of the posterior. The mean of the later images
    (`average=snapshot`) is the mean of the posterior, which does not learn the noise.

    The noise has standard deviation `weight_noise` times `lr`. As in the authors' code only weights
    with four axes get it, which are those of convolutions. The noise of step t depends on `seed`, t
    and the index of the weight. So a resumed run draws the same noise, and each of several fits has
    its own.

    Reference: Cheng, Gadelha, Maji and Sheldon, "A Bayesian Perspective on the Deep Image Prior",
    CVPR 2019, arXiv 1904.07457.

    Args:
        params: The parameters to fit.
        lr: Learning rate.
        betas: Decay of the mean of the gradient, and of the mean of its square.
        eps: Added to the root of the mean square, so that the step stays finite.
        weight_decay: Factor of the L2 penalty of the weights, their prior.
        weight_noise: Standard deviation of the noise, as a multiple of the learning rate.
        seed: Seed of the noise.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 0.01,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 5e-8,
        weight_noise: float = 2.0,
        seed: int = 0,
    ) -> None:
        self.weight_noise = check.number("weight_noise", weight_noise, least=0)
        self.seed = check.whole("seed", seed, least=0)
        super().__init__(params, lr, betas, eps, weight_decay)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401
        """Do a step of Adam, and add the noise."""
        loss = super().step(closure)
        place = 0
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.ndim == 4 and weight.grad is not None:
                    self.shake(weight, group["lr"], place)
                place += 1
        return loss

    def shake(self, weight: Tensor, lr: float, place: int) -> None:
        """Add the noise of this step to a weight, in place.

        Args:
            weight: The weight, of four axes.
            lr: Its present learning rate.
            place: Its index among all weights.
        """
        number = int(self.state[weight]["step"])
        seed = own_seed("sgld", self.seed, number, place)
        generator = torch.Generator(weight.device).manual_seed(seed)
        noise = torch.randn(weight.shape, generator=generator, device=weight.device)
        weight.add_(noise.to(weight), alpha=self.weight_noise * lr)
