"""ImagePrior: the one LightningModule, around any generator."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any, cast

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from untrained.data import Observation
from untrained.generator.ensemble import Ensemble
from untrained.generator.layer import Size
from untrained.kernel.kernel import Kernel
from untrained.latent import Latent
from untrained.stopping.risk import Twin
from untrained.stopping.validation import Holdout


class ImagePrior(LightningModule):
    """Fit G_theta(z) to one observation: min_theta f(A(G_theta(z)), y).

    Each step gives `loss`, `reconstruction`, the image of the weights before the update (as
    in the authors' code), `average`, its average over the steps, or None, `measurement`, A of
    the reconstruction, and `twin`, the measurement of the second fit, or None.

    Of K `fits` each is what it would be alone with its seed. What a step gives of them is their
    mean: of `loss`, `reconstruction` and `average`. `losses` (K numbers), `measurement` and `twin`
    have all of them, `K c h w`, and so has `results`, their averages or, without, their
    reconstructions; it is None where there is one fit. The DIP paper's best denoising is such a
    mean, of two runs.

    There is no validation loop: it would double the forward passes, and switch batch
    normalisation to statistics that the authors never use.

    Args:
        shape: Shape of the image, `1 c h w`.
        generator: Makes G of `in_channels`, `out_channels` and `size`.
        latent: z.
        degradation: A.
        objective: f, of measurement and target.
        average: Takes a reconstruction in and gives the average or None.
        optimizer: Makes the optimizer of the parameters, with its `lr`.
        scheduler: Makes the learning-rate scheduler of the optimizer; it is asked each step.
        seed: Seed of the weights; K fits have the seeds K seed, ..., K seed + K - 1, so that no two
            runs of a sweep over it share one.
        fits: How many networks are fitted side by side.
        holdout: Keeps pixels out of the loss; None for none.
        twin: Perturbs the target of a second fit; None for no such fit.
        kernel: How the networks are computed; None for the defaults of `Kernel`.

    Raises:
        ValueError: If a part refuses its words.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        generator: Callable[..., nn.Module],
        latent: Latent,
        degradation: Callable[[Tensor], Tensor],
        objective: Callable[[Tensor, Tensor], Tensor],
        average: nn.Module,
        optimizer: "partial[Optimizer]",
        scheduler: Callable[[Optimizer], LRScheduler],
        seed: int = 0,
        fits: int = 1,
        holdout: Holdout | None = None,
        twin: Twin | None = None,
        kernel: Kernel | None = None,
    ) -> None:
        super().__init__()
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise ValueError(f"seed must be a whole number from 0 up, got {seed!r}")
        if isinstance(fits, bool) or not isinstance(fits, int) or fits < 1:
            raise ValueError(f"fits must be a whole number from 1 up, got {fits!r}")
        lr = optimizer.keywords["lr"]
        if not isinstance(lr, int | float) or not 0 < lr < float("inf"):
            raise ValueError(f"lr must be a number over 0, got {lr!r}")
        _, channels, height, width = shape
        make = partial(
            generator, in_channels=latent.channels, out_channels=channels, size=(height, width)
        )
        generators = [seeded(make, fits * seed + index) for index in range(fits)]
        self.generator = Ensemble(generators) if fits > 1 else generators[0]
        self.latent = latent
        self.latent.place(cast(Size, self.generator.code_size))
        self.degradation, self.objective, self.average = degradation, objective, average
        self.optimizer, self.scheduler = optimizer, scheduler
        self.holdout, self.twin = holdout or Holdout(), twin or Twin()
        self.second = deepcopy(self.generator) if self.twin.epsilon else None
        for network in filter(None, (self.generator, self.second)):
            (kernel or Kernel()).prepare(network)
        # The images of the last step, from which the end of a run is saved and drawn.
        self.images: dict[str, Tensor | None] = {}

    def training_step(self, observation: Observation, index: int) -> dict[str, Tensor | None]:
        """Give the loss of one step and what it saw; the clean image is not looked at."""
        code = self.latent(self.global_step)
        images = self.generator(code)
        measurement = self.degradation(images)
        losses = self.losses(measurement, observation.target)
        loss, twin = losses[0], None
        if len(losses) > 1:
            # With the gradient of their sum: no fit learns slower for not being alone.
            loss = with_gradient(losses.mean(), losses.sum())
        if self.second:
            twin = self.degradation(self.second(code))
            other = self.losses(twin, self.twin.perturbed(observation.target)).sum()
            # The two share no parameter, and one optimizer.
            loss, twin = with_gradient(loss, loss + other), twin.detach()
        images = images.detach()
        averages = self.average(images)
        results = images if averages is None else averages
        self.images = {
            "reconstruction": mean_of(images),
            "average": None if averages is None else mean_of(averages),
            "results": results if len(results) > 1 else None,
        }
        return {
            "loss": loss,
            "losses": losses.detach(),
            "measurement": measurement.detach(),
            "twin": twin,
            **self.images,
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Put the images of the last step into a checkpoint."""
        checkpoint["images"] = self.images

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the images of the last step from a checkpoint; older ones have none."""
        self.images = checkpoint.get("images", {})

    def losses(self, measurement: Tensor, target: Tensor) -> Tensor:
        """Give the objective of the pixels that are not held out, one number a fit."""
        each = [self.objective(self.holdout(one, target), target) for one in measurement[:, None]]
        return torch.stack(each)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's union of seven shapes
        """Make the optimizer and its schedule."""
        second = self.second.parameters() if self.second else ()
        optimizer = self.optimizer([*self.generator.parameters(), *second])
        schedule = {"scheduler": self.scheduler(optimizer), "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": schedule}


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Make a generator of the seed alone, and leave PyTorch's own random state as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def with_gradient(value: Tensor, other: Tensor) -> Tensor:
    """Give a value with the gradient of another."""
    return other + (value - other).detach()


def mean_of(images: Tensor) -> Tensor:
    """Give the mean image of the fits, `1 c h w`; of one fit the image itself."""
    return images if len(images) == 1 else images.mean(0, keepdim=True)
