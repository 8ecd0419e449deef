"""A run below the command line: a fit of a small image by the Trainer, and who watches it."""

from functools import partial

import torch
from pytorch_lightning import Trainer

from tests.bare import CLEAN, made
from untrained.callback.watch import Watch
from untrained.degradation.identity import Identity
from untrained.noise.gaussian import Gaussian
from untrained.trainer.data import SingleImage
from untrained.trainer.prior import ImagePrior

ADAM = partial(torch.optim.Adam, lr=0.01)


def watched(folder, watchers, *callbacks, steps=12, every=5, resume=None, optimizer=ADAM, **words):
    """Fit, and give the `Watch` after it."""
    prior = ImagePrior(
        made(jitter=0.03, **words),
        optimizer,
        partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0),
    )
    watch = Watch(watchers, every)
    trainer = Trainer(
        max_epochs=-1,
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        callbacks=[watch, *callbacks],
    )
    data = SingleImage(CLEAN, Identity(), Gaussian(25), steps)
    trainer.fit(prior, data, ckpt_path=resume, weights_only=True)
    return watch
