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


def test_a_terminal_that_nohup_lets_end_ends_no_sweep():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with noted_signals():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGINT) != before
    finally:
        signal.signal(signal.SIGHUP, before)
