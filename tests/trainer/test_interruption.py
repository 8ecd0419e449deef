"""Signals: only the main thread may listen to them."""

import signal
from threading import Thread

from untrained.trainer.interruption import Interruption


def test_a_fit_in_a_thread_listens_to_no_signal():
    before = signal.getsignal(signal.SIGINT)
    raised = []

    def fit():
        try:
            interruption = Interruption()
            interruption.on_train_start()
            interruption.teardown()
        except ValueError as error:
            raised.append(error)

    thread = Thread(target=fit)
    thread.start()
    thread.join()
    assert raised == []
    assert signal.getsignal(signal.SIGINT) is before
