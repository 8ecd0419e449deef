"""Ctrl-C and SIGTERM: an end like any other, only earlier."""

import signal
import threading
from types import FrameType
from typing import Any

from pytorch_lightning import Callback, Trainer


class Interruption(Callback):
    """End the fit after the step in which a signal arrives; checkpoint and pictures follow as ever.

    A second signal ends the process at once.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.previous: dict[int, Any] = {}

    def on_train_start(self, *_: Any) -> None:  # noqa: ANN401
        """Listen; Lightning has set its own handlers before.

        Python lets no other thread than the main one listen: a fit in a thread, as a notebook's or
        a web page's, is ended by whoever started it.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            self.previous[number] = signal.signal(number, self.note)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal, and let the next one through."""
        self.signal = number
        for each in self.previous:
            signal.signal(each, signal.SIG_DFL)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Stop between two steps, where a checkpoint is whole."""
        if self.signal:
            trainer.should_stop = True

    def teardown(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Stop listening."""
        while self.previous:
            signal.signal(*self.previous.popitem())

    def on_exception(self, *_: Any) -> None:  # noqa: ANN401
        """End as at any end; Lightning calls no teardown then."""
        self.teardown()
