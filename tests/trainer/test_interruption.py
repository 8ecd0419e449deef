"""Signals: only the main thread may listen to them."""

import signal
from threading import Thread

from untrained.command.worker import noted_signals
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


def test_a_signal_that_is_ignored_stays_so_in_a_fit_and_between_tiles():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interruption = Interruption()
        interruption.on_train_start()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == interruption.note
        interruption.teardown()
        with noted_signals():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
