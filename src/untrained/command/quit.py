"""Ctrl-C and SIGTERM outside of a fit: the end of the process, in one line."""

import signal
import sys
from types import FrameType

arrived: list[int] = []


def quit_on_signal() -> None:
    """Let Ctrl-C and SIGTERM end the process with code 128 + signal and without a traceback.

    The first line of a program calls this: what it imports takes seconds. A fit has handlers of
    its own. A signal that whoever started the process has told it to ignore stays ignored.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, leave)


def leave(number: int, frame: FrameType | None) -> None:
    """End the process."""
    if not arrived:
        sys.stderr.write("interrupted\n")
    arrived.append(number)
    sys.exit(128 + number)


def leave_if_told() -> None:
    """End the process after all, where Python has dropped our exit.

    It drops what is raised while it collects an object, as it does now and then in an import.
    """
    if arrived:
        sys.exit(128 + arrived[0])
