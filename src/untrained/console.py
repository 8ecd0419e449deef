"""Standard output and error that cannot fail a run: what they say is a copy of what is saved."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Steady:
    """A text stream whose reader may leave: what cannot be written is left out.

    A sign that the console has not is written as its escape. After any other failure (a closed
    pipe, a full disk) all that follows goes nowhere.

    Args:
        stream: The stream; None where there is none, as after `>&-`.
    """

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - sys.stdout, or what stands for it
        # The free number of a closed stream is taken, lest a file of the run gets it.
        self.stream = open(os.devnull, "w") if stream is None else stream  # noqa: PTH123, SIM115

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write a text, or what the console has signs for."""
        with self.silenced_if_it_fails():
            try:
                self.stream.write(text)
            except UnicodeEncodeError:
                self.stream.write(text.encode("ascii", "backslashreplace").decode())
        return len(text)

    def flush(self) -> None:
        """Write what is held back."""
        with self.silenced_if_it_fails():
            self.stream.flush()

    @contextmanager
    def silenced_if_it_fails(self) -> Iterator[None]:
        """Send all that follows nowhere if the body fails, also what Python writes as it exits."""
        try:
            yield
        except (OSError, ValueError):
            with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), self.stream.fileno())


@contextmanager
def steady_output() -> Iterator[None]:
    """Let nothing that the body says fail it, whatever became of the console."""
    before: Any = sys.stdout, sys.stderr
    steady: Any = [each if isinstance(each, Steady) else Steady(each) for each in before]
    sys.stdout, sys.stderr = steady
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before
