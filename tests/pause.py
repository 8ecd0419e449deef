"""A callback of a user's own: it gives a test the time to do something in the middle of a fit."""

import os
import time

from pytorch_lightning import Callback


class Pause(Callback):
    """Pause for a second after step 19, where the environment has PAUSE."""

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == 20 and "PAUSE" in os.environ:
            time.sleep(1)
