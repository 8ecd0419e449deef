"""ImagePrior: the one LightningModule, around any fit."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from untrained import check
from untrained.fit import Fit
from untrained.step import Step
from untrained.trainer.data import Observation


class ImagePrior(LightningModule):
    """The LightningModule of a fit: each training step is one step of the fit.

    There is no validation loop. It would double the forward passes, and it would switch batch
    normalisation to running statistics that the authors never use.

    An optimizer may compute the loss several times in a step, as L-BFGS does. The callbacks and the
    average see only the first time: the image of the weights before the update, as in the authors'
    code.

    Args:
        fit: The fit to train.
        optimizer: A function that makes the optimizer from the parameters.
        scheduler: A function that makes the learning-rate scheduler from the optimizer. The
            scheduler is updated at each step.

    Raises:
        ValueError: If the optimizer or the scheduler refuses one of its settings.
    """

    step: Step | None = None
    """The last step that was computed. Callbacks read it."""

    def __init__(
        self,
        fit: Fit,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
    ) -> None:
        super().__init__()
        self.fit = fit
        check_learning_rate(optimizer)
        made = built_optimizer(optimizer, fit)
        self.live_weights: list[Tensor] = []
        self.weights: list[Tensor] = []
        if getattr(scheduler, "func", None) is ReduceLROnPlateau:
            raise ValueError(
                "scheduler: ReduceLROnPlateau needs a validation, and there is none; "
                "scheduler=exponential and scheduler=cosine lower the rate"
            )
        schedule = built("scheduler", scheduler, made)
        self.made = {
            "optimizer": made,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    @property
    def computed(self) -> Step:
        """The step that was computed last. It is there when a batch ends."""
        assert self.step is not None
        return self.step

    def on_train_batch_start(self, batch: Observation, batch_idx: int) -> None:
        """Forget the step before."""
        self.step = None

    def training_step(self, observation: Observation, index: int) -> Tensor:
        """Return the loss of one step, 0-dim. The clean image is never read."""
        if self.step is None:
            self.keep_weights()
            self.step = self.fit(self.global_step, observation.target)
            check_gradient(self.step.total)
            return self.step.total
        return self.fit.evaluated(self.global_step, observation.target).total

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Refuse a fit whose first update is not finite. The guard looks at later updates.

        Raises:
            ValueError: If the loss or the square of its gradient is not finite.
        """
        if self.global_step > 0:
            return
        assert self.step is not None
        gradients = [each.grad for each in self.parameters() if each.grad is not None]
        squares = [each.float().square().sum() for each in gradients]
        if not torch.stack([self.step.total.detach(), *squares]).isfinite().all():
            loss = self.step.total.item()
            raise ValueError(
                f"overflow: the loss of the first step is {loss:g}, and the fit cannot begin"
            )

    def keep_weights(self) -> None:
        """Keep the weights that made the images of the step, because the update changes them."""
        if not self.weights:
            self.live_weights = [*self.fit.generators.parameters()]
            self.weights = [each.detach().clone() for each in self.live_weights]
            return
        with torch.no_grad():  # One launch of a GPU for all, not one for each.
            torch._foreach_copy_(self.weights, self.live_weights)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's union of seven shapes
        """Return the optimizer and its schedule."""
        return self.made


def check_gradient(loss: Tensor) -> None:
    """Refuse a loss, 0-dim, that does not depend on the weights.

    Raises:
        ValueError: If the loss has no gradient.
    """
    if not loss.requires_grad:
        raise ValueError(
            "model, degradation and objective must be of PyTorch's own operations: no weight of "
            "the model changes the loss"
        )


def built_optimizer(make: Callable[[Iterable[Any]], Optimizer], fit: Fit) -> Optimizer:
    """Build the optimizer of all fitted parameters.

    Raises:
        ValueError: If it refuses its settings, or has one learning rate for all and A needs
        another.
    """
    try:
        return built("optimizer", make, fit.groups())
    except ValueError as error:
        if "parameter groups" not in str(error):
            raise
        raise ValueError(f"{error}; degradation.lr=null takes one rate for all") from None


def built(word: str, make: Callable[[Any], Any], of: object) -> Any:  # noqa: ANN401
    """Build the optimizer or the scheduler.

    Args:
        word: 'optimizer' or 'scheduler', for the message.
        make: The function that builds it.
        of: Its argument: the parameters, or the optimizer.

    Raises:
        ValueError: If it refuses its settings. The message begins with `word`.
    """
    try:
        return make(of)
    except (TypeError, ValueError) as error:
        words = getattr(make, "keywords", {})
        empty = [name for name, value in words.items() if value is None]
        if isinstance(error, TypeError) and empty:
            raise ValueError(f"{empty[0]} must have a value, got null") from None
        raise ValueError(f"{word}: {error}") from None


def check_learning_rate(optimizer: Callable[..., Optimizer]) -> None:
    """Refuse a learning rate that is not a number over 0.

    Raises:
        ValueError: If it is not. An optimizer without the setting `lr` passes.
    """
    words = getattr(optimizer, "keywords", {})
    if "lr" in words:
        check.number("lr", words["lr"], over=0)
